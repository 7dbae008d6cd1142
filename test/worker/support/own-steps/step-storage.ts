import { instead } from '../counted/instead.ts';
import type { Life } from './life.ts';
import type { WorldClock } from './world-clock.ts';

/** The storage of an object, step by step: a transaction is one, and so is a statement that writes outside of one. */
export function stepStorage(storage: DurableObjectStorage, life: Life, clock: WorldClock): DurableObjectStorage {
  let within = false;
  const exec = (query: string, ...bindings: unknown[]) => {
    const execute = () => storage.sql.exec(query, ...bindings);
    const reads = query.trimStart().startsWith('SELECT');
    return reads || within ? execute() : life.now('statement', execute);
  };
  const transactionSync = <T>(work: () => T): T =>
    life.now('transaction', () => {
      within = true;
      try {
        return storage.transactionSync(work);
      } finally {
        within = false;
      }
    });
  return instead(storage, {
    sql: instead(storage.sql, { exec }),
    transactionSync,
    getAlarm: () =>
      life.soon('getAlarm', async () => {
        const at = await storage.getAlarm();
        return at === null ? null : clock.fromReal(at);
      }),
    setAlarm: (at: number) => life.soon('setAlarm', () => storage.setAlarm(clock.toReal(at))),
    deleteAlarm: () => life.soon('deleteAlarm', () => storage.deleteAlarm()),
  });
}
