import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HookEvent } from '../../../worker/webhooks/delivery.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;
let deliveries = 0;

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server);
  await worker.apply('production/web', wish(server));
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

beforeEach(() => server.reset());

type Told = HookEvent extends infer Event ? (Event extends HookEvent ? Omit<Event, 'repositoryId'> : never) : never;

async function deliver(event: Told, id?: string): Promise<string> {
  deliveries += 1;
  const told = { ...event, repositoryId: REPOSITORY.id } as HookEvent;
  return (await worker.object()).takeDelivery({
    id: id ?? `github:${deliveries}`,
    receivedAt: Date.now(),
    event: told,
  });
}

const owner = (number: number) => ({ kind: 'pull_request', number }) as const;
const ended = (number: number, at = Date.now()): Told => ({ kind: 'owner_ended', owner: owner(number), at });
const reopened = (number: number, at = Date.now()): Told => ({ kind: 'owner_reopened', owner: owner(number), at });
const deploy = (number: number, run = '100') =>
  worker.apply(`pr-${number}/web`, { ...wish(server), owner: owner(number) }, pullRequestRun(number, { run_id: run }));
const statusOf = async (key: string) =>
  (await worker.sql('SELECT status FROM registrations WHERE key = ?', key))[0]?.status;

test('a closed pull request takes with it what it owns, and nothing else', async () => {
  await deploy(1);
  await deploy(2);
  expect(server.clients()).toHaveLength(2);
  expect(await deliver(ended(1))).toBe('taken');
  await until(async () => (await statusOf('pr-1/web')) === 'ended');
  expect(server.clients()).toHaveLength(1);
  expect(await statusOf('pr-2/web')).toBe('active');
  expect(await statusOf('production/web')).toBe('active');
  const rows = await worker.sql("SELECT ended FROM ledger WHERE registration = 'pr-1/web'");
  expect(rows).toEqual([{ ended: 'deleted' }]);
});

test('a delivery that comes five times is one delivery', async () => {
  await deploy(3);
  const outcomes = [];
  for (let time = 0; time < 5; time += 1) outcomes.push(await deliver(ended(3), 'github:five'));
  expect(outcomes).toEqual(['taken', 'repeated', 'repeated', 'repeated', 'repeated']);
  await until(async () => (await statusOf('pr-3/web')) === 'ended');
  expect(server.count({ method: 'DELETE' })).toBe(1);
});

describe('whatever the order', () => {
  test('a deploy that comes after its teardown brings nothing back', async () => {
    await deliver(ended(4));
    const late = await deploy(4);
    expect([late.status, late.body.error]).toEqual([409, 'owner_ended']);
    expect(server.requests).toEqual([]);
  });

  test('a teardown during a deploy ends what the deploy makes', async () => {
    server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'delay_answer', milliseconds: 500 } });
    const arrived = server.arrival({ method: 'POST', path: '/reg' });
    const deploying = deploy(5);
    await arrived;
    await deliver(ended(5));
    const { status, body } = await deploying;
    expect([status, body.error]).toEqual([409, 'owner_ended']);
    await until(async () => (await statusOf('pr-5/web')) === 'ended');
    expect(server.clients()).toEqual([]);
  });

  test('closed, reopened and deployed works; and the old end that comes late does nothing', async () => {
    const now = Date.now();
    await deploy(6);
    await deliver(ended(6, now));
    await until(async () => (await statusOf('pr-6/web')) === 'ended');
    await deliver(reopened(6, now + 1000));
    expect((await deploy(6, '101')).status).toBe(200);
    expect(await deliver(ended(6, now + 500))).toBe('ignored');
    expect((await deploy(6, '102')).body.changed).toBe(false);
    expect(server.clients()).toHaveLength(1);
  });

  test('of 200 deliveries in random order, some of them twice, the latest event counts', async () => {
    const start = Date.now() - 1_000;
    await deploy(8);
    const events = Array.from({ length: 100 }, (_, at) =>
      at % 2 === 0 ? ended(8, start + at) : reopened(8, start + at),
    );
    const deliveries = [...events, ...events].map((event, index) => ({ event, id: `github:many-${index % 100}` }));
    for (const { event, id } of deliveries.toSorted(() => Math.random() - 0.5)) await deliver(event, id);
    expect((await deploy(8, '101')).status).toBe(200);
    expect(server.clients()).toHaveLength(1);
    expect(await statusOf('pr-8/web')).toBe('active');
    await deliver(ended(8, start + 500));
    await until(async () => (await statusOf('pr-8/web')) === 'ended');
    expect((await deploy(8, '102')).body.error).toBe('owner_ended');
    expect(server.clients()).toEqual([]);
  }, 60_000);
});

test('a branch that owns nothing is deleted: nothing happens', async () => {
  await deliver({ kind: 'owner_ended', owner: { kind: 'branch', name: 'nothing' }, at: Date.now() });
  expect(server.requests).toEqual([]);
});

test('a repository that was never seen keeps nothing', async () => {
  const object = await worker.object('3003');
  const event = { ...ended(1), repositoryId: '3003' } as HookEvent;
  expect(await object.takeDelivery({ id: 'github:x', receivedAt: Date.now(), event })).toBe('ignored');
  const kept = await worker.harness.getWorker().getDurableObjectStorage('REPOSITORIES', { name: '3003' } as never);
  expect(
    await kept.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'"),
  ).toEqual([]);
});

test('archiving freezes what has no owner until it is undone', async () => {
  expect(await deliver({ kind: 'repository_archived', at: Date.now() })).toBe('taken');
  const refused = await worker.apply('production/web', wish(server), { run_id: '300' });
  expect([refused.status, refused.body.error]).toEqual([409, 'registration_frozen']);
  expect(await statusOf('production/web')).toBe('active');
  expect(await deliver({ kind: 'installation_added', at: Date.now() })).toBe('ignored');
  expect(await deliver({ kind: 'repository_unarchived', at: Date.now() })).toBe('taken');
  expect((await worker.apply('production/web', wish(server), { run_id: '301' })).status).toBe(200);
});

test('a host ends owned registrations of its environment, and no others', async () => {
  await deploy(9);
  expect(await deliver({ kind: 'teardown_asked', environment: 'production', at: Date.now() })).toBe('ignored');
  expect(await deliver({ kind: 'teardown_asked', environment: 'pr-9', at: Date.now() })).toBe('taken');
  await until(async () => (await statusOf('pr-9/web')) === 'ended');
  expect(await statusOf('production/web')).toBe('active');
});

test('a time to live that is over ends a registration by itself', async () => {
  await deploy(10);
  await worker.edit('pr-10/web', (record) => ({ ...record, expiresAt: Date.now() - 1 }));
  await worker.cron();
  await until(async () => (await statusOf('pr-10/web')) === 'ended');
  expect((await deploy(10, '101')).status).toBe(200);
});

test('a client of a job ends by itself a day after, should its job never come back', async () => {
  const began = Date.now();
  await worker.apply('production/of-job', wish(server, { ttl: 'job' }), { run_id: '400' });
  const { expiresAt } = await worker.record('production/of-job');
  expect(Number(expiresAt) - began).toBeGreaterThanOrEqual(86_400_000);
  expect(Number(expiresAt)).toBeLessThanOrEqual(Date.now() + 86_400_000);
  const due = await worker.sql("SELECT due FROM registrations WHERE key = 'production/of-job'");
  expect(due).toEqual([{ due: expiresAt }]);
  await worker.edit('production/of-job', (record) => ({ ...record, expiresAt: Date.now() - 1 }));
  await worker.cron();
  await until(async () => (await statusOf('production/of-job')) === 'ended');
});
