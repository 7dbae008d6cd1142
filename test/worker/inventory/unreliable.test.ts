import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Overview } from '../../../worker/repository/calls.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { startUnreliableWorker, type UnreliableWorker } from '../support/unreliable.ts';
import { until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: UnreliableWorker;

const HOUR_MS = 3_600_000;

beforeAll(async () => {
  server = await startAuthorizationServer();
});

afterAll(() => server.close());

beforeEach(async () => {
  server.reset();
  worker = await startUnreliableWorker(server);
  return () => worker.close();
});

const row = async (key: string) => (await worker.sql('SELECT * FROM registrations WHERE key = ?', key))[0];
const inventory = async () => (await (await worker.kv()).list()).keys;
const unwritten = async () => {
  const [left] = await worker.sql('SELECT count(*) AS left FROM registrations WHERE inventory_due IS NOT NULL');
  return Number(left?.left);
};

test('while KV takes nothing all else goes on, the writes are tried later and later, and land in the end', async () => {
  await worker.kvIs('failing');
  const { status, body: made } = await worker.apply('production/web', wish(server));
  expect(status).toBe(200);
  const owner = { kind: 'pull_request', number: 1 } as const;
  expect((await worker.apply('pr-1/web', { ...wish(server), owner }, pullRequestRun(1))).status).toBe(200);
  expect((await worker.send('DELETE', 'pr-1/web', { claims: pullRequestRun(1) })).status).toBe(200);
  await until(async () => Number((await row('production/web'))?.inventory_failures) >= 1);
  const waits: number[] = [];
  for (let times = 0; times < 8; times += 1) {
    const before = await row('production/web');
    await worker.pass(Number(before?.inventory_due) - worker.now());
    await until(
      async () => Number((await row('production/web'))?.inventory_failures) > Number(before?.inventory_failures),
    );
    waits.push(Number((await row('production/web'))?.inventory_due) - worker.now());
  }
  expect(waits.toSorted((one, other) => one - other)).toEqual(waits);
  const failing = await row('production/web');
  expect(Number(failing?.inventory_due) - worker.now()).toBeLessThanOrEqual(6 * HOUR_MS);
  expect(await inventory()).toEqual([]);
  const again = await worker.apply('production/web', wish(server), { run_id: '101' });
  expect(again.body.credentials).toEqual(made.credentials);

  await worker.kvIs('good');
  await worker.pass(6 * HOUR_MS);
  await until(async () => (await unwritten()) === 0);
  await until(async () => (await inventory()).length === 3);
  const statuses = (await inventory()).flatMap(({ metadata }) => (metadata as { status?: string })?.status ?? []);
  expect(statuses.toSorted()).toEqual(['active', 'ended']);
});

test('what KV does not show yet decides nothing; a list of all repositories is a minute behind', async () => {
  const listed = async () =>
    (await worker.operator<{ registrations: { status: string }[] }>('GET', 'registrations')).body.registrations;
  const ofOne = async () =>
    (await worker.operator<Overview>('GET', `registrations?repository=${REPOSITORY.id}`)).body.registrations;
  await worker.kvIs('stale');
  const { body: made } = await worker.apply('production/web', wish(server));
  await until(async () => (await unwritten()) === 0);
  await worker.evict();
  const again = await worker.apply('production/web', wish(server), { run_id: '101' });
  expect([again.body.changed, again.body.credentials]).toEqual([false, made.credentials]);
  await worker.cron();
  expect(server.clients()).toHaveLength(1);
  expect([await listed(), await ofOne()]).toMatchObject([[], [{ status: 'active' }]]);
  await worker.pass(61_000);
  expect(await listed()).toMatchObject([{ status: 'active' }]);
  await worker.send('DELETE', 'production/web', { claims: { run_id: '102' } });
  await until(async () => (await unwritten()) === 0);
  expect([await listed(), await ofOne()]).toMatchObject([[{ status: 'active' }], [{ status: 'ended' }]]);
  await worker.pass(61_000);
  expect(await listed()).toMatchObject([{ status: 'ended' }]);
});

test('restored from what KV shows of a minute ago: an end that it does not know of is not made up', async () => {
  const { body: kept } = await worker.apply('production/kept', wish(server));
  const { body: made } = await worker.apply('production/web', wish(server));
  await until(async () => (await unwritten()) === 0 && (await inventory()).length === 3);
  await worker.kvIs('stale');
  await worker.send('DELETE', 'production/web', { claims: { run_id: '101' } });
  await until(async () => (await unwritten()) === 0);
  const tables = await worker.sql(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
  );
  for (const { name } of tables) await worker.sql(`DROP TABLE ${name}`);
  await worker.evict();

  const { body } = await worker.operator('POST', 'restore', { repository: REPOSITORY.id });
  expect(body).toMatchObject({ registrations: 2, unreadable: [] });
  await worker.kvIs('failing');
  await worker.operator('POST', 'release', { repository: REPOSITORY.id });
  const same = await worker.apply('production/kept', wish(server), { run_id: '102' });
  expect(same.body.credentials).toEqual(kept.credentials);
  const ended = await worker.send('DELETE', 'production/web', { claims: { run_id: '102' } });
  expect(ended.body.registration).toMatchObject({
    status: 'ended',
    orphans: [{ client_id: made.credentials.client_id }],
  });
});
