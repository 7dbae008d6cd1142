import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ErrorAnswer, ViewAnswer } from '../../../shared/api/worker-api.ts';
import type { Overview } from '../../../worker/repository/calls.ts';
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

const owner = { kind: 'pull_request', number: 1 } as const;
const loseAnswer = () => server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'lose_answer' } });
const resolve = (name: string, more: object, environment = 'production') =>
  worker.operator<ViewAnswer & ErrorAnswer>('POST', 'resolve', {
    repository: REPOSITORY.id,
    environment,
    name,
    ...more,
  });
const view = async (key: string) => (await worker.send('GET', key)).body.registration;

/** The client that the server made last, with everything a person can be told of it. */
function found() {
  const client = server.clients().at(-1);
  if (client === undefined) throw new TypeError('there is no client');
  return {
    client_id: client.clientId,
    client_secret: String(client.metadata.client_secret),
    registration_access_token: String(client.registrationAccessToken),
    registration_client_uri: `${server.issuer}/reg/${client.clientId}`,
  };
}

/** An answer is lost, and the next run is told to wait for a person. */
async function suspect(name: string): Promise<void> {
  loseAnswer();
  const lost = await worker.apply(`production/${name}`, wish(server));
  expect([lost.status, lost.body.error]).toEqual([422, 'registration_unknown']);
  const stopped = await worker.apply(`production/${name}`, wish(server), { run_id: '101' });
  expect([stopped.status, stopped.body.error]).toEqual([409, 'suspect_found']);
  expect(stopped.body.hint).toContain('With a Worker its operator does this');
}

test('a suspect that is forgotten makes way for a new client', async () => {
  await suspect('forgotten');
  const { status, body } = await resolve('forgotten', { resolution: 'forget' });
  expect([status, body.registration.suspects]).toEqual([200, []]);
  await until(async () => (await view('production/forgotten')).client_id !== undefined);
  const { body: applied } = await worker.apply('production/forgotten', wish(server), { run_id: '102' });
  expect(applied.changed).toBe(false);
  expect(server.count({ method: 'POST', path: '/reg' })).toBe(2);
  const { body: events } = await worker.operator<string>('GET', `events?repository=${REPOSITORY.id}&since=0`);
  expect(events).toContain('"run":"operator","kind":"resolved","resolution":"forget"');
});

test('a suspect that is adopted is the client that a run gets, and is managed from then on', async () => {
  await suspect('adopted');
  const client = found();
  const { status, body } = await resolve('adopted', { resolution: 'adopt', ...client });
  expect([status, body.registration.client_id]).toEqual([200, client.client_id]);
  expect(JSON.stringify([body, worker.harness.getLogs()])).not.toContain(client.client_secret);
  const { body: applied } = await worker.apply('production/adopted', wish(server), { run_id: '102' });
  expect(applied.credentials).toMatchObject({ client_id: client.client_id, client_secret: client.client_secret });
  expect(await worker.sql('SELECT made_by_run FROM ledger WHERE client_id = ?', client.client_id)).toEqual([
    { made_by_run: 'operator' },
  ]);
  await worker.send('DELETE', 'production/adopted', { claims: { run_id: '103' } });
  expect(server.client(client.client_id)).toBeUndefined();
});

test('a suspect that is found after its registration has ended is deleted', async () => {
  loseAnswer();
  await worker.apply('pr-1/web', { ...wish(server), owner }, pullRequestRun(1));
  const client = found();
  await worker.send('DELETE', 'pr-1/web', { claims: pullRequestRun(1) });
  const { body: before } = await worker.send('GET', 'pr-1/web', { claims: pullRequestRun(1) });
  expect(before.registration).toMatchObject({ status: 'ended', suspects: [expect.anything()] });
  expect((await resolve('web', { resolution: 'adopt', ...client }, 'pr-1')).status).toBe(200);
  await until(async () => server.client(client.client_id) === undefined);
  await until(async () => {
    const { body } = await worker.operator<Overview>('GET', `registrations?repository=${REPOSITORY.id}`);
    return body.registrations.some(({ key, status, due }) => key === 'pr-1/web' && status === 'ended' && !!due);
  });
});

test('what is forgotten of a registration that has ended brings nothing back', async () => {
  loseAnswer();
  const run = pullRequestRun(2);
  await worker.apply('pr-2/web', { ...wish(server), owner: { kind: 'pull_request', number: 2 } }, run);
  await worker.send('DELETE', 'pr-2/web', { claims: run });
  server.reset();
  const { body } = await resolve('web', { resolution: 'forget' }, 'pr-2');
  expect(body.registration).toMatchObject({ status: 'ended', suspects: [] });
  await worker.cron();
  const [row] = await worker.sql("SELECT due FROM registrations WHERE key = 'pr-2/web'");
  expect(Number(row?.due)).toBeGreaterThan(Date.now() + 80 * 86_400_000);
  expect(server.requests).toEqual([]);
});

test('a client that was made by hand stands in for one that the server refused to register', async () => {
  server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'answer', status: 403 } });
  expect((await worker.apply('production/by-hand', wish(server))).status).not.toBe(200);
  await worker.apply('production/maker', wish(server));
  const { client_id, client_secret } = found();
  const { status } = await resolve('by-hand', { resolution: 'adopt', client_id, client_secret });
  expect(status).toBe(200);
  const { body } = await worker.apply('production/by-hand', wish(server), { run_id: '102' });
  expect(body.credentials).toMatchObject({ client_id, client_secret });
});

test('a known client gets another token in place of one that was refused, and a suspect beside it stays', async () => {
  await suspect('beside');
  const { suspects } = await worker.record('production/beside');
  await worker.apply('production/locked-out', wish(server));
  const client = found();
  await worker.edit('production/locked-out', (record) => ({
    ...record,
    suspects,
    clients: record.clients.map((known) => ({
      ...known,
      ...(known.access && { access: { ...known.access, registrationAccessToken: 'refused' } }),
      accessSeen: 'refused' as const,
    })),
  }));
  const { status } = await resolve('locked-out', { resolution: 'adopt', ...client });
  expect(status).toBe(200);
  const record = await worker.record('production/locked-out');
  expect(record.suspects).toEqual(suspects);
  expect(record.clients[0]?.access?.registrationAccessToken).toBe(client.registration_access_token);
  expect(record.clients[0]?.accessSeen).not.toBe('refused');
});

test('what cannot be settled is refused, and changes nothing', async () => {
  await suspect('refused');
  const before = await worker.record('production/refused');
  const adopt = { resolution: 'adopt', ...found() };
  const { registration_access_token: _, ...half } = adopt;
  const elsewhere = { ...adopt, registration_client_uri: 'https://evil.example.net/reg/1' };
  for (const [name, body, expected] of [
    ['refused', half, [400, 'request_invalid']],
    ['refused', elsewhere, [422, 'configuration_endpoint_elsewhere']],
    ['refused', { resolution: 'ignore' }, [400, 'request_invalid']],
    ['refused', { resolution: 'adopt' }, [400, 'request_invalid']],
    ['refused', { resolution: 'forget', client_id: 'a' }, [400, 'request_invalid']],
    ['nowhere', { resolution: 'forget' }, [404, 'registration_not_found']],
    ['maker', { resolution: 'forget' }, [404, 'registration_not_found']],
    ['maker', adopt, [422, 'input_invalid']],
  ] as const) {
    const answer = await resolve(name, body);
    expect([answer.status, answer.body.error]).toEqual(expected);
    expect(JSON.stringify(answer.body)).not.toContain(adopt.registration_access_token);
  }
  expect(await worker.record('production/refused')).toEqual(before);
  const other = await worker.operator('POST', 'resolve', {
    repository: '3003',
    environment: 'production',
    name: 'web',
    resolution: 'forget',
  });
  expect(other.status).toBe(404);
});
