import type { Clock } from '../../shared/ports/ports.ts';

/** A result that nobody has fetched is kept this long for whoever asks again. */
const KEPT_MS = 120_000;

/** Work on the registrations of one repository: one thing at a time for each, and the same wish is one piece of work. */
export type Turns = {
  /** Runs a task when everything asked for before in this lane is over. */
  readonly take: <T>(lane: string, task: () => Promise<T>) => Promise<T>;
  /**
   * Runs a task as `take` does and waits for it so long; the task goes on when nobody waits. The same wish joins a task
   * that has not ended, or gets its result if nobody has fetched it and nothing else was done in the lane since.
   */
  readonly ask: <T>(asked: {
    readonly lane: string;
    readonly wish: string;
    readonly patienceMs: number;
    /** Must not reject. */
    readonly task: () => Promise<T>;
  }) => Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'working' }>;
};

type Job = { readonly lane: string; readonly promise: Promise<unknown>; settledAt?: number };

export function createTurns(clock: Clock): Turns {
  const lanes = new Map<string, Promise<unknown>>();
  const jobs = new Map<string, Job>();

  const forget = (which: (job: Job) => boolean): void => {
    for (const [name, job] of jobs) {
      if (which(job)) jobs.delete(name);
    }
  };

  const take = async <T>(lane: string, task: () => Promise<T>): Promise<T> => {
    const before = lanes.get(lane) ?? Promise.resolve();
    const begin = () => {
      forget((job) => job.lane === lane && job.settledAt !== undefined);
      return task();
    };
    const mine = before.then(begin, begin);
    lanes.set(lane, mine);
    try {
      return await mine;
    } finally {
      if (lanes.get(lane) === mine) lanes.delete(lane);
    }
  };

  return {
    take,
    ask: async <T>({
      lane,
      wish,
      patienceMs,
      task,
    }: {
      readonly lane: string;
      readonly wish: string;
      readonly patienceMs: number;
      readonly task: () => Promise<T>;
    }) => {
      forget(({ settledAt }) => settledAt !== undefined && clock.now() - settledAt > KEPT_MS);
      const name = JSON.stringify([lane, wish]);
      let job = jobs.get(name);
      if (job === undefined) {
        const begun: Job = { lane, promise: take(lane, task).finally(() => (begun.settledAt = clock.now())) };
        jobs.set(name, begun);
        job = begun;
      }
      const joined = job;
      const patience = new AbortController();
      const late = clock.sleep(patienceMs, patience.signal).then(
        () => ({ kind: 'working' }) as const,
        () => ({ kind: 'working' }) as const,
      );
      const done = joined.promise.then((value) => ({ kind: 'done', value: value as T }) as const);
      const answer = await Promise.race([done, late]);
      patience.abort();
      if (answer.kind === 'done' && jobs.get(name) === joined) jobs.delete(name);
      return answer;
    },
  };
}
