import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorAnswer } from '../../../shared/api/worker-api.ts';
import { EMPTY_STATE, encodeState } from '../../../shared/record/codec.ts';
import type { RegistrationRecord } from '../../../shared/record/record.ts';
import { parseStateKeys, seal } from '../../../shared/record/seal.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { type Answer, KEY, OTHER_KEY, startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;
let number = 0;
let runs = 100;

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

const key = () => `pr-${number}/web`;
const owner = () => ({ kind: 'pull_request', number }) as const;
const claims = () => {
  runs += 1;
  return pullRequestRun(number, { run_id: String(runs) });
};
const deploy = () => worker.apply(key(), { ...wish(server), owner: owner() }, claims());
const row = async () => (await worker.sql('SELECT * FROM registrations WHERE key = ?', key()))[0] ?? {};

/** A record as a later version may write it: in another form, or in another envelope. */
const LATER = {
  'in a later form': async (record: RegistrationRecord) => {
    const state = JSON.parse(encodeState({ ...EMPTY_STATE, registrations: { [record.key]: record } }));
    const text = JSON.stringify({ ...state, version: state.version + 1, savedWith: '9.9.9', more: { of: 'it' } });
    const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
    return seal({ keys: await parseStateKeys(KEY), aad: [REPOSITORY.id, record.key, 'record'], random, text });
  },
  'in a later envelope': async (_: RegistrationRecord, sealed: string) => sealed.replace(/^v1\./, 'v2.'),
};

/** Nobody was told anything else, and who can do something about it is named. */
function isRefused({ status, body }: Answer<ErrorAnswer>): void {
  expect([status, body.error]).toEqual([503, 'state_newer']);
  expect(body.message).toContain(key());
  expect(body.hint).toContain('Whoever runs the Worker deploys the later version again');
}

describe.each(Object.entries(LATER))('a record %s', (_, later) => {
  let sealed = '';
  let client = '';

  beforeEach(async () => {
    number += 1;
    const { status, body } = await deploy();
    expect(status).toBe(200);
    client = body.credentials.client_id;
    await until(async () => (await row()).inventory_due === null);
    const before = String((await row()).sealed);
    sealed = await later(await worker.record(key()), before);
    await worker.sql('UPDATE registrations SET sealed = ?, inventory_due = ? WHERE key = ?', sealed, Date.now(), key());
    await worker.cron();
    await until(async () => (await row()).inventory_due === null);
    const calls = server.requests.length;
    return async () => {
      expect((await row()).sealed).toBe(sealed);
      const entry = await (await worker.kv()).get(`registration/${REPOSITORY.id}/${key()}`);
      expect(JSON.parse(entry ?? '{}').sealed).toBe(sealed);
      expect(server.requests.length).toBe(calls);
      expect(server.client(client)).toBeDefined();
      // A version that knows it goes on with it.
      await worker.sql('UPDATE registrations SET sealed = ? WHERE key = ?', before, key());
      expect((await worker.send('DELETE', key(), { claims: claims() })).status).toBe(200);
      expect(server.client(client)).toBeUndefined();
    };
  });

  test('is left untouched by whatever a run asks for', async () => {
    const kept = await row();
    isRefused(await deploy());
    isRefused(await worker.send('GET', key(), { claims: claims() }));
    isRefused(await worker.send('POST', `${key()}/rotate`, { body: { now: true }, claims: claims() }));
    isRefused(await worker.send('POST', `${key()}/retire`, { body: { client_id: 'abc' }, claims: claims() }));
    isRefused(await worker.send('DELETE', key(), { claims: claims() }));
    expect(await row()).toEqual(kept);
  });

  test('is left untouched by the alarm, which comes back to it', async () => {
    const { due: _d, failures: _f, problem: _p, ...kept } = await row();
    await worker.sql('UPDATE registrations SET due = ? WHERE key = ?', Date.now(), key());
    await worker.cron();
    await until(async () => Number((await row()).failures) > 0);
    const { due, failures: _, problem, ...after } = await row();
    expect(after).toEqual(kept);
    expect(Number(due)).toBeGreaterThan(Date.now());
    expect(JSON.parse(String(problem))).toMatchObject({ code: 'state_newer' });
  });

  test('is left untouched by the alarm that would forget what has ended', async () => {
    await worker.sql("UPDATE registrations SET status = 'ended', due = ? WHERE key = ?", Date.now(), key());
    await worker.cron();
    await until(async () => Number((await row()).failures) > 0);
    expect(await row()).toMatchObject({ sealed, status: 'ended' });
    await worker.sql("UPDATE registrations SET status = 'active' WHERE key = ?", key());
  });

  test('is left untouched when its pull request is closed', async () => {
    await (await worker.object()).takeDelivery({
      id: `github:closed ${number}`,
      receivedAt: Date.now(),
      event: { kind: 'owner_ended', repositoryId: REPOSITORY.id, at: Date.now(), owner: owner() },
    });
    await until(async () => Number((await row()).failures) > 0);
    expect(await row()).toMatchObject({ sealed, status: 'active', end_reason: expect.stringContaining('closed') });
  });

  test('is left untouched by a change of encryption keys', async () => {
    const kept = await row();
    const sealedWith = async () =>
      String((await worker.sql("SELECT value FROM meta WHERE name = 'sealed_with'"))[0]?.value);
    await worker.reconfigure({ ENCRYPTION_KEYS: `${OTHER_KEY}\n${KEY}` });
    await worker.cron();
    await until(async () => (await sealedWith()).includes('cannot open'));
    expect(await row()).toEqual(kept);
    await worker.reconfigure({ ENCRYPTION_KEYS: KEY });
  });

  test('is restored as it is, and left untouched after the release too', async () => {
    const tables = await worker.sql(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'",
    );
    for (const { name } of tables) await worker.sql(`DROP TABLE ${name}`);
    await worker.kill();
    const restored = await worker.operator<{ readonly unreadable: readonly string[] }>('POST', 'restore', {
      repository: REPOSITORY.id,
    });
    expect([restored.status, restored.body.unreadable]).toEqual([200, []]);
    expect(await row()).toMatchObject({ sealed, restored: 1 });
    await worker.operator('POST', 'release', { repository: REPOSITORY.id });
    await until(async () => Number((await row()).failures) > 0);
    isRefused(await deploy());
    expect(await row()).toMatchObject({ sealed, restored: 1 });
  });
});

test('tables of a later version are left untouched: every request is refused, and the alarm changes nothing but itself', async () => {
  number += 1;
  expect((await deploy()).status).toBe(200);
  await until(async () => (await row()).inventory_due === null);
  await worker.sql("UPDATE meta SET value = '99' WHERE name = 'schema'");
  await worker.kill();
  const names = (await worker.sql(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'",
  )) as readonly { readonly name: string }[];
  const everything = () => Promise.all(names.map(({ name }) => worker.sql(`SELECT * FROM ${name}`)));
  const before = await everything();
  const calls = server.requests.length;

  const answers = [
    await deploy(),
    await worker.send('DELETE', key(), { claims: claims() }),
    await worker.operator<ErrorAnswer>('POST', 'restore', { repository: REPOSITORY.id }),
  ];
  for (const { status, body } of answers) {
    expect([status, body.error]).toEqual([503, 'state_newer']);
    expect(body.message).toContain('of version 99');
    expect(body.hint).toContain('Whoever runs the Worker deploys the later version again');
  }
  await worker.cron();
  expect(await everything()).toEqual(before);
  expect(server.requests.length).toBe(calls);
});
