import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../shared/ports/ports.ts';

/** Longest time a request can be on its way without anybody waiting for it any more. */
const LONGEST_WAY_MS = 60_000;

/** What may become of a request: it goes on; it never arrives; it arrives and the answer is lost; it is answered with a 500. */
export type Fate = 'goes on' | 'never arrives' | 'answer lost' | 'answered 500';

export type Call = {
  readonly to: string;
  /** What is called there, for whoever looks for two at once. */
  readonly subject: string;
  /** What is sent. */
  readonly detail: string;
  readonly sentAt: number;
  readonly life: number;
};

type Pending<T = unknown> = Call & {
  stage: 'going' | 'coming';
  readonly effect: () => T;
  answer?: T;
  readonly resolve: (answer: T) => void;
  readonly reject: (error: Error) => void;
  readonly failure: T | undefined;
};

type Sleep = { readonly until: number; readonly order: number; readonly life: number; readonly wake: () => void };

/**
 * Time and everything that is on its way, in memory. Nothing goes on by itself: a test moves requests and answers on one
 * at a time, in any order, and lets time pass.
 */
export function network(start: number) {
  let now = start;
  let behind = 0;
  let life = 1;
  let count = 0;
  let pending: Pending[] = [];
  let sleeps: Sleep[] = [];
  const down = new Set<string>();
  const watchers: ((call: Call) => void)[] = [];
  const told: ((call: Call) => void)[] = [];

  const take = (item: Pending): void => {
    pending = pending.filter((other) => other !== item);
  };
  const isDown = (to: string): boolean => down.has(to);

  const clockOf = (mine: number): Clock => ({
    now: () => now - behind,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (mine !== life) return;
        const sleep: Sleep = { until: now + ms, order: count++, life: mine, wake: resolve };
        sleeps.push(sleep);
        signal?.addEventListener('abort', () => {
          sleeps = sleeps.filter((other) => other !== sleep);
          reject(signal.reason);
        });
      }),
  });

  /** One request of the life that is running; one that has ended never hears of it again. */
  const send = <T>({
    to,
    subject,
    detail = '',
    effect,
    failure,
    signal,
  }: {
    readonly to: string;
    readonly subject: string;
    readonly detail?: string;
    readonly effect: () => T;
    /** What a server in trouble answers. */
    readonly failure?: T;
    readonly signal?: AbortSignal | null | undefined;
  }): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const item = {
        to,
        subject,
        detail,
        sentAt: now,
        life,
        stage: 'going',
        effect,
        resolve,
        reject,
        failure,
      } as Pending<T>;
      for (const watch of watchers) watch(item);
      pending.push(item as Pending);
      signal?.addEventListener('abort', () => take(item as Pending));
    });

  const settle = async (): Promise<void> => {
    for (let quiet = 0, seen = -1; quiet < 2; ) {
      await nextTurn();
      const state = count + pending.length * 1_000_003 + sleeps.length * 7919;
      quiet = state === seen ? quiet + 1 : 0;
      seen = state;
    }
  };

  /** Moves one of those that are on their way on; says which, and whether the other end is done with it. */
  const step = async (
    index: number,
    fate: Fate,
  ): Promise<{ readonly call: Call; readonly over: boolean } | undefined> => {
    let over = true;
    const item = pending[index % Math.max(1, pending.length)];
    if (item === undefined) return undefined;
    if (item.stage === 'going') {
      if (fate === 'never arrives' || isDown(item.to)) {
        take(item);
        if (item.life === life) item.reject(brokenConnection('ECONNREFUSED'));
      } else {
        over = false;
        item.answer = item.effect();
        item.stage = 'coming';
        if (item.life !== life) take(item);
      }
    } else {
      take(item);
      if (fate === 'answer lost' || isDown(item.to)) over = false;
      if (!over) item.reject(brokenConnection('ECONNRESET'));
      else if (fate === 'answered 500' && item.failure !== undefined) item.resolve(item.failure);
      else item.resolve(item.answer);
    }
    if (over) for (const tell of told) tell(item);
    await settle();
    return { call: item, over };
  };

  return {
    now: () => now,
    /** How far the clock of the object is behind: it was set back. Timers do not look at it. */
    behind: () => behind,
    setBack: (ms: number): void => {
      behind += ms;
    },
    life: () => life,
    clockOf,
    send,
    step,
    settle,
    /** Told of every request that is sent. */
    watch: (watcher: (call: Call) => void) => void watchers.push(watcher),
    /** Told of every request that the other end is done with, before whoever sent it hears of that. */
    over: (listener: (call: Call) => void) => void told.push(listener),
    waiting: () => pending.filter((item) => item.life === life).length,
    onTheWay: () => pending.length,
    setDown: (to: string, is: boolean) => void (is ? down.add(to) : down.delete(to)),
    up: () => down.clear(),
    /** Ends the life that is running. What it sent to a server may still arrive; everything else is gone. */
    end: () => {
      life += 1;
      sleeps = [];
      pending = pending.filter(({ stage, to }) => stage === 'going' && to === 'server');
    },
    /** When something happens by itself: the first sleep that is over. */
    next: () => sleeps.reduce((first, { until }) => Math.min(first, until), Number.POSITIVE_INFINITY),
    /** Lets time pass up to then, waking who sleeps; a request that is on its way for too long gets lost. */
    passTo: async (then: number): Promise<void> => {
      for (;;) {
        const [first] = sleeps.toSorted((a, b) => a.until - b.until || a.order - b.order);
        if (first === undefined || first.until > then) break;
        now = Math.max(now, first.until);
        sleeps = sleeps.filter((other) => other !== first);
        first.wake();
        await settle();
      }
      now = Math.max(now, then);
      pending = pending.filter((item) => item.life === life || item.sentAt + LONGEST_WAY_MS > now);
    },
  };
}

export type Network = ReturnType<typeof network>;

function brokenConnection(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}
