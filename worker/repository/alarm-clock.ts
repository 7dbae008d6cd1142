import type { ObjectStorage } from './storage.ts';
/** The one alarm of an object. Setting it costs a row, so it is set only when it changes. */
export type AlarmClock = {
  /** Goes off at this time, if it would not go off earlier. */
  readonly soonest: (at: number) => Promise<void>;
  /** Goes off at this time, or not at all. */
  readonly set: (at: number | undefined) => Promise<void>;
  /** It has gone off. */
  readonly rang: () => void;
};

export function createAlarmClock(storage: ObjectStorage): AlarmClock {
  let armed: Promise<number | undefined> | undefined;

  /** What failed is not remembered as done: the storage is asked again. */
  const orAskAgain = <T>(asked: Promise<T>): Promise<T> =>
    asked.catch((error: unknown) => {
      armed = undefined;
      throw error;
    });
  const current = (): Promise<number | undefined> => {
    armed ??= orAskAgain(storage.getAlarm().then((at) => at ?? undefined));
    return armed;
  };
  const change = async (at: number | undefined): Promise<void> => {
    armed = Promise.resolve(at);
    await orAskAgain(at === undefined ? storage.deleteAlarm() : storage.setAlarm(at));
  };

  return {
    soonest: async (at) => {
      const now = await current();
      if (now === undefined || at < now) await change(at);
    },
    set: async (at) => {
      if ((await current()) !== at) await change(at);
    },
    rang: () => {
      armed = Promise.resolve(undefined);
    },
  };
}
