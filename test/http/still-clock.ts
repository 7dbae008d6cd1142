import type { Clock } from '../../shared/ports/ports.ts';

/** A clock that stands still: waits between tries are over at once and written down, time limits only when `expire` is called. */
export function stillClock(startMs = Date.UTC(2026, 0, 1)) {
  let now = startMs;
  const waits: number[] = [];
  const limits = new Map<() => void, number>();
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) => {
      if (signal === undefined) {
        waits.push(ms);
        now += ms;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        limits.set(resolve, ms);
        signal.addEventListener('abort', () => {
          limits.delete(resolve);
          reject(signal.reason);
        });
      });
    },
  };
  return {
    clock,
    waits,
    /** Time limits that are running, in milliseconds. */
    limits: (): number[] => [...limits.values()],
    expire: (): void => {
      for (const resolve of limits.keys()) resolve();
    },
  };
}
