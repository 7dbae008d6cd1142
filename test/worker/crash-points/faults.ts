/**
 * What can happen where an object touches its surroundings: it ends before that or after it had its effect; it fails and
 * has no effect; it has its effect and the answer is lost.
 */
export const FAULTS = ['dies before', 'dies after', 'fails', 'answer lost'] as const;
export type Fault = (typeof FAULTS)[number];

/** What is part of the object's own storage has no answer that could get lost. */
const OF_STORAGE: readonly Fault[] = ['dies before', 'dies after', 'fails'];

/** One life of an object. What has ended hears of nothing any more and changes nothing. */
type Life = { alive: boolean };

/** Counts what an object does, and lets one thing go wrong. */
export function faultLine(died: () => void) {
  let life: Life = { alive: true };
  let left = 0;
  let planned: Fault | undefined;
  let hit: string | undefined;

  const met = (what: string, possible: readonly Fault[]): Fault | undefined => {
    if (planned === undefined || !possible.includes(planned)) return undefined;
    if (left > 0) {
      left -= 1;
      return undefined;
    }
    const fault = planned;
    planned = undefined;
    hit = what;
    return fault;
  };
  const die = (mine: Life): void => {
    mine.alive = false;
    died();
  };

  return {
    /** From now on, the thing that is done after so many others goes wrong like this. */
    plan: (index: number, fault: Fault) => {
      left = index;
      planned = fault;
      hit = undefined;
    },
    hit: () => hit,
    isAlive: () => life.alive,
    /** What a new life does its things with. */
    begin: () => {
      life.alive = false;
      life = { alive: true };
      const mine = life;
      return {
        /** Something that is done at once, in the storage of the object. */
        now: <T>(what: string, effect: () => T): T => {
          if (!mine.alive) throw new Error('this object has ended');
          const fault = met(what, OF_STORAGE);
          if (fault === 'fails') throw new Error(`${what} failed`);
          if (fault !== 'dies before') {
            const result = effect();
            if (fault === undefined) return result;
          }
          die(mine);
          throw new Error('this object has ended');
        },
        /** Something that is waited for. */
        soon: async <T>(
          what: string,
          effect: () => T | Promise<T>,
          possible: readonly Fault[] = FAULTS,
        ): Promise<T> => {
          if (!mine.alive) return never();
          const fault = met(what, possible);
          if (fault === 'fails') throw failed(what, 'ECONNREFUSED');
          if (fault === 'dies before') die(mine);
          else {
            const result = await effect();
            if (fault === 'answer lost') throw failed(what, 'ECONNRESET');
            if (fault === 'dies after') die(mine);
            if (mine.alive) return result;
          }
          return never();
        },
        ofStorage: OF_STORAGE,
      };
    },
  };
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}

function failed(what: string, code: string): Error {
  return new TypeError(`${what} failed`, { cause: Object.assign(new Error(code), { code }) });
}
