import { describe, expect, test } from 'vitest';
import { addEvents, eventsSince } from '../../../worker/repository/event-rows.ts';
import {
  addKeySet,
  findKeySet,
  keySetsOf,
  makeKeySet,
  repositoryOfKeySet,
  saveKeySets,
} from '../../../worker/repository/key-sets.ts';
import { ledgerOf, ledgerPage, orphanEnded, saveLedger } from '../../../worker/repository/ledger-rows.ts';
import { getMeta, setMeta } from '../../../worker/repository/meta.ts';
import { keepNames, namesOf, saveNames, withOwnNames } from '../../../worker/repository/names.ts';
import { liveClients } from '../../../worker/repository/quota.ts';
import { dueKeys, earliestDue, traitsSeen } from '../../../worker/repository/registration-rows.ts';
import { isKept, migrate } from '../../../worker/repository/schema.ts';
import type { Sql } from '../../../worker/repository/storage.ts';
import { isEnded, rememberOwner, whyBuried } from '../../../worker/repository/tombstones.ts';
import { client, ID, KEY, record, SECRET } from '../../reconcile/build.ts';
import { openStorage } from '../support/sql-storage.ts';

describe('the tables', () => {
  test('are made once, and of a later version they are not touched', () => {
    const storage = openStorage({ empty: true });
    expect(isKept(storage)).toBe(false);
    migrate(storage);
    migrate(storage);
    expect(isKept(storage)).toBe(true);
    storage.sql.exec("UPDATE meta SET value = '999' WHERE name = 'schema'");
    expect(() => migrate(storage)).toThrow(expect.objectContaining({ code: 'state_newer' }));
  });

  test('are searched by an index for what was seen of a server', () => {
    const { sql } = openStorage();
    const searched: string[] = [];
    const watched: Sql = {
      exec: (query, ...bindings) => {
        const plan = sql.exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`, ...bindings).toArray();
        searched.push(...plan.map(({ detail }) => detail));
        return sql.exec(query, ...bindings);
      },
    };
    expect(traitsSeen(watched, 'https://as.example.org/register')).toEqual({});
    expect(searched.join()).toContain('USING INDEX registrations_endpoint (endpoint=?)');
  });

  test.each([
    { frozen: false, keyIds: ['one'], due: ['production/web', 'pr-1/web', 'shared/permanent/stage-*/web'] },
    { frozen: true, keyIds: ['one'], due: ['pr-1/web', 'shared/permanent/stage-*/web'] },
    { frozen: false, keyIds: ['two'], due: ['production/locked'] },
    { frozen: true, keyIds: ['two'], due: [] },
  ])('say what is due and may be worked on: %o', ({ due, ...what }) => {
    const { sql } = openStorage();
    const rows = [
      ['production/web', 'one', null],
      ['pr-1/web', 'one', 'pull_request:1'],
      ['shared/permanent/stage-*/web', 'one', null],
      ['production/locked', 'two', null],
      ['production/later', 'one', null],
    ] as const;
    for (const [index, [key, keyId, owner]] of rows.entries()) {
      sql.exec(
        `INSERT INTO registrations (key, sealed, key_id, status, owner, endpoint, traits, summary, due)
         VALUES (?, '', ?, 'active', ?, '', '{}', '{}', ?)`,
        key,
        keyId,
        owner,
        key === 'production/later' ? 1_000 : index,
      );
    }
    expect(dueKeys(sql, 100, 10, what)).toEqual(due);
    const first = rows.findIndex(([key]) => key === due[0]);
    const later = what.keyIds[0] === 'one' && !what.frozen ? 1_000 : undefined;
    expect(earliestDue(sql, what)).toBe(first < 0 ? later : first);
  });

  test('hold single facts', () => {
    const { sql } = openStorage();
    expect(setMeta(sql, 'frozen', 'why')).toBe(true);
    expect(setMeta(sql, 'frozen', 'why')).toBe(false);
    expect(getMeta(sql, 'frozen')).toBe('why');
    expect(setMeta(sql, 'frozen', undefined)).toBe(true);
    expect(getMeta(sql, 'frozen')).toBeUndefined();
  });
});

describe('the ledger', () => {
  const row = (clientId: string, more = {}) => ({ clientId, server: 'https://as.example.org', madeAt: 1, ...more });

  test('keeps every client, also those that have left the record', () => {
    const { sql } = openStorage();
    const first = record({ ledger: [row('a')] });
    saveLedger(sql, first, []);
    const second = record({ ledger: [row('a', { endedAt: 2, ended: 'deleted' }), row('b', { madeAt: 2 })] });
    saveLedger(sql, second, first.ledger);
    saveLedger(sql, second, second.ledger);
    const third = record({ ledger: [row('c', { madeAt: 2 })] });
    saveLedger(sql, third, [row('b', { madeAt: 2 })]);
    expect(ledgerOf(sql, 'production/web').map(({ clientId, ended }) => [clientId, ended])).toEqual([
      ['a', 'deleted'],
      ['c', undefined],
    ]);
    expect(liveClients(sql, 'production/other', ['https://as.example.org'])).toBe(1);
    expect(liveClients(sql, 'production/web', ['https://as.example.org'])).toBe(0);
  });

  test('is read a page at a time', () => {
    const { sql } = openStorage();
    saveLedger(sql, record({ ledger: [row('a'), row('b'), row('c')] }), []);
    const page = ledgerPage(sql, 0, 2);
    expect(page.entries.map(({ clientId }) => clientId)).toEqual(['a', 'b']);
    expect(ledgerPage(sql, page.next ?? 0, 2)).toEqual({
      entries: [{ registration: 'production/web', ...row('c') }],
    });
  });

  test('learns that an orphan was deleted after all', () => {
    const { sql } = openStorage();
    saveLedger(sql, record({ ledger: [row('a', { endedAt: 2, ended: 'orphan' })] }), []);
    orphanEnded(sql, 'production/web', 'a', 9);
    expect(ledgerOf(sql, 'production/web')).toEqual([row('a', { endedAt: 9, ended: 'deleted' })]);
  });
});

test('events are read from an id or a time on', () => {
  const { sql } = openStorage();
  addEvents(sql, [{ kind: 'ending', reason: 'one' }], { at: 1_000, registration: 'production/web', run: '1.1' });
  addEvents(sql, [{ kind: 'frozen', reason: 'two' }], { at: 2_000 });
  const [first, second] = eventsSince(sql, { at: 0 }, 10);
  expect(first).toMatchObject({
    at: '1970-01-01T00:00:01.000Z',
    registration: 'production/web',
    run: '1.1',
    reason: 'one',
  });
  expect(eventsSince(sql, { id: first?.id ?? 0 }, 10)).toEqual([second]);
  expect(eventsSince(sql, { at: 2_000 }, 10)).toEqual([second]);
});

describe('tombstones', () => {
  const owner = 'pull_request:1';
  const ended = (at: number) => ({ kind: 'ended', at, reason: `closed at ${at}` }) as const;
  const reopened = (at: number) => ({ kind: 'reopened', at, reason: '' }) as const;

  test.each([
    [[ended(1)], true],
    [[ended(1), reopened(2)], false],
    [[reopened(2), ended(1)], false],
    [[ended(3), reopened(2), ended(1)], true],
    [[ended(1), reopened(1)], false],
  ])('the later event counts: %j', (events, buried) => {
    const { sql } = openStorage();
    for (const event of events) rememberOwner(sql, owner, event);
    expect(whyBuried(sql, owner) !== undefined).toBe(buried);
    expect(isEnded(rememberOwner(sql, owner, reopened(0)))).toBe(buried);
  });

  test('nobody else is buried', () => {
    const { sql } = openStorage();
    rememberOwner(sql, owner, ended(1));
    expect([whyBuried(sql, owner), whyBuried(sql, 'pull_request:2'), whyBuried(sql, null)]).toEqual([
      'closed at 1',
      undefined,
      undefined,
    ]);
  });
});

describe('key sets', () => {
  const set = (id: string) => ({ id, uri: `https://registrar.example.org/clients/${id}/jwks.json` });
  const of = (...ids: readonly string[]) =>
    record({ clients: ids.map((id) => client({ clientId: id, key: KEY, keySet: set(id) })) });

  test('are those of the record, as soon as it is saved', () => {
    const { sql } = openStorage();
    saveKeySets(sql, of('a', 'b'), undefined);
    expect(findKeySet(sql, 'a')).toBe(JSON.stringify([KEY.publicJwk]));
    saveKeySets(sql, of('b'), of('a', 'b'));
    expect([findKeySet(sql, 'a'), keySetsOf(sql, 'production/web').length]).toEqual([undefined, 1]);
    saveKeySets(sql, of(), of('b'));
    expect(findKeySet(sql, 'b')).toBeUndefined();
  });

  test('of a record that was just restored are brought to what it says', () => {
    const { sql } = openStorage();
    addKeySet(sql, 'production/web', { id: 'old', keys: [] });
    saveKeySets(sql, of(), undefined);
    expect(findKeySet(sql, 'old')).toBeUndefined();
  });

  test('cost nothing where there are none', () => {
    const refuse = () => expect.fail('nothing is to be asked');
    saveKeySets({ exec: refuse } as never, record(), record());
  });

  test('have ids that lead to the repository and cannot be guessed', () => {
    const made = () =>
      makeKeySet({
        repositoryId: '2002',
        publicUrl: 'https://registrar.example.org',
        random: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
      });
    const { id, uri } = made();
    expect(uri).toBe(`https://registrar.example.org/clients/${id}/jwks.json`);
    expect(repositoryOfKeySet(id)).toBe('2002');
    expect(made().id).not.toBe(id);
  });
});

describe('names', () => {
  const entry = (item: typeof ID | typeof SECRET) =>
    ({ target: { kind: 'github' }, item, state: 'claimed', at: 1 }) as const;
  const sink = { claim: async () => [], write: async () => entry(ID), erase: async () => {} };
  const claim = (sql: ReturnType<typeof openStorage>['sql'], registration: string) =>
    withOwnNames(sink, sql, registration).claim({
      targets: [{ kind: 'github', createEnvironment: false, items: [ID] }],
      ours: [],
    });

  test('are of one registration until it gives them up', async () => {
    const { sql } = openStorage();
    saveNames(sql, 'production/web', [entry(ID), entry(SECRET)], []);
    await expect(claim(sql, 'production/api')).rejects.toMatchObject({ code: 'publish_conflict' });
    await expect(claim(sql, 'production/web')).resolves.toEqual([]);
    expect(() => saveNames(sql, 'production/api', [entry(ID)], [])).toThrow(
      expect.objectContaining({ code: 'publish_conflict' }),
    );
    saveNames(sql, 'production/web', [entry(SECRET)], [entry(ID), entry(SECRET)]);
    await expect(claim(sql, 'production/api')).resolves.toEqual([]);
  });

  test('are of a restored registration again, unless another one has them by then', async () => {
    const { sql } = openStorage();
    saveNames(sql, 'production/web', [entry(ID)], []);
    const places = namesOf(sql, 'production/web');
    const restored = openStorage();
    keepNames(restored.sql, 'production/web', places);
    keepNames(restored.sql, 'production/api', places);
    expect(namesOf(restored.sql, 'production/api')).toEqual([]);
    await expect(claim(restored.sql, 'production/api')).rejects.toMatchObject({ code: 'publish_conflict' });
  });
});
