import type { Plan, Seen, Step } from './ways.ts';

/** How the platform ends an object at once, and how it says that everything written is kept. */
type Platform = { readonly abort: () => void; readonly confirmed: () => Promise<void> };

/** One object in memory, from its making to its end. */
export type Life = {
  /** A step that is over when it returns. */
  readonly now: <T>(step: Step, effect: () => T) => T;
  /** A step that is waited for. */
  readonly soon: <T>(step: Step, effect: () => Promise<T>) => Promise<T>;
  /** While this goes on the object is not at rest; nobody hears of it once the object has ended. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>;
  /** Something goes on, until what it answers is called. */
  readonly begin: () => () => void;
  readonly evict: () => void;
  /** It is over, and the platform has yet to confirm what was written. */
  readonly isEnding: () => boolean;
  readonly isBusy: () => boolean;
};

let plan: Plan | undefined;
let steps: Step[] | undefined;
let endedAt: Step | undefined;

/** From now on steps are counted, and the object ends at the planned one. */
export function count(planned: Plan | undefined): void {
  plan = planned;
  steps = [];
  endedAt = undefined;
}

/** No step is counted any more. */
export function countNoMore(): Seen {
  const seen = { steps: steps ?? [], ...(endedAt !== undefined && { endedAt }) };
  plan = undefined;
  steps = undefined;
  return seen;
}

function met(step: Step): Plan['way'] | undefined {
  if (steps === undefined) return undefined;
  steps.push(step);
  if (plan?.step !== steps.length - 1) return undefined;
  endedAt = step;
  return plan.way;
}

export function beginLife({ abort, confirmed }: Platform): Life {
  let over = false;
  let ending = false;
  let busy = 0;

  const die = (): void => {
    over = true;
    ending = false;
    abort();
  };
  const dieOnceConfirmed = (): void => {
    over = true;
    ending = true;
    confirmed().then(die, die);
  };
  const begin = () => {
    busy += 1;
    return () => {
      busy -= 1;
    };
  };
  const during = async <T>(work: () => Promise<T>): Promise<T> => {
    const end = begin();
    try {
      return await work();
    } finally {
      if (over) await never();
      end();
    }
  };

  return {
    now: (step, effect) => {
      if (over) throw new Error('this object has ended');
      const way = met(step);
      if (way === 'before') die();
      const result = effect();
      if (way === 'unconfirmed') die();
      if (way === 'confirmed') dieOnceConfirmed();
      return result;
    },
    soon: async (step, effect) => {
      if (over) return never();
      const way = met(step);
      if (way === 'before') die();
      return during(async () => {
        const under = effect();
        if (way === 'unconfirmed') die();
        const result = await under;
        if (way === 'confirmed') dieOnceConfirmed();
        return result;
      });
    },
    during,
    begin,
    evict: die,
    isEnding: () => ending,
    isBusy: () => busy > 0,
  };
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}
