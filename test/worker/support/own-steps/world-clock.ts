/** What time it is for the Worker; alarms are set in the time of the runtime. */
export type WorldClock = {
  readonly toReal: (at: number) => number;
  readonly fromReal: (real: number) => number;
  readonly pass: (ms: number) => void;
};

/** The Worker holds back what it writes to one key of Workers KV for so long. */
const SHORT_MS = 1_000;

/** Time that a test lets pass; what is waited for a second at most comes at once. */
export function openWorldClock(begin: () => () => void): WorldClock {
  const realNow = Date.now.bind(Date);
  const realTimeout = globalThis.setTimeout.bind(globalThis);
  const realClear = globalThis.clearTimeout.bind(globalThis);
  const short = new Map<unknown, () => void>();
  let ahead = 0;

  Date.now = () => realNow() + ahead;
  globalThis.setTimeout = ((work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    if (ms > SHORT_MS) return realTimeout(work, ms, ...args);
    const end = begin();
    const timer = realTimeout(() => {
      short.delete(timer);
      work(...args);
      end();
    }, 0);
    short.set(timer, end);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((timer: Parameters<typeof realClear>[0]) => {
    short.get(timer)?.();
    short.delete(timer);
    realClear(timer);
  }) as typeof clearTimeout;

  return {
    toReal: (at) => at - ahead,
    fromReal: (real) => real + ahead,
    pass: (ms) => {
      ahead += ms;
    },
  };
}
