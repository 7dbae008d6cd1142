import { printable } from '../../shared/errors/printable.ts';
import type { Clock, Fetch, Log, Random } from '../../shared/ports/ports.ts';

export const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      if (signal?.aborted === true) stop();
      else signal?.addEventListener('abort', stop, { once: true });
    }),
};

export const random: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };

export const platformFetch: Fetch = (url, init) => fetch(url, init);

/** One decision as one line of JSON: what was decided, about what. Never a secret. */
export function logLine(
  line: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): void {
  console.log(JSON.stringify(line));
}

/** What the engine says on its way, with what it is about. */
export function createLog(about: Readonly<Record<string, string>>): Log {
  const say = (level: string) => (line: string) => logLine({ level, ...about, line: printable(line) });
  return { info: say('info'), warning: say('warning'), debug: () => {} };
}

/** An error as a log may show it: its class and where it was thrown, not its message, which can quote what it read. */
export function whereThrown(error: unknown): { readonly error: string; readonly thrown: string } {
  if (!(error instanceof Error)) return { error: typeof error, thrown: '' };
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trim().startsWith('at '));
  return { error: error.name, thrown: frames.slice(0, 3).join(' ').replace(/\s+/gu, ' ').trim() };
}
