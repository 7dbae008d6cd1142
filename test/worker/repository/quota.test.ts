import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;

beforeAll(async () => {
  server = await startAuthorizationServer();
  const entry = {
    name: 'ehr',
    server: server.issuer,
    redirect_hosts: ['app.example.org'],
    scopes: 'any',
    max_clients: { per_repository: 2 },
  };
  worker = await startWorker(server, { SERVERS: JSON.stringify([entry]) });
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

beforeEach(() => server.reset());

const apply = (name: string) => worker.apply(`production/${name}`, wish(server));
const registrations = () => server.count({ method: 'POST', path: '/reg' });

test('of registrations that begin at once, no more are made than the operator allows', async () => {
  server.interfere({ method: 'POST', path: '/reg', do: { kind: 'delay_answer', milliseconds: 300 } });
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map(apply));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 403, 403]);
  expect(answers.flatMap(({ body }) => body.error ?? [])).toEqual(['quota_reached', 'quota_reached']);
  expect(registrations()).toBe(2);
});

test('what was refused for it is no registration; what ends makes way', async () => {
  const made = (await worker.sql('SELECT DISTINCT registration FROM ledger')).map(({ registration }) => registration);
  expect(made).toHaveLength(2);
  const [first, second] = made;
  expect((await apply(String(second).split('/')[1] ?? '')).status).toBe(200);
  expect((await apply('e')).body.error).toBe('quota_reached');
  expect((await worker.send('GET', 'production/e')).status).toBe(404);
  await worker.send('DELETE', String(first));
  expect((await apply('e')).status).toBe(200);
  await worker.send('DELETE', 'production/e', { claims: { run_id: '101' } });
});

test('a client that may exist counts', async () => {
  server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'lose_answer' } });
  expect((await apply('lost')).body.error).toBe('registration_unknown');
  expect((await apply('f')).body.error).toBe('quota_reached');
  const resolution = { repository: '2002', environment: 'production', name: 'lost', resolution: 'forget' };
  await worker.operator('POST', 'resolve', resolution);
  await until(async () => (await worker.send('GET', 'production/lost')).body.registration.client_id !== undefined);
  expect((await apply('f')).body.error).toBe('quota_reached');
});
