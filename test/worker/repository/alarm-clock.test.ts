import { expect, test } from 'vitest';
import { createAlarmClock } from '../../../worker/repository/alarm-clock.ts';
import type { ObjectStorage } from '../../../worker/repository/storage.ts';

/** An alarm in a storage whose next call can be made to fail. */
function alarmIn() {
  let at: number | null = null;
  let fails = false;
  const tried = async <T>(work: () => T): Promise<T> => {
    const failing = fails;
    fails = false;
    if (failing) throw new Error('the storage is not there');
    return work();
  };
  const set = (to: number | null) => {
    at = to;
  };
  const storage = {
    getAlarm: () => tried(() => at),
    setAlarm: (to: number) => tried(() => set(to)),
    deleteAlarm: () => tried(() => set(null)),
  } as unknown as ObjectStorage;
  return {
    clock: createAlarmClock(storage),
    at: () => at,
    fail: () => {
      fails = true;
    },
  };
}

test('an alarm that could not be read is asked for again', async () => {
  const { clock, at, fail } = alarmIn();
  fail();
  await expect(clock.soonest(5)).rejects.toThrow('not there');
  await clock.soonest(5);
  expect(at()).toBe(5);
});

test('an alarm that could not be set is set by the next attempt', async () => {
  const { clock, at, fail } = alarmIn();
  await clock.soonest(9);
  fail();
  await expect(clock.soonest(5)).rejects.toThrow('not there');
  expect(at()).toBe(9);
  await clock.soonest(5);
  expect(at()).toBe(5);
  fail();
  await expect(clock.set(undefined)).rejects.toThrow('not there');
  await clock.set(undefined);
  expect(at()).toBeNull();
});
