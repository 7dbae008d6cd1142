/** Calls at once besides registrations: what Cloudflare allows a Worker as simultaneous connections. */
export const CALLS_AT_ONCE = 6;

export type CallOrder = {
  /** Runs `task` when no other task of the same `lane` runs: first come, first served. */
  readonly oneAtATime: <T>(lane: string, task: () => Promise<T>) => Promise<T>;
  /** Runs `task` when fewer than {@link CALLS_AT_ONCE} others run. */
  readonly someAtOnce: <T>(task: () => Promise<T>) => Promise<T>;
};

/**
 * Keeps registrations at one endpoint one after the other (servers are seen to lose one of two made in the same second)
 * and bounds all other calls.
 */
export function createCallOrder(): CallOrder {
  const lanes = new Map<string, Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const release = () => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return {
    oneAtATime: async (lane, task) => {
      const before = lanes.get(lane) ?? Promise.resolve();
      const mine = before.then(task, task);
      lanes.set(lane, mine);
      try {
        return await mine;
      } finally {
        if (lanes.get(lane) === mine) lanes.delete(lane);
      }
    },
    someAtOnce: async (task) => {
      if (running >= CALLS_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        return await task();
      } finally {
        release();
      }
    },
  };
}
