import type { Story } from './story.ts';

export type Verdict = { readonly text: string; readonly holds: boolean };

/** How it ended. That nothing was checked is well only where it was said that something is missing. */
export function verdictOn(
  story: Pick<Story, 'checks' | 'failures'>,
  { skipped, seconds }: { readonly skipped: number; readonly seconds: number },
): Verdict {
  const [checks, failures] = [story.checks(), story.failures()];
  const held = checks === 0 ? 'NOTHING WAS CHECKED' : `All ${checks} checks hold`;
  const ended = failures === 0 ? held : `${failures} of ${checks} checks FAILED`;
  const left = skipped === 0 ? '' : `, ${skipped} ${skipped === 1 ? 'part' : 'parts'} SKIPPED`;
  return { text: `${ended}${left}. ${seconds.toFixed(1)} s.`, holds: failures === 0 && (checks > 0 || skipped > 0) };
}
