import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { startWorker, type TestWorker, wish } from '../support/worker.ts';

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

const rotation = {
  overlapSeconds: 3_600,
  strategy: 'replace',
  clientIdMayChange: true,
  retire: 'confirmed',
} as const;

test('rotate again, by the same run or while one is under way, is that rotation', async () => {
  const { body: made } = await worker.apply('production/web', wish(server, { rotation }));
  const rotate = (claims: Record<string, string>) => worker.send('POST', 'production/web/rotate', { body: {}, claims });
  const { body: once } = await rotate({ run_id: '200' });
  expect(once.registration.retiring).toEqual([made.credentials.client_id]);
  expect((await rotate({ run_id: '200' })).body.registration).toEqual(once.registration);
  expect((await rotate({ run_id: '201' })).body.registration).toEqual(once.registration);
  expect(server.clients()).toHaveLength(2);
  await worker.send('POST', 'production/web/retire', { body: { client_id: once.registration.client_id } });
  expect((await rotate({ run_id: '201' })).body.registration.client_id).toBe(once.registration.client_id);
  expect((await rotate({ run_id: '202' })).body.registration.client_id).not.toBe(once.registration.client_id);
});

test('after a leak the old client is deleted at once', async () => {
  const { body: made } = await worker.apply('production/leak', wish(server));
  const { status, body } = await worker.send('POST', 'production/leak/rotate', { body: { now: true } });
  expect(status).toBe(200);
  expect(body.registration.retiring).toEqual([]);
  expect(server.client(made.credentials.client_id)).toBeUndefined();
  expect(server.clients().map(({ clientId }) => clientId)).toEqual([body.registration.client_id]);
});

test('a rotation that the manifest does not allow is refused', async () => {
  await worker.apply('production/no', wish(server));
  const { status, body } = await worker.send('POST', 'production/no/rotate', { body: {} });
  expect([status, body.error]).toEqual([409, 'rotation_not_allowed']);
  expect(server.clients()).toHaveLength(1);
});

test('where nobody would hear of it, no rotation begins by itself; the next run begins it', async () => {
  const wanted = wish(server, { rotation: { ...rotation, everySeconds: 86_400 } });
  const { body: made } = await worker.apply('production/quiet', wanted);
  expect(made.registration.next_rotation).toBeDefined();
  await worker.edit('production/quiet', (record) => ({ ...record, rotatedAt: Date.now() - 2 * 86_400_000 }));
  await worker.cron();
  const { body: rotated } = await worker.apply('production/quiet', wanted, { run_id: '101' });
  expect(rotated.registration.retiring).toEqual([made.credentials.client_id]);
});
