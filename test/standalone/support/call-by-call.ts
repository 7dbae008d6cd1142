import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Fetch } from '../../../shared/ports/ports.ts';

/** What may become of one call instead of its answer. */
export type Fate = 'answered' | 'lost' | 'cut';

type Waiting =
  | { readonly kind: 'call'; readonly run: string; readonly go: (fate: Fate) => Promise<void> }
  | { readonly kind: 'sleep'; readonly run: string; readonly until: number; readonly go: () => void };

/** Lets several runs go on one call at a time, whether to GitHub or to a server, in an order that the test chooses. */
export type CallByCall = {
  readonly clockOf: (run: string) => Clock;
  readonly fetchOf: (run: string) => Fetch;
  /**
   * Until all have ended. `choose` says which of the runs that wait to send goes on, and what becomes of its call. Time
   * passes only when all of them sleep.
   */
  readonly drive: (
    runs: Readonly<Record<string, Promise<unknown>>>,
    choose: (runs: readonly string[]) => { readonly index: number; readonly fate?: Fate },
  ) => Promise<void>;
};

/** Turns of the event loop in which what is asked for together is asked for. */
const QUIET_TURNS = 6;

export function callByCall(start: number): CallByCall {
  let now = start;
  let waiting: Waiting[] = [];

  const clockOf = (run: string): Clock => ({
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        // A sleep that can be ended is a time limit: no call here takes long.
        if (signal !== undefined) signal.addEventListener('abort', () => reject(signal.reason));
        else waiting.push({ kind: 'sleep', run, until: now + ms, go: resolve });
      }),
  });

  const fetchOf =
    (run: string): Fetch =>
    (url, init) =>
      new Promise((resolve, reject) => {
        const go = async (fate: Fate): Promise<void> => {
          const failed = new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) });
          if (fate === 'cut') return reject(failed);
          try {
            const response = await fetch(url, init);
            const { status, headers } = response;
            const body = await response.arrayBuffer();
            if (fate === 'lost') return reject(failed);
            const bodiless = status === 204 || status === 304;
            const copy = new Response(bodiless ? null : body, { status, headers });
            Object.defineProperty(copy, 'url', { value: response.url });
            resolve(copy);
          } catch (error) {
            reject(error);
          }
        };
        waiting.push({ kind: 'call', run, go });
      });

  const take = (item: Waiting): void => {
    waiting = waiting.filter((other) => other !== item);
  };

  return {
    clockOf,
    fetchOf,
    drive: async (runs, choose) => {
      const unfinished = new Set(Object.keys(runs));
      for (const [name, run] of Object.entries(runs)) {
        const end = () => {
          unfinished.delete(name);
        };
        run.then(end, end);
      }
      while (unfinished.size > 0) {
        for (let turn = 0; turn < QUIET_TURNS; turn += 1) await nextTurn();
        const busy = [...unfinished].some((name) => waiting.every(({ run }) => run !== name));
        if (busy) continue;
        const calls = waiting.filter((item) => item.kind === 'call');
        const names = [...new Set(calls.map(({ run }) => run))].sort();
        if (names.length > 0) {
          const { index, fate = 'answered' } = choose(names);
          const item = calls.find(({ run }) => run === names[index % names.length]);
          if (item === undefined) continue;
          take(item);
          await item.go(fate);
          continue;
        }
        const [first] = waiting.filter((item) => item.kind === 'sleep').sort((a, b) => a.until - b.until);
        if (first === undefined) continue;
        take(first);
        now = Math.max(now, first.until);
        first.go();
      }
    },
  };
}
