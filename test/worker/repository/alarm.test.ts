import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { TOMBSTONE_MS } from '../../../worker/repository/tombstones.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

beforeEach(() => server.reset());

const owner = (number: number) => ({ kind: 'pull_request', number }) as const;
const deploy = (number: number) =>
  worker.apply(`pr-${number}/web`, { ...wish(server), owner: owner(number) }, pullRequestRun(number));
const row = async (key: string) => (await worker.sql('SELECT * FROM registrations WHERE key = ?', key))[0];
const close = async (number: number) =>
  (await worker.object()).takeDelivery({
    id: `github:close-${number}`,
    receivedAt: Date.now(),
    event: { kind: 'owner_ended', repositoryId: REPOSITORY.id, at: Date.now(), owner: owner(number) },
  });

test('what fails is tried again later and later, and others go on', async () => {
  await deploy(1);
  await deploy(2);
  const first = (await worker.record('pr-1/web')).clients[0]?.clientId;
  const back = server.interfere({ method: 'DELETE', path: `/reg/${first}`, do: { kind: 'answer', status: 500 } });
  await close(1);
  await close(2);
  await until(async () => (await row('pr-2/web'))?.status === 'ended');
  await until(async () => Number((await worker.record('pr-1/web')).clients[0]?.removal?.failures) >= 1);
  await until(async () => Number((await row('pr-1/web'))?.due) > Date.now());
  const once = await worker.record('pr-1/web');
  expect(once.clients[0]?.removal?.reason).toContain('500');
  await until(async () => Number((await worker.record('pr-1/web')).clients[0]?.removal?.failures) >= 3, 30_000);
  back();
  await until(async () => (await row('pr-1/web'))?.status === 'ended', 30_000);
  expect(server.clients()).toEqual([]);
}, 90_000);

test('many that are due at once are all done, a bounded piece at a time', async () => {
  const numbers = Array.from({ length: 12 }, (_, index) => 20 + index);
  for (const number of numbers) await deploy(number);
  for (const number of numbers) await close(number);
  await until(async () => {
    const [left] = await worker.sql(
      "SELECT count(*) AS left FROM registrations WHERE status <> 'ended' AND key LIKE 'pr-2_/%'",
    );
    return left?.left === 0;
  }, 30_000);
  await until(async () => server.clients().length === 0, 30_000);
}, 60_000);

test('what ended long ago is forgotten, with the names that it left, and nothing before; its ledger stays', async () => {
  await deploy(40);
  await worker.send('DELETE', 'pr-40/web', { claims: pullRequestRun(40) });
  expect((await row('pr-40/web'))?.status).toBe('ended');
  await until(async () => (await row('pr-40/web'))?.inventory_due === null);
  await worker.sql("INSERT INTO left_names (place, registration) VALUES ('a', 'pr-40/web'), ('b', 'pr-41/web')");
  await worker.sql("INSERT INTO names (place, registration) VALUES ('c', 'pr-40/web'), ('d', 'pr-41/web')");
  // An object that is evicted before it has written when to come back comes back when its lease is over.
  await worker.sql("UPDATE registrations SET due = ? WHERE key = 'pr-40/web'", Date.now());
  await worker.cron();
  await until(async () => Number((await row('pr-40/web'))?.due ?? Number.POSITIVE_INFINITY) > Date.now());
  expect((await row('pr-40/web'))?.status).toBe('ended');

  await worker.edit('pr-40/web', (record) => ({
    ...record,
    ...(record.ending && { ending: { ...record.ending, since: record.ending.since - TOMBSTONE_MS } }),
  }));
  await worker.cron();
  await until(async () => (await row('pr-40/web')) === undefined);
  expect(await worker.sql("SELECT ended FROM ledger WHERE registration = 'pr-40/web'")).toEqual([{ ended: 'deleted' }]);
  expect(await worker.sql('SELECT place FROM left_names')).toEqual([{ place: 'b' }]);
  expect(await worker.sql("SELECT place FROM names WHERE place IN ('c', 'd')")).toEqual([{ place: 'd' }]);
});
