import type { Measured, Outcome } from './measure.ts';
import type { Stale } from './tables.ts';

/** What a whole run may take on two cores, without installation. */
const LIMIT_SECONDS = 900;

/** The end of a run: time per server, all that was skipped, and whether everything holds. */
export function reportOf(
  outcomes: readonly Outcome[],
  {
    stale,
    seconds,
    needed = [],
  }: {
    readonly stale: readonly Stale[];
    readonly seconds: number;
    /** Titles of servers that have to be measured. */
    readonly needed?: readonly string[];
  },
): { readonly lines: readonly string[]; readonly holds: boolean } {
  const measured = outcomes.filter((outcome) => outcome.kind === 'measured');
  const missing = outcomes.filter((outcome) => outcome.kind === 'missing');
  const failures = measured.reduce((sum, outcome) => sum + outcome.failures, 0);
  const wrong = stale.filter(({ sameVersion }) => sameVersion);
  const unmeasured = needed.filter((title) => !measured.some((outcome) => outcome.title === title));
  const lines = ['', ...timesOf(measured, seconds)];
  for (const { title, missing: what } of missing) {
    lines.push('', `SKIPPED, not tested: ${title}: ${what.why}`, `  to test it: ${what.type}`);
  }
  for (const { title, sameVersion, lines: differing } of stale) {
    const why = sameVersion ? 'npm run test:interop writes it anew' : 'another version, so this is no failure';
    lines.push('', `docs/interop.md says otherwise of ${title} (${why}):`, ...differing.map((line) => `  ${line}`));
  }
  const held = failures === 0 ? 'all their checks hold' : `${failures} of their checks FAILED`;
  lines.push(
    '',
    [
      measured.length === 0 ? 'NOTHING was measured' : `${measured.length} measured: ${held}`,
      missing.length === 0
        ? 'none skipped'
        : `${missing.length} SKIPPED: ${missing.map(({ title }) => title).join(', ')}`,
      ...(unmeasured.length === 0 ? [] : [`needs nothing and is MISSING: ${unmeasured.join(', ')}`]),
      ...(wrong.length === 0 ? [] : [`${wrong.length} rows of docs/interop.md are STALE`]),
    ].join('; '),
  );
  return {
    lines,
    holds: measured.length > 0 && failures === 0 && wrong.length === 0 && unmeasured.length === 0,
  };
}

function timesOf(measured: readonly Measured[], seconds: number): readonly string[] {
  const line = (what: string, took: number) => `  ${what.padEnd(48)} ${took.toFixed(1).padStart(6)} s`;
  const sum = measured.reduce((total, outcome) => total + outcome.seconds, 0);
  return [
    'Time per server, without installation',
    ...measured.map(({ title, seconds: took }) => line(title, took)),
    line('all of them, without installation', sum) + (sum > LIMIT_SECONDS ? `: OVER ${LIMIT_SECONDS} s` : ''),
    line('the whole run, with installation', seconds),
  ];
}
