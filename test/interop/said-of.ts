const LONGEST = 160;

/** The first line of what an error says; whatever could be a secret, a token or an id is left out. */
export function saidOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  const harmless = line.replace(/[\w.~+/:-]{16,}={0,2}/gu, '…');
  return harmless.length > LONGEST ? `${harmless.slice(0, LONGEST)}…` : harmless;
}
