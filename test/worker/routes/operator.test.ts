import sodium from 'libsodium-wrappers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Overview } from '../../../worker/repository/calls.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { REPOSITORY } from '../support/issuer.ts';
import { startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;
let secret: string;
let clientId: string;

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server);
  const { body } = await worker.apply('production/web', wish(server));
  secret = String(body.credentials.client_secret);
  clientId = body.credentials.client_id;
  await until(async () => (await (await worker.kv()).list()).keys.length >= 2);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

test.each(['registrations', 'ledger', 'events', 'keys'])('%s is the operator’s alone', async (path) => {
  for (const authorization of ['', 'Bearer wrong', 'Bearer ']) {
    const answer = await worker.harness.fetch(`/v1/operator/${path}`, { headers: { authorization } });
    expect(answer.status).toBe(401);
  }
  const { status, body } = await worker.operator('GET', path);
  expect(status).toBe(200);
  expect(JSON.stringify(body)).not.toContain(secret);
});

test('without a token of the operator there is nothing', async () => {
  const other = await startWorker(server, { OPERATOR_TOKEN: '' });
  expect((await other.operator('GET', 'keys')).status).toBe(404);
  await other.close();
});

test('registrations of all repositories come from the inventory, those of one from its object', async () => {
  const { body: all } = await worker.operator<{ registrations: unknown[] }>('GET', 'registrations');
  const listed = { key: 'production/web', status: 'active', client_id: clientId, server: server.issuer };
  expect(all.registrations).toEqual([expect.objectContaining({ ...listed, repository: REPOSITORY.id })]);
  const { body: one } = await worker.operator<Overview>('GET', `registrations?repository=${REPOSITORY.id}`);
  expect(one).toMatchObject({ name: REPOSITORY.name, held: false, registrations: [{ ...listed, locked: false }] });
});

test('the ledger has every client, the events what happened', async () => {
  const { body } = await worker.operator<{ repositories: { entries: unknown[] }[] }>('GET', 'ledger');
  expect(body.repositories[0]?.entries).toEqual([
    expect.objectContaining({ registration: 'production/web', clientId, madeByRun: '100.1' }),
  ]);
  const { body: text, headers } = await worker.operator<string>('GET', 'events?since=2020-01-01T00:00:00Z');
  expect(headers.get('content-type')).toBe('application/x-ndjson');
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; kind: string });
  expect(events.map(({ kind }) => kind)).toEqual(['registered', 'verified']);
  const { body: later } = await worker.operator<string>(
    'GET',
    `events?repository=${REPOSITORY.id}&since=${events[0]?.id}`,
  );
  expect(later.trim().split('\n')).toHaveLength(1);
  expect((await worker.operator('GET', 'events?since=yesterday')).status).toBe(400);
});

test('an export opens with the key of the operator only', async () => {
  await sodium.ready;
  const keys = sodium.crypto_box_keypair();
  const { body } = await worker.operator<{ sealed: string }>('POST', 'export', {
    repository: REPOSITORY.id,
    public_key: Buffer.from(keys.publicKey).toString('base64'),
  });
  expect(JSON.stringify(body)).not.toContain(secret);
  const opened = sodium.crypto_box_seal_open(Buffer.from(body.sealed, 'base64'), keys.publicKey, keys.privateKey);
  expect(JSON.parse(Buffer.from(opened).toString('utf8'))).toMatchObject({
    repository: REPOSITORY.id,
    registrations: [{ key: 'production/web', clients: [{ clientId, clientSecret: secret }] }],
  });
  const bad = await worker.operator('POST', 'export', { repository: REPOSITORY.id, public_key: 'no key' });
  expect(bad.status).toBe(400);
});
