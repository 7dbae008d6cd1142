const FIRST_MS = 1_000;
/** No server holds a registration back for longer, whatever it asks for. */
export const LONGEST_MS = 6 * 3_600_000;

/** How long to hold back after `failures` failures in a row: doubling from 1 s to 6 h, of which `jitter` (0 to 1) takes up to half. */
export function backOffMilliseconds(failures: number, jitter: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
  return Math.round(full * (1 - jitter / 2));
}
