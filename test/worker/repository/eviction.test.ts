import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
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

test('eviction between any two requests changes nothing', async () => {
  const { body: made } = await worker.apply('production/web', wish(server));
  await worker.evict();
  const { body: again } = await worker.apply('production/web', wish(server));
  expect(again.credentials).toEqual(made.credentials);
  await worker.evict();
  expect((await worker.send('GET', 'production/web')).body.registration.client_id).toBe(made.credentials.client_id);
  await worker.evict();
  const { body: ended } = await worker.send('DELETE', 'production/web');
  expect(ended.registration.status).toBe('ended');
  await worker.evict();
  expect((await worker.send('DELETE', 'production/web')).body.registration.status).toBe('ended');
  expect(server.clients()).toEqual([]);
});

test('an end in the middle of a registration leaves a suspect and no second client', async () => {
  server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'delay_answer', milliseconds: 12_000 } });
  const arrived = server.arrival({ method: 'POST', path: '/reg' });
  const broken = worker.send('PUT', 'production/cut', { body: wish(server) });
  await arrived;
  await worker.kill();
  await broken.catch(() => undefined);
  const { intent } = await worker.record('production/cut');
  expect(intent).toBeDefined();
  const [{ due } = {}] = await worker.sql("SELECT due FROM registrations WHERE key = 'production/cut'");
  expect(Number(due)).toBeGreaterThan(Date.now() + 60_000);

  await worker.edit('production/cut', (record) => ({
    ...record,
    ...(record.intent && { intent: { ...record.intent, limitAt: 0 } }),
  }));
  const after = await worker.apply('production/cut', wish(server));
  expect([after.status, after.body.error]).toEqual([409, 'suspect_found']);
  expect(server.count({ method: 'POST', path: '/reg' })).toBe(1);
  const { body: view } = await worker.send('GET', 'production/cut');
  expect(view.registration.suspects).toHaveLength(1);
});

test('an end in the middle of a deletion: the alarm goes on with it', async () => {
  await worker.apply('production/gone', wish(server));
  server.interfere({ method: 'DELETE', times: 1, do: { kind: 'delay_answer', milliseconds: 12_000 } });
  const arrived = server.arrival({ method: 'DELETE' });
  const broken = worker.send('DELETE', 'production/gone');
  await arrived;
  await worker.kill();
  await broken.catch(() => undefined);
  await worker.edit('production/gone', (record) => ({
    ...record,
    ...(record.call && { call: { ...record.call, limitAt: 0 } }),
  }));
  await worker.cron();
  await until(async () => (await worker.record('production/gone')).clients.length === 0);
  expect(server.clients()).toEqual([]);
});
