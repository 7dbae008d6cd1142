import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { loadJobRecords } from '../../action/load-job-records.ts';
import { openStore } from '../../action/standalone/git-store.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import type { GitHubRequest } from '../../shared/publish/github-request.ts';
import { nextStep } from '../../shared/reconcile/next-step.ts';
import { decodeState, encodeState } from '../../shared/record/codec.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { open, parseStateKeys, seal } from '../../shared/record/seal.ts';
import { earliestInventoryDue } from '../../worker/inventory/inventory-due.ts';
import { readEntry } from '../../worker/inventory/inventory-entry.ts';
import { readRegistrations, readTombstones } from '../../worker/inventory/read-inventory.ts';
import { findContribution } from '../../worker/repository/contribution-rows.ts';
import { eventsSince } from '../../worker/repository/event-rows.ts';
import { findKeySet } from '../../worker/repository/key-sets.ts';
import { ledgerOf } from '../../worker/repository/ledger-rows.ts';
import { findRow } from '../../worker/repository/registration-rows.ts';
import { migrate } from '../../worker/repository/schema.ts';
import { whyBuried } from '../../worker/repository/tombstones.ts';
import { createVault } from '../../worker/repository/vault.ts';
import { VERSION } from '../../worker/version.ts';
import { stillClock } from '../http/still-clock.ts';
import { openStorage, storageOver } from '../worker/support/sql-storage.ts';
import { ENVIRONMENT, fixture, OBJECTS, REPOSITORY_ID, TEST_KEY, VERSIONS } from './fixtures.ts';
import { type KeptObject, keptIn, schemaVersion } from './full-object.ts';

const keys = await parseStateKeys(TEST_KEY);
const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
const WEB = `${ENVIRONMENT}/web`;
const aad = ['state', REPOSITORY_ID, ENVIRONMENT];

/** The first one was kept without the record that is sealed in it, which is in the state of its version. */
const keptObject = (version: string, name: string) =>
  JSON.parse(fixture(version, name)) as KeptObject & { readonly record?: RegistrationRecord };

/** The object of a repository as a version left it. */
function objectOf({ tables, rows }: KeptObject) {
  const database = new DatabaseSync(':memory:');
  for (const table of tables) database.exec(table);
  for (const [table, list] of Object.entries(rows)) {
    for (const row of list) {
      const columns = Object.keys(row);
      database
        .prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
        .run(...Object.values(row));
    }
  }
  return storageOver(database);
}

const schemaOf = ({ sql }: ReturnType<typeof openStorage>) =>
  sql
    .exec<{ type: string; name: string; sql: string }>('SELECT type, name, sql FROM sqlite_master ORDER BY type, name')
    .toArray()
    .map(({ type, name, sql: text }) => `${type} ${name} ${text?.replace(/\s+/g, ' ')}`);

test('what the first version kept is here, and what this one keeps', () => {
  expect(VERSIONS[0]).toBe('0.1.0');
  expect(VERSIONS).toContain(VERSION);
});

describe.each(VERSIONS)('what version %s has stored', (version) => {
  const expected = () => JSON.parse(fixture(version, 'state.json'));

  test('sealed state opens, means the same, and can be worked on and kept', async () => {
    const { text } = await open({ keys, aad, sealed: fixture(version, 'state.sealed') });
    const state = decodeState(text);
    expect(state).toMatchObject(expected());
    expect(decodeState(encodeState(state))).toEqual(state);
    for (const record of Object.values(state.registrations)) expect(nextStep(record, 1_000).kind).toBeTypeOf('string');
  });

  test('what main left for the post step of a job is read', () => {
    const slots = JSON.parse(fixture(version, 'job-state.json')) as Readonly<Record<string, string>>;
    const env = Object.fromEntries(Object.entries(slots).map(([name, value]) => [`STATE_${name}`, value]));
    const { records, unreadable } = loadJobRecords(env);
    const [record] = records;
    expect(unreadable).toEqual([]);
    expect(record?.clients[0]).toMatchObject({
      clientId: 'abc',
      access: expected().registrations[WEB].clients[0].access,
    });
    expect(nextStep(record as NonNullable<typeof record>, 1_000).kind).toBeTypeOf('string');
  });

  test('values of the inventory are read, and their records open', async () => {
    const entries = Object.entries(
      JSON.parse(fixture(version, 'inventory.json')) as Readonly<Record<string, { value: string; metadata: unknown }>>,
    );
    const kv = {
      list: async ({ prefix }: { readonly prefix: string }) => ({
        keys: entries.filter(([name]) => name.startsWith(prefix)).map(([name, { metadata }]) => ({ name, metadata })),
        list_complete: true as const,
      }),
      get: async (names: string[]) =>
        new Map(names.map((name) => [name, entries.find(([key]) => key === name)?.[1].value ?? null])),
    };
    const { registrations, unreadable } = await readRegistrations(kv, REPOSITORY_ID);
    expect(unreadable).toEqual([]);
    expect(registrations.map(({ key }) => key)).toEqual([WEB]);
    const vault = createVault({ repositoryId: REPOSITORY_ID, keys, random });
    expect(await vault.open(WEB, registrations[0]?.entry.sealed ?? '')).toMatchObject(expected().registrations[WEB]);
    expect(await readTombstones(kv, REPOSITORY_ID)).toEqual([
      { owner: 'pull_request:41', ended_at: 5, reopened_at: null, reason: 'closed' },
    ]);
  });
});

test('names that were left when the time was not kept count as left at the upgrade', () => {
  const storage = objectOf(keptObject('0.1.0', 'object-schema-5.json'));
  const before = Math.floor(Date.now() / 1_000) * 1_000;
  migrate(storage);
  const rows = storage.sql.exec<{ left_at: number }>('SELECT left_at FROM left_names').toArray();
  expect(rows.length).toBeGreaterThan(0);
  for (const { left_at: at } of rows) {
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
  }
});

test('the inventory is told at the upgrade of the names of what has not ended', () => {
  const storage = objectOf(keptObject('0.1.0', 'object-schema-7.json'));
  const { sql } = storage;
  const columns = 'sealed, key_id, owner, endpoint, traits, summary';
  for (const [key, status, restored] of [
    ['pr-42/ended', 'ended', 0],
    ['pr-42/restored', 'active', 1],
    ['pr-42/there', 'active', 0],
  ] as const)
    sql.exec(
      `INSERT INTO registrations (key, status, restored, ${columns}) SELECT ?, ?, ?, ${columns} FROM registrations WHERE key = ?`,
      key,
      status,
      restored,
      WEB,
    );
  migrate(storage);
  const marked = sql.exec<{ key: string }>('SELECT key FROM registrations WHERE inventory_due = 0').toArray();
  expect(marked).toEqual([{ key: 'pr-42/there' }]);
  expect(earliestInventoryDue(sql)).toBe(0);
});

describe.each(OBJECTS)('the object that $version has left in $name', ({ version, name }) => {
  const kept = keptObject(version, name);
  const { ledger: ends, ...expected }: RegistrationRecord =
    kept.record ?? JSON.parse(fixture(version, 'state.json')).registrations[WEB];

  test('its tables are brought to this version, with every row, and are what a new object has', () => {
    const storage = objectOf(kept);
    migrate(storage);
    expect(schemaOf(storage)).toEqual(schemaOf(openStorage()));
    const { meta = [], ...rows } = keptIn(storage).rows;
    const { meta: before = [], ...rowsBefore } = kept.rows;
    // What has not ended is told to the inventory once more.
    const told = (row: object) =>
      'inventory_due' in row && row.inventory_due === null ? { ...row, inventory_due: 0 } : row;
    expect(rows).toMatchObject({ ...rowsBefore, registrations: rowsBefore.registrations?.map(told) });
    const facts = (list: typeof meta) => list.filter((row) => row.name !== 'schema');
    expect(facts(meta)).toEqual(facts(before));
  });

  test('what is in them is found as this version looks for it, and records open', async () => {
    const storage = objectOf(kept);
    migrate(storage);
    const { sql } = storage;
    const vault = createVault({ repositoryId: REPOSITORY_ID, keys, random });
    expect(await vault.open(WEB, findRow(sql, WEB)?.sealed ?? '')).toMatchObject(expected);
    expect(ledgerOf(sql, WEB)).toEqual(ends);
    expect(whyBuried(sql, 'pull_request:41')).toContain('closed');
  });
});

test('the newest of them has tables of this version, with a row in every one', async () => {
  const { version = '', name = '' } = OBJECTS.at(-1) ?? {};
  const storage = objectOf(keptObject(version, name));
  const { rows } = keptIn(storage);
  expect(schemaVersion({ tables: [], rows })).toBe(schemaVersion(keptIn(openStorage())));
  expect(Object.entries(rows).filter(([, list]) => list.length === 0)).toEqual([]);
  const { sql } = storage;
  expect(eventsSince(sql, { id: 0 }, 10).map(({ kind }) => kind)).toEqual(['names_left']);
  expect(findKeySet(sql, '2002-set')).toContain('"kty":"EC"');
  expect(findContribution(sql, 'pr-43/web')).toMatchObject({ shared: 'shared/web', held: 1, ended_at: null });
});

describe('what a later version has stored is refused and left as it is', () => {
  const state = () => JSON.parse(fixture(VERSIONS[0] ?? '', 'state.json'));
  const later = { ...state(), version: 2, savedWith: '9.9.9' };
  const laterRecord = { ...state(), registrations: { [WEB]: { ...state().registrations[WEB], version: 2 } } };

  test.each([
    ['state', later],
    ['a record', laterRecord],
  ])('%s in the repository: nothing but reading is asked of GitHub', async (_, kept) => {
    const sealed = await seal({ keys, aad, random, text: JSON.stringify(kept) });
    const asked: string[] = [];
    const request = (async (route: string) => {
      asked.push(route);
      const data = route.includes('/git/ref/')
        ? { ref: 'refs/oauth-registrar/pr-42', object: { sha: 'a'.repeat(40), type: 'commit' } }
        : new TextEncoder().encode(sealed).buffer;
      return { status: 200, headers: {}, data };
    }) as unknown as GitHubRequest;
    const silent = () => undefined;
    const log = { info: silent, warning: silent, debug: silent };
    const place = { owner: 'acme', repo: 'app', repositoryId: REPOSITORY_ID, environment: ENVIRONMENT };
    const store = openStore({ ...place, request, keys, clock: stillClock().clock, random, log });
    const codeOf = (work: Promise<unknown>) =>
      work.then(
        () => 'done',
        (error: unknown) => (isRegistrarError(error) ? error.code : error),
      );
    expect(await codeOf(store.load())).toBe('state_newer');
    expect(await codeOf(store.save(decodeState(JSON.stringify(state())).registrations[WEB] as never))).toBe(
      'state_newer',
    );
    expect(await codeOf(store.flush())).toBe('done');
    expect(asked.filter((route) => !route.startsWith('GET '))).toEqual([]);
  });

  test('a record in an object', async () => {
    const vault = createVault({ repositoryId: REPOSITORY_ID, keys, random });
    const sealed = await seal({ keys, aad: [REPOSITORY_ID, WEB, 'record'], random, text: JSON.stringify(laterRecord) });
    await expect(vault.open(WEB, sealed)).rejects.toMatchObject({ code: 'state_newer' });
    await expect(vault.open(WEB, sealed.replace(/^v1/, 'v2'))).rejects.toMatchObject({ code: 'state_newer' });
  });

  test('tables of an object', () => {
    const { version = '', name = '' } = OBJECTS[0] ?? {};
    const storage = objectOf(keptObject(version, name));
    storage.sql.exec("UPDATE meta SET value = '99' WHERE name = 'schema'");
    const everything = () =>
      ['registrations', 'ledger', 'tombstones', 'meta'].map((table) =>
        storage.sql.exec(`SELECT * FROM ${table}`).toArray(),
      );
    const before = [everything(), schemaOf(storage)];
    expect(() => migrate(storage)).toThrow(expect.objectContaining({ code: 'state_newer' }));
    expect([everything(), schemaOf(storage)]).toEqual(before);
  });

  test('a value of the inventory is none that is restored from', () => {
    expect(
      readEntry(JSON.stringify({ version: 2, sealed: 'x', endpoint: 'https://as.example', ledger: [] })),
    ).toBeUndefined();
  });
});
