import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ErrorAnswer } from '../../../shared/api/worker-api.ts';
import { registrationKey, tombstoneKey } from '../../../worker/inventory/inventory-keys.ts';
import type { Overview } from '../../../worker/repository/calls.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;

beforeAll(async () => {
  server = await startAuthorizationServer();
});

afterAll(() => server.close());

beforeEach(async () => {
  worker = await startWorker(server);
  return () => worker.close();
});

const owner = (number: number) => ({ kind: 'pull_request', number }) as const;
const preview = (number: number) =>
  worker.apply(`pr-${number}/web`, { ...wish(server), owner: owner(number) }, pullRequestRun(number));
const restore = () => worker.operator<Overview & ErrorAnswer>('POST', 'restore', { repository: REPOSITORY.id });
const release = () => worker.operator('POST', 'release', { repository: REPOSITORY.id });

async function written(): Promise<void> {
  await until(async () => {
    const [left] = await worker.sql(
      `SELECT (SELECT count(*) FROM registrations WHERE inventory_due IS NOT NULL)
            + (SELECT count(*) FROM tombstones WHERE inventory_due IS NOT NULL) AS left`,
    );
    return left?.left === 0;
  });
}

/** The object's storage is lost. */
async function lose(): Promise<void> {
  const tables = await worker.sql(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'",
  );
  for (const { name } of tables) await worker.sql(`DROP TABLE ${name}`);
  await worker.kill();
}

test('an empty object is filled from the inventory, and nothing is sent until the operator releases it', async () => {
  const { body: made } = await worker.apply('production/web', wish(server));
  await preview(1);
  await worker.send('POST', 'pr-1/web/rotate', { body: {}, claims: pullRequestRun(1) });
  await preview(2);
  await (await worker.object()).takeDelivery({
    id: 'github:closed',
    receivedAt: Date.now(),
    event: { kind: 'owner_ended', repositoryId: REPOSITORY.id, at: Date.now(), owner: owner(2) },
  });
  await until(
    async () => (await worker.sql("SELECT status FROM registrations WHERE key = 'pr-2/web'"))[0]?.status === 'ended',
  );
  await written();
  const ledger = await worker.sql('SELECT registration, client_id, ended FROM ledger ORDER BY made_at, client_id');
  await lose();
  expect((await worker.send('GET', 'production/web')).status).toBe(404);

  const { status, body } = await restore();
  expect([status, body]).toEqual([200, { api: 1, registrations: 3, tombstones: 1, unreadable: [] }]);
  server.reset();
  const { body: view } = await worker.send('GET', 'production/web');
  expect(view.registration).toMatchObject({ status: 'active', client_id: made.credentials.client_id });
  const held = await worker.apply('production/web', wish(server), { run_id: '200' });
  expect([held.status, held.body.error]).toEqual([503, 'repository_restored']);
  await worker.cron();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(server.requests).toEqual([]);
  expect(await worker.sql('SELECT registration, client_id, ended FROM ledger ORDER BY made_at, client_id')).toEqual(
    ledger,
  );

  expect((await release()).body).toMatchObject({ released: ['restored'] });
  const late = await worker.apply(
    'pr-2/web',
    { ...wish(server), owner: owner(2) },
    pullRequestRun(2, { run_id: '200' }),
  );
  expect([late.status, late.body.error]).toEqual([409, 'owner_ended']);
  const { status: again } = await restore();
  expect(again).toBe(409);
}, 60_000);

test('after a restore a dead registration access token makes an orphan and is no proof of an end', async () => {
  const { body: made } = await preview(3);
  await written();
  const before = await worker.record('pr-3/web');
  await lose();
  await restore();
  const [client] = server.clients();
  expect(client?.clientId).toBe(made.credentials.client_id);
  server.interfere({ method: 'DELETE', do: { kind: 'answer', status: 401 } });
  await release();
  await until(async () => (await worker.sql('SELECT restored FROM registrations'))[0]?.restored === 0);
  const restored = await worker.record('pr-3/web');
  expect(restored.clients[0]?.accessSeen).toBe('untried');
  expect(Number(restored.expiresAt)).toBeGreaterThan(Number(before.expiresAt));
  const { body } = await worker.send('DELETE', 'pr-3/web', { claims: pullRequestRun(3) });
  expect(body.registration).toMatchObject({ status: 'ended', orphans: [{ client_id: made.credentials.client_id }] });
}, 60_000);

test('what has ended is remembered after a restore too, so that an older run does not make it anew', async () => {
  await worker.apply('production/web', wish(server), { run_id: '200' });
  expect((await worker.send('DELETE', 'production/web', { claims: { run_id: '210' } })).status).toBe(200);
  await written();
  await lose();
  await restore();
  await release();
  await worker.cron();
  await until(async () => (await worker.sql('SELECT due FROM registrations WHERE due < ?', Date.now())).length === 0);
  const late = await worker.apply('production/web', wish(server), { run_id: '205' });
  expect([late.status, late.body.error]).toEqual([409, 'superseded']);
  expect((await worker.apply('production/web', wish(server), { run_id: '220' })).status).toBe(200);
}, 60_000);

/** Changes what the inventory has of a registration, where no seal would show it. */
async function forge(
  key: string,
  { metadata: also, ...entry }: Readonly<Record<string, unknown>> & { readonly metadata?: object },
): Promise<void> {
  const kv = await worker.kv();
  const name = registrationKey(REPOSITORY.id, key);
  const text = (await kv.get(name)) ?? '';
  const { keys } = await kv.list({ prefix: name });
  const metadata = { ...(keys[0]?.metadata as object), ...also };
  await kv.put(name, JSON.stringify({ ...JSON.parse(text), ...entry }), { metadata });
}

const end = async (number: number) =>
  (await worker.object()).takeDelivery({
    id: `github:closed-${number}`,
    receivedAt: Date.now(),
    event: { kind: 'owner_ended', repositoryId: REPOSITORY.id, at: Date.now(), owner: owner(number) },
  });

test('whose a registration is says its record: the inventory can make no pull request its owner, nor take one away', async () => {
  const { body: made } = await worker.apply('production/web', wish(server));
  await preview(7);
  await preview(9);
  await written();
  await forge('production/web', { metadata: { owner: 'pull_request:7' } });
  await forge('pr-7/web', { metadata: { owner: 'pull_request:8' } });
  const tombstone = JSON.stringify({ ended_at: Date.now(), reopened_at: null, reason: 'closed' });
  await (await worker.kv()).put(tombstoneKey(REPOSITORY.id, 'pull_request:9'), tombstone);
  await lose();
  await restore();
  await end(7);
  await release();
  await until(async () => (await worker.sql('SELECT 1 FROM registrations WHERE restored = 1')).length === 0);
  await until(
    async () => (await worker.sql("SELECT status FROM registrations WHERE key = 'pr-7/web'"))[0]?.status === 'ended',
  );
  // A tombstone of the inventory counts.
  await until(
    async () => (await worker.sql("SELECT status FROM registrations WHERE key = 'pr-9/web'"))[0]?.status === 'ended',
  );
  expect(await worker.sql("SELECT status, owner, end_reason FROM registrations WHERE key = 'production/web'")).toEqual([
    { status: 'active', owner: null, end_reason: null },
  ]);
  expect(server.clients().map(({ clientId }) => clientId)).toContain(made.credentials.client_id);
}, 60_000);

test('a run that the inventory calls the owner may do nothing with what it does not own', async () => {
  const { body: made } = await worker.apply('production/web', wish(server));
  await written();
  await forge('production/web', {
    contributions: [
      {
        key: 'pr-7/web',
        shared: 'production/web',
        owner: 'pull_request:7',
        uris: '{}',
        held: 1,
        life: null,
        expires_at: null,
        run_id: 1,
        attempt: 1,
        ended_at: null,
      },
    ],
  });
  await lose();
  await restore();
  expect(await worker.sql('SELECT * FROM contributions')).toEqual([]);
  const later = Date.now() + 3_600_000;
  await worker.sql('UPDATE registrations SET due = ?', later);
  await release();
  const claims = pullRequestRun(7, { run_id: '300' });
  const asked = [
    () => worker.send('GET', 'production/web', { claims }),
    () => worker.send('POST', 'production/web/rotate', { body: {}, claims }),
    () => worker.send('DELETE', 'production/web', { claims }),
    () => worker.apply('production/web', { ...wish(server), owner: owner(7) }, claims),
  ];
  for (const ask of asked) {
    await worker.sql("UPDATE registrations SET owner = 'pull_request:7'");
    const { status, body } = await ask();
    expect([status, body.error]).toEqual([403, 'not_allowed']);
    expect(await worker.sql('SELECT owner, restored FROM registrations')).toEqual([{ owner: null, restored: 1 }]);
  }
  expect(server.clients().map(({ clientId }) => clientId)).toContain(made.credentials.client_id);
}, 60_000);

test('what stays while it is frozen stays so under a name that the inventory gives it', async () => {
  await worker.apply('production/web', wish(server));
  await written();
  await forge('production/web', { metadata: { owner: 'pull_request:7' } });
  await lose();
  await restore();
  await (await worker.object()).takeDelivery({
    id: 'github:archived',
    receivedAt: Date.now(),
    event: { kind: 'repository_archived', repositoryId: REPOSITORY.id, at: Date.now() },
  });
  server.reset();
  // Released, and still frozen.
  await worker.sql("DELETE FROM meta WHERE name = 'restored'");
  await worker.cron();
  await until(async () => (await worker.sql('SELECT owner FROM registrations'))[0]?.owner === null);
  expect(await worker.sql('SELECT restored FROM registrations')).toEqual([{ restored: 1 }]);
  expect(server.requests).toEqual([]);
}, 60_000);
