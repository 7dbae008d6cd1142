import type { Outcome } from './measure.ts';
import type { Stale } from './tables.ts';

/** The end of a run: time per server, all that was skipped, and whether everything holds. */
export function reportOf(
  outcomes: readonly Outcome[],
  { stale, seconds }: { readonly stale: readonly Stale[]; readonly seconds: number },
): { readonly lines: readonly string[]; readonly holds: boolean } {
  const measured = outcomes.filter((outcome) => outcome.kind === 'measured');
  const missing = outcomes.filter((outcome) => outcome.kind === 'missing');
  const failures = measured.reduce((sum, outcome) => sum + outcome.failures, 0);
  const wrong = stale.filter(({ sameVersion }) => sameVersion);
  const lines = ['', 'Time per server, without installation'];
  for (const { title, seconds: took } of measured) lines.push(`  ${title.padEnd(48)} ${took.toFixed(1).padStart(6)} s`);
  lines.push(`  ${'the whole run, with installation'.padEnd(48)} ${seconds.toFixed(1).padStart(6)} s`);
  for (const { title, missing: what } of missing) {
    lines.push('', `SKIPPED, not tested: ${title}: ${what.why}`, `  to test it: ${what.type}`);
  }
  for (const { title, sameVersion, lines: differing } of stale) {
    const why = sameVersion ? 'npm run test:interop writes it anew' : 'another version, so this is no failure';
    lines.push('', `docs/interop.md says otherwise of ${title} (${why}):`, ...differing.map((line) => `  ${line}`));
  }
  lines.push(
    '',
    [
      `${measured.length} servers measured`,
      `${missing.length} SKIPPED`,
      failures === 0 ? 'all checks hold' : `${failures} checks FAILED`,
      ...(wrong.length === 0 ? [] : [`${wrong.length} rows of docs/interop.md are STALE`]),
    ].join(', '),
  );
  return { lines, holds: outcomes.length > 0 && failures === 0 && wrong.length === 0 };
}
