import { afterEach, expect, test, vi } from 'vitest';
import type { Random } from '../../../shared/ports/ports.ts';
import { EMPTY_STATE, encodeState } from '../../../shared/record/codec.ts';
import { parseStateKeys, seal } from '../../../shared/record/seal.ts';
import { createInventory } from '../../../worker/inventory/inventory.ts';
import { createAlarmClock } from '../../../worker/repository/alarm-clock.ts';
import { arm } from '../../../worker/repository/arm.ts';
import type { Home } from '../../../worker/repository/home.ts';
import { createRecordStore } from '../../../worker/repository/record-store.ts';
import { settleRow } from '../../../worker/repository/registration-rows.ts';
import { sealAnew } from '../../../worker/repository/seal-anew.ts';
import { createTurns } from '../../../worker/repository/turns.ts';
import { createVault } from '../../../worker/repository/vault.ts';
import { DAY, NOW, record } from '../../reconcile/build.ts';
import { openStorage } from '../support/sql-storage.ts';

const ID = '2002';
const OLD = Buffer.alloc(32, 1).toString('base64');
const NEW = Buffer.alloc(32, 2).toString('base64');
const random: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };
/** More than one alarm gets through, and all of them before the others. */
const DAMAGED = Array.from({ length: 60 }, (_, index) => `a-${String(index).padStart(2, '0')}/web`);
const NEWER = 'b-newer/web';
const GOOD = ['production/api', 'production/web'];

afterEach(() => vi.restoreAllMocks());

/** An object with records under the old key, all of them in the inventory; what it is with other keys later. */
async function objectWith(keys: readonly string[]) {
  let alarmAt: number | null = null;
  const setAlarm = async (at: number) => {
    alarmAt = at;
  };
  const deleteAlarm = async () => {
    alarmAt = null;
  };
  const storage = { ...openStorage(), getAlarm: async () => alarmAt, setAlarm, deleteAlarm };
  const { sql } = storage;
  const clock = { now: () => NOW, sleep: async () => {} };
  const kv = new Map<string, string>();
  const inventory = createInventory({
    kv: { put: async (key, value) => void kv.set(key, value) },
    sql,
    repositoryId: ID,
    clock,
    failed: () => {},
  });
  const homeWith = async (...texts: readonly string[]): Promise<Home> => ({
    ...({ storage, sql, clock, inventory, repositoryId: ID, settings: { config: { servers: [] } } } as unknown as Home),
    vault: createVault({ repositoryId: ID, keys: await parseStateKeys(texts.join('\n')), random }),
    alarm: createAlarmClock(storage),
    turns: createTurns(clock),
  });
  const old = await homeWith(OLD);
  for (const key of keys) {
    await createRecordStore(old, key, undefined).save(record({ key }));
    settleRow(sql, key, { due: null, inventory_due: NOW });
  }
  return {
    homeWith,
    kv,
    sql,
    alarmAt: () => alarmAt,
    /** What the alarm does, until it is not due any more. */
    ring: async (home: Home): Promise<number> => {
      for (let times = 1; times <= 20; times += 1) {
        await home.inventory.writeDue(1000);
        await sealAnew(home);
        await arm(home);
        if (alarmAt === null || alarmAt > NOW) return times;
      }
      throw new Error('the alarm is due for ever');
    },
  };
}

test('records that do not open are passed over and stay as they are; the others are under the new key', async () => {
  const lines = vi.spyOn(console, 'log').mockImplementation(() => {});
  const { homeWith, kv, sql, ring } = await objectWith([...DAMAGED, NEWER, ...GOOD]);
  for (const key of DAMAGED) sql.exec("UPDATE registrations SET sealed = sealed || 'A' WHERE key = ?", key);
  const later = JSON.parse(encodeState({ ...EMPTY_STATE, registrations: { [NEWER]: record({ key: NEWER }) } }));
  const text = JSON.stringify({ ...later, version: later.version + 1 });
  const newer = await seal({ keys: await parseStateKeys(OLD), aad: [ID, NEWER, 'record'], random, text });
  sql.exec('UPDATE registrations SET sealed = ? WHERE key = ?', newer, NEWER);
  await ring(await homeWith(OLD));
  const kept = () => [
    sql.exec("SELECT * FROM registrations WHERE key NOT LIKE 'production/%' ORDER BY key").toArray(),
    [...kv].filter(([key]) => !key.includes('/production/')),
  ];
  const before = kept();

  const home = await homeWith(NEW, OLD);
  expect(await ring(home)).toBeGreaterThan(1);
  expect(kept()).toEqual(before);
  const rows = sql.exec<{ key: string; key_id: string }>('SELECT key, key_id FROM registrations').toArray();
  expect(rows.filter(({ key_id: id }) => id === home.vault.keyId).map(({ key }) => key)).toEqual(GOOD);
  for (const key of GOOD) {
    const [row] = sql.exec<{ sealed: string }>('SELECT sealed FROM registrations WHERE key = ?', key).toArray();
    expect((await (await homeWith(NEW)).vault.open(key, row?.sealed ?? '')).key).toBe(key);
    expect(JSON.parse(kv.get(`registration/${ID}/${key}`) ?? '{}')).toMatchObject({ sealed: row?.sealed });
  }
  const said = () => lines.mock.calls.map(([line]) => JSON.parse(String(line)));
  expect(said().map(({ at, registration }) => [at, registration])).toEqual(
    [...DAMAGED, NEWER].map((key) => ['seal_anew', key]),
  );
  expect(said().at(-1)).toMatchObject({ problem: 'state_newer' });

  // They are not tried again by the same version, whichever object of it looks.
  expect(await ring(await homeWith(NEW, OLD))).toBe(1);
  expect(said()).toHaveLength(DAMAGED.length + 1);
});

test('another version of the Worker tries again what an earlier one passed over', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  const { homeWith, sql, ring } = await objectWith(['production/web']);
  const sealed = sql.exec<{ sealed: string }>('SELECT sealed FROM registrations').toArray()[0]?.sealed ?? '';
  sql.exec("UPDATE registrations SET sealed = 'damaged'");
  await ring(await homeWith(NEW, OLD));
  sql.exec('UPDATE registrations SET sealed = ?', sealed);
  sql.exec("UPDATE meta SET value = replace(value, 'but for what', 'but for what 0.0.1,') WHERE name = 'sealed_with'");
  const home = await homeWith(NEW, OLD);
  await ring(home);
  expect(sql.exec('SELECT key_id FROM registrations').toArray()).toEqual([{ key_id: home.vault.keyId }]);
});

test('records before the last one passed over are sealed anew when the keys are changed again', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  const { homeWith, sql, ring, alarmAt } = await objectWith([...DAMAGED, 'zeta/web']);
  for (const key of DAMAGED.slice(1)) sql.exec("UPDATE registrations SET sealed = 'damaged' WHERE key = ?", key);
  // One alarm, which does not get through, with the first change.
  const first = await homeWith(NEW, OLD);
  await sealAnew(first);
  const third = await homeWith(Buffer.alloc(32, 3).toString('base64'), NEW, OLD);
  await ring(third);
  const under = sql
    .exec<{ key: string }>('SELECT key FROM registrations WHERE key_id = ?', third.vault.keyId)
    .toArray();
  expect(under.map(({ key }) => key)).toEqual([DAMAGED[0], 'zeta/web']);
  expect(alarmAt() ?? NOW + DAY).toBeGreaterThan(NOW);
});
