import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/**
 * Environment of a step whose pauses take no time: its clock is moved by what it would have slept. Time limits of calls
 * are as ever, or as short as `timeLimitMs` says. It can begin `aheadMs` later than now.
 */
export function movedClock({
  timeLimitMs,
  aheadMs = 0,
}: {
  readonly timeLimitMs?: number;
  readonly aheadMs?: number;
} = {}): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import=${import.meta.url}`,
    MOVED_CLOCK_AHEAD_MS: String(aheadMs),
    ...(timeLimitMs === undefined ? {} : { MOVED_CLOCK_TIME_LIMIT_MS: String(timeLimitMs) }),
  };
}

/** In that step, before the bundle is loaded. A sleep that can be ended is a time limit; all others are pauses. */
function moveClock(timeLimitMs: number, aheadMs: number): void {
  const { now } = Date;
  const sleep = timers.setTimeout;
  let movedBy = aheadMs;
  Date.now = () => now() + movedBy;
  timers.setTimeout = async (ms, value, options) => {
    if (options?.signal !== undefined) return await sleep(Math.min(ms ?? 0, timeLimitMs), value, options);
    movedBy += ms ?? 0;
    return await sleep(0, value, options);
  };
  syncBuiltinESMExports();
}

if (process.env.NODE_OPTIONS?.includes(import.meta.url) === true) {
  moveClock(
    Number(process.env.MOVED_CLOCK_TIME_LIMIT_MS ?? Number.POSITIVE_INFINITY),
    Number(process.env.MOVED_CLOCK_AHEAD_MS),
  );
}
