import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { closed, createSharing, uri } from '../support/sharing.ts';
import { startWorker, type TestWorker, until } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;
const sharing = createSharing(() => ({ server, worker }));
const { pull, wanted, deploy, deliver, atServer, left } = sharing;

beforeAll(async () => {
  server = await startAuthorizationServer({ rotate: 'none' });
  worker = await startWorker(server);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

beforeEach(() => {
  server.reset();
  sharing.begin();
});

test('eviction between any two requests changes nothing', async () => {
  const [one, two] = [pull(1), pull(2)];
  const { body } = await deploy(one);
  await worker.evict();
  expect((await deploy(two)).body.credentials.client_id).toBe(body.credentials.client_id);
  await worker.evict();
  expect((await worker.send('DELETE', `pr-${two}/web`)).body.registration.status).toBe('ended');
  expect(atServer()).toEqual([[uri(one)]]);
  await worker.evict();
  expect((await worker.send('GET', `pr-${two}/web`)).body.registration.status).toBe('ended');
  await worker.evict();
  expect((await deploy(two, {}, { run_id: '101' })).body.credentials.client_id).toBe(body.credentials.client_id);
  await worker.evict();
  await deliver(closed(one));
  await left(two);
  await deliver(closed(two));
  await left();
});

test('an end of the runtime in the middle of an update: the others keep theirs, and the deploy that is sent again adds its own', async () => {
  const [one, two] = [pull(1), pull(2)];
  await deploy(one);
  server.interfere({ method: 'PUT', times: 1, do: { kind: 'delay_answer', milliseconds: 12_000 } });
  const arrived = server.arrival({ method: 'PUT' });
  const broken = worker.send('PUT', `pr-${two}/web`, { body: wanted(two), claims: pullRequestRun(two) });
  await arrived;
  await worker.kill();
  await broken.catch(() => undefined);
  await worker.edit(sharing.key(), (record) => ({
    ...record,
    ...(record.call && { call: { ...record.call, limitAt: 0 } }),
  }));
  await worker.cron();
  // Nobody waits for the second one any more: what may have come of it is taken back.
  await left(one);
  expect((await deploy(two)).status).toBe(200);
  expect(atServer()).toEqual([[uri(one), uri(two)]]);
});

test('what is shared is restored with who shares it, and goes on as before', async () => {
  const [one, two] = [pull(1), pull(2)];
  await deploy(one);
  await deploy(two);
  const kv = await worker.kv();
  const stored = async () => (await kv.get(`registration/${REPOSITORY.id}/${sharing.key()}`)) ?? '{}';
  await until(async () => (await stored()).includes(`pr-${two}/web`) && (await stored()).includes(uri(two)));
  // The object has lost everything.
  for (const table of ['registrations', 'contributions', 'ledger', 'tombstones'])
    await worker.sql(`DELETE FROM ${table}`);
  await worker.operator('POST', 'restore', { repository: REPOSITORY.id });
  await worker.operator('POST', 'release', { repository: REPOSITORY.id });
  await deliver(closed(one));
  await left(two);
  expect((await deploy(two, {}, { run_id: '101' })).status).toBe(200);
  await deliver(closed(two));
  await left();
});
