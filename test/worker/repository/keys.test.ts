import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { ApplyBody, IssuedCredentials } from '../../../shared/api/worker-api.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { clientCredentials } from '../../support/real-client.ts';
import type { Claims } from '../support/issuer.ts';
import { PUBLIC_URL, startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;

beforeAll(async () => {
  server = await startAuthorizationServer({
    // The public address of the Worker leads to workerd on this machine.
    fetch: (url, init) => worker.harness.fetch(url.replace(PUBLIC_URL, ''), init as never) as never,
  });
  worker = await startWorker(server);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

beforeEach(() => server.reset());

const rotation = {
  everySeconds: 30 * 86_400,
  overlapSeconds: 3_600,
  strategy: 'keys',
  clientIdMayChange: false,
  retire: 'confirmed',
} as const;

const backend = (changes: Partial<ApplyBody['desired']> = {}): ApplyBody =>
  wish(server, {
    type: 'backend',
    metadata: {
      client_name: 'Bulk export',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES384',
    },
    makeKey: true,
    rotation,
    ...changes,
  });

/** An app asks for a token with what it was given. */
async function asksForToken({ client_id: clientId, private_key: pem = '', key_id: keyId = '' }: IssuedCredentials) {
  const { access_token: token } = await clientCredentials({
    issuer: server.issuer,
    clientId,
    privateKey: { pem, keyId },
  });
  return token;
}

const setOf = (clientId: string) => String(server.client(clientId)?.metadata.jwks_uri).replace(PUBLIC_URL, '');

async function served(path: string): Promise<readonly string[]> {
  const { keys } = (await (await worker.harness.fetch(path)).json()) as { keys: readonly { kid: string }[] };
  return keys.map(({ kid }) => kid);
}

/** The server's clock goes so far that it reads the key sets it knows anew. */
async function withFreshSets<T>(task: (claims: Claims) => Promise<T>, laterBySeconds = 61): Promise<T> {
  const now = Math.floor(Date.now() / 1000);
  vi.useFakeTimers({ toFake: ['Date'], now: (now + laterBySeconds) * 1000 });
  try {
    return await task({ iat: now, nbf: now, exp: now + 300 });
  } finally {
    vi.useRealTimers();
  }
}

/** The time in which a server may keep the old set is over. */
async function tryKeyNow(key: string): Promise<void> {
  await worker.edit(key, (record) => ({
    ...record,
    clients: record.clients.map((client) =>
      client.nextKey ? { ...client, nextKey: { ...client.nextKey, tryAt: Date.now() } } : client,
    ),
  }));
}

test('keys are rotated while the client stays and the server is asked for nothing', async () => {
  const { body: made } = await worker.apply('production/export', backend());
  const { client_id: clientId, key_id: before = '' } = made.credentials;
  const path = setOf(clientId);
  expect(path).toMatch(/^\/clients\/2002-[\w-]{22}\/jwks\.json$/u);
  const answer = await worker.harness.fetch(path);
  expect(answer.headers.get('cache-control')).toBe('public, max-age=60');
  expect(answer.headers.get('content-type')).toBe('application/json');
  const { keys } = (await answer.json()) as { keys: readonly Record<string, unknown>[] };
  expect(keys.map(({ kid }) => kid)).toEqual([before]);
  expect(keys[0]).not.toHaveProperty('d');
  await asksForToken(made.credentials);

  // oidc-provider keeps the set it has read for a minute, so that the new key is refused at first.
  const { body: asked } = await worker.send('POST', 'production/export/rotate', { body: {} });
  expect(asked.events).toMatchObject([{ kind: 'key_made' }, { kind: 'key_tried', outcome: 'refused' }]);
  expect(asked.registration.key_id).toBe(before);
  const meanwhile = await worker.apply('production/export', backend(), { run_id: '101' });
  expect(meanwhile.body.credentials.key_id).toBe(before);
  expect(await served(path)).toHaveLength(2);

  await tryKeyNow('production/export');
  const { body: rotated } = await withFreshSets((claims) =>
    worker.apply('production/export', backend(), { ...claims, run_id: '102' }),
  );
  const after = rotated.credentials.key_id ?? '';
  expect(after).not.toBe(before);
  expect(rotated.credentials.client_id).toBe(clientId);
  expect(rotated.registration).toMatchObject({ key_id: after, retiring: [], retiring_keys: [before] });
  expect(await served(path)).toEqual([after, before]);
  await withFreshSets(async () => {
    await asksForToken(made.credentials);
    await asksForToken(rotated.credentials);
  });
  expect(server.count({ path: /^\/reg/u })).toBe(1);

  const retire = (body: object) => worker.send('POST', 'production/export/retire', { body });
  const unsaid = await retire({ client_id: clientId });
  expect([unsaid.status, unsaid.body.error]).toEqual([409, 'not_confirmable']);
  expect((await retire({ client_id: clientId, key_id: before })).status).toBe(409);
  const { body: retired } = await retire({ client_id: clientId, key_id: after });
  expect(retired.events).toMatchObject([{ kind: 'key_dropped', keyId: before }]);
  expect(retired.registration).not.toHaveProperty('retiring_keys');
  expect(await served(path)).toEqual([after]);
  await withFreshSets(async () => {
    await asksForToken(rotated.credentials);
    // oidc-provider accepts a key that it knows until it meets one that it does not know, and reads the set again.
    const unknown = { ...made.credentials, key_id: 'unknown' };
    await expect(asksForToken(unknown)).rejects.toMatchObject({ error: 'invalid_client' });
    await asksForToken(rotated.credentials);
    await expect(asksForToken(made.credentials)).rejects.toMatchObject({ error: 'invalid_client' });
  }, 130);
});

test('the alarm goes on with a new key that was refused at first; the job publishes it, and its receipt ends the wait', async () => {
  const publish = [
    {
      kind: 'github',
      createEnvironment: false,
      items: [
        { kind: 'secret', name: 'EXPORT_KEY', field: 'private_key' },
        { kind: 'variable', name: 'EXPORT_KEY_ID', field: 'key_id' },
      ],
    },
  ] as const;
  const wanted = backend({ publish });
  const receipt = (edition: string) => worker.send('POST', 'production/published/published', { body: { edition } });
  const { body: made } = await worker.apply('production/published', wanted);
  await receipt(made.credentials.edition);
  await worker.send('POST', 'production/published/rotate', { body: {} });
  await tryKeyNow('production/published');
  await withFreshSets(async () => {
    await worker.cron();
    await until(
      async () => (await worker.record('production/published')).clients[0]?.nextKey?.verification?.outcome === 'works',
    );
  });
  const { body: rotated } = await worker.apply('production/published', wanted, { run_id: '101' });
  expect(rotated.publish).toEqual(publish);
  expect(rotated.credentials.key_id).not.toBe(made.credentials.key_id);
  expect(rotated.registration.key_id).toBe(made.credentials.key_id);
  const { body: received } = await receipt(rotated.credentials.edition);
  expect(received.registration).toMatchObject({
    key_id: rotated.credentials.key_id,
    retiring_keys: [made.credentials.key_id],
  });
});

test('after a leak the old key is taken out at once', async () => {
  const { body: made } = await worker.apply('production/leak', backend());
  const path = setOf(made.credentials.client_id);
  const { body } = await withFreshSets((claims) =>
    worker.send('POST', 'production/leak/rotate', { body: { now: true }, claims }),
  );
  expect(body.events).toContainEqual(
    expect.objectContaining({
      kind: 'key_dropped',
      keyId: made.credentials.key_id,
      reason: expect.stringContaining('the credentials leaked'),
    }),
  );
  expect(await served(path)).toEqual([body.registration.key_id]);
});

test('a teardown takes the set away, and a restored object serves it again before anything is released', async () => {
  const { body: made } = await worker.apply('production/gone', backend());
  const path = setOf(made.credentials.client_id);
  const entry = () => worker.kv().then((kv) => kv.get('registration/2002/production/gone'));
  await until(async () => (await entry())?.includes('keySets') === true);
  await worker.sql('DELETE FROM registrations');
  await worker.sql('DELETE FROM key_sets');
  expect((await worker.harness.fetch(path)).status).toBe(404);
  expect((await worker.operator('POST', 'restore', { repository: '2002' })).status).toBe(200);
  expect(await served(path)).toEqual([made.credentials.key_id]);
  await worker.operator('POST', 'release', { repository: '2002' });

  const { body } = await worker.send('DELETE', 'production/gone');
  expect(body.registration.status).toBe('ended');
  expect((await worker.harness.fetch(path)).status).toBe(404);
  expect(await worker.sql("SELECT * FROM key_sets WHERE registration = 'production/gone'")).toEqual([]);
});

test.each([
  '/clients/2002/jwks.json',
  '/clients/2002-AAAAAAAAAAAAAAAAAAAAAA/jwks.json',
  '/clients/9009-AAAAAAAAAAAAAAAAAAAAAA/jwks.json',
  '/clients/02-AAAAAAAAAAAAAAAAAAAAAA/jwks.json',
  '/clients/..%2F2002-AAAAAAAAAAAAAAAAAAAAAA/jwks.json',
  '/clients/2002-AAAAAAAAAAAAAAAAAAAAAA',
])('there is nothing at %s', async (path) => {
  const answer = await worker.harness.fetch(path);
  expect(answer.status).toBe(404);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('a set is only read', async () => {
  const answer = await worker.harness.fetch('/clients/2002-AAAAAAAAAAAAAAAAAAAAAA/jwks.json', { method: 'POST' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('rotating keys of a client for which none is made is refused', async () => {
  const { status, body } = await worker.apply('production/none', wish(server, { rotation }));
  expect([status, body.error]).toEqual([400, 'request_invalid']);
});
