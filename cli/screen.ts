/** Where the tool writes: results to stdout, everything else to stderr. Secrets that it knows are never written. */
export type Screen = {
  readonly result: (text: string) => void;
  readonly note: (text: string) => void;
  readonly hide: (secrets: readonly string[]) => void;
  /** Writes a result as it is, for the one who asked to see secrets. */
  readonly reveal: (text: string) => void;
};

/** Shorter ones would hide parts of ordinary words. */
const SHORTEST_HIDDEN = 4;

export function openScreen(out: NodeJS.WritableStream, err: NodeJS.WritableStream): Screen {
  const hidden = new Set<string>();
  const safe = (text: string): string => {
    let shown = text;
    for (const secret of hidden) shown = shown.replaceAll(secret, '***');
    return shown;
  };
  return {
    result: (text) => void out.write(`${safe(text)}\n`),
    note: (text) => void err.write(`${safe(text)}\n`),
    reveal: (text) => void out.write(`${text}\n`),
    hide: (secrets) => {
      const lines = secrets.flatMap((secret) => secret.split(/\r?\n/u)).map((line) => line.trim());
      for (const line of lines) if (line.length >= SHORTEST_HIDDEN && !line.startsWith('-----')) hidden.add(line);
    },
  };
}
