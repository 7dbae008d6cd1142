import { afterEach, describe, expect, it } from 'vitest';
import { type OddServer, type OddServerOptions, startOddServer } from './odd-server.ts';

type Members = Record<string, unknown>;

const CLIENT = {
  client_name: 'Odd',
  redirect_uris: ['https://app.example.org/cb'],
  scope: 'openid launch',
  token_endpoint_auth_method: 'client_secret_basic',
};

const running: OddServer[] = [];

async function start(options?: OddServerOptions): Promise<OddServer> {
  const server = await startOddServer(options);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function post(server: OddServer, metadata: unknown = CLIENT): Promise<Response> {
  return await fetch(server.registrationEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(metadata),
  });
}

async function register(server: OddServer, metadata: unknown = CLIENT): Promise<Members> {
  return (await (await post(server, metadata)).json()) as Members;
}

async function call(method: string, client: Members, body?: Members): Promise<Response> {
  return await fetch(String(client.registration_client_uri), {
    method,
    headers: { authorization: `Bearer ${client.registration_access_token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function tokenFor(server: OddServer, id: unknown, secret: unknown, grant = 'authorization_code') {
  const response = await fetch(server.tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: grant, code: 'made-up' }),
  });
  return [response.status, ((await response.json()) as Members).error];
}

describe('the odd server, behaving', () => {
  it('registers, reads, updates and deletes as the RFCs say, and keeps its books', async () => {
    const server = await start();
    const response = await post(server);
    expect(response.status).toBe(201);
    const client = (await response.json()) as Members;
    expect(client).toMatchObject({ ...CLIENT, client_secret_expires_at: 0 });
    expect(await (await call('GET', client)).json()).toEqual(client);

    const body = { ...CLIENT, client_id: client.client_id, token_endpoint_auth_method: 'none' };
    expect((await call('PUT', client, { ...body, client_id_issued_at: 1 })).status).toBe(400);
    expect((await call('PUT', client, { ...body, client_id: 'other' })).status).toBe(400);
    const updated = (await (await call('PUT', client, body)).json()) as Members;
    expect(updated).not.toHaveProperty('client_secret');

    expect((await call('DELETE', client)).status).toBe(204);
    expect((await call('GET', client)).status).toBe(401);
    expect(server.clients()).toEqual([]);
  });

  it('tells right credentials from wrong ones', async () => {
    const server = await start();
    const { client_id: id, client_secret: secret } = await register(server);
    expect(await tokenFor(server, id, secret)).toEqual([400, 'invalid_grant']);
    expect(await tokenFor(server, id, 'wrong')).toEqual([401, 'invalid_client']);
    expect(await tokenFor(server, id, secret, 'client_credentials')).toEqual([200, undefined]);
  });

  it('is found from its issuer and from a FHIR base', async () => {
    const server = await start();
    const issuer = await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json();
    expect(issuer).toMatchObject({ registration_endpoint: server.registrationEndpoint });
    const fhir = await (await fetch(`${server.fhirBase}/metadata?_format=json`)).text();
    expect(fhir).toContain(server.registrationEndpoint);
  });
});

describe('the odd server, misbehaving', () => {
  it('replaces secrets and tokens, and the ones before are dead', async () => {
    const server = await start({ replaceSecretOn: 'update', replaceTokenOn: 'read' });
    const client = await register(server);
    const read = (await (await call('GET', client)).json()) as Members;
    expect(read.registration_access_token).not.toBe(client.registration_access_token);
    expect(read.client_secret).toBe(client.client_secret);
    expect((await call('GET', client)).status).toBe(401);
    const updated = (await (await call('PUT', read, { ...CLIENT, client_id: client.client_id })).json()) as Members;
    expect(updated.client_secret).not.toBe(client.client_secret);
    expect(await tokenFor(server, client.client_id, client.client_secret)).toEqual([401, 'invalid_client']);
    expect(await tokenFor(server, client.client_id, updated.client_secret)).toEqual([400, 'invalid_grant']);
  });

  it('has no PUT and DELETE', async () => {
    const server = await start({ missing: { methods: ['PUT', 'DELETE'], status: 404 } });
    const client = await register(server);
    const statuses = [];
    for (const method of ['GET', 'PUT', 'DELETE']) {
      statuses.push((await call(method, client, method === 'PUT' ? CLIENT : undefined)).status);
    }
    expect(statuses).toEqual([200, 404, 404]);
  });

  it('changes the client_id with an update', async () => {
    const server = await start({ changeClientIdOnUpdate: true });
    const client = await register(server);
    const updated = (await (await call('PUT', client, { ...CLIENT, client_id: client.client_id })).json()) as Members;
    expect(updated.client_id).not.toBe(client.client_id);
    expect(server.clients().map((known) => known.clientId)).toEqual([updated.client_id]);
  });

  it('leaves out, retypes and drops members', async () => {
    const server = await start({
      withoutMembers: ['registration_access_token'],
      droppedMembers: ['client_name'],
      retypedMembers: true,
      registrationStatus: 200,
    });
    const response = await post(server);
    expect(response.status).toBe(200);
    const client = (await response.json()) as Members;
    expect(client).toMatchObject({
      client_id_issued_at: expect.stringMatching(/^\d+$/),
      redirect_uris: 'https://app.example.org/cb',
      token_endpoint_auth_method: ['client_secret_basic'],
      scope: ['openid', 'launch'],
      logo_uri: null,
    });
    expect(client).not.toHaveProperty('registration_access_token');
    expect(client).not.toHaveProperty('client_name');
  });

  it('names a configuration endpoint elsewhere, where it is seen who comes', async () => {
    const server = await start({ registrationClientUri: 'elsewhere' });
    const client = await register(server);
    await call('GET', client);
    expect(String(client.registration_client_uri)).toContain(server.elsewhere.origin);
    expect(server.elsewhere.requests).toMatchObject([{ method: 'GET', authorizationScheme: 'bearer' }]);
  });

  it.each([
    ['relative', /^\/register\/odd-/],
    ['http', /^http:\/\/auth\.example\.org\/register\/odd-/],
    [{ verbatim: 'https://auth.example.org//c?id={id}' }, /^https:\/\/auth\.example\.org\/\/c\?id=odd-/],
  ] as const)('names a configuration endpoint that is %j', async (registrationClientUri, expected) => {
    const server = await start({ publicOrigin: 'https://auth.example.org', registrationClientUri });
    const response = await fetch(`${server.listeningOrigin}/register`, { method: 'POST', body: '{}' });
    expect(((await response.json()) as Members).registration_client_uri).toMatch(expected);
  });

  it('fails before and after storing', async () => {
    const before = await start({ failRegistration: 'before_storing' });
    const after = await start({ failRegistration: 'after_storing' });
    expect([(await post(before)).status, (await post(after)).status]).toEqual([500, 500]);
    expect([before.clients().length, after.clients().length]).toEqual([0, 1]);
  });

  it.each([
    'invalid_redirect_uri',
    'invalid_client_metadata',
    'invalid_software_statement',
    'unapproved_software_statement',
  ])('refuses with %s and text that would be a command', async (error) => {
    const description = 'no\r\n::error::owned\n##[add-mask]x';
    const server = await start({ refuseRegistration: { status: 400, error, description } });
    const response = await post(server);
    expect([response.status, await response.json()]).toEqual([400, { error, error_description: description }]);
    expect(server.clients()).toEqual([]);
  });

  it('is busy after so many registrations', async () => {
    const server = await start({ rateLimit: { registrations: 1, headers: { 'retry-after': '3600' } } });
    const [first, second] = [await post(server), await post(server)];
    expect([first.status, second.status, second.headers.get('retry-after')]).toEqual([201, 429, '3600']);
  });

  it('deletes softly, or not at all', async () => {
    const soft = await start({ deletion: 'soft' });
    const client = await register(soft);
    expect([(await call('DELETE', client)).status, (await call('GET', client)).status]).toEqual([200, 200]);
    expect(await tokenFor(soft, client.client_id, client.client_secret)).toEqual([401, 'invalid_client']);
    expect(soft.clients()).toMatchObject([{ disabled: true }]);

    const silent = await start({ deletion: 'silent' });
    const kept = await register(silent);
    expect((await call('DELETE', kept)).status).toBe(200);
    expect(await tokenFor(silent, kept.client_id, kept.client_secret)).toEqual([400, 'invalid_grant']);
  });

  it('does not tell credentials apart', async () => {
    const server = await start({ tokenEndpoint: 'always_invalid_grant' });
    expect(await tokenFor(server, 'nobody', 'wrong')).toEqual([400, 'invalid_grant']);
    server.behave({ tokenEndpoint: 'always_invalid_client' });
    const { client_id: id, client_secret: secret } = await register(server);
    expect(await tokenFor(server, id, secret)).toEqual([401, 'invalid_client']);
  });

  it('gives public clients a secret, and secrets an end', async () => {
    const server = await start({ secretForPublicClients: true, secretLifetimeSeconds: 60 });
    const client = await register(server, { ...CLIENT, token_endpoint_auth_method: 'none' });
    expect(client.client_secret).toBeTruthy();
    expect(client.client_secret_expires_at).toBeGreaterThan(Date.now() / 1000);
  });

  it.each([
    ['empty', /^$/],
    ['html', /^<!doctype html>/],
    ['not_json', /^client created: \{/],
    ['json_array', /^\[\{/],
    ['no_client_id', /^\{(?!.*"client_id":)/],
    ['mislabelled', /^\{.*"client_id":/],
  ] as const)(
    'answers a registration with a body that is %s, and has stored the client',
    async (registrationBody, expected) => {
      const server = await start({ registrationBody });
      const response = await post(server);
      expect([response.status, await response.text()]).toEqual([201, expect.stringMatching(expected)]);
      expect(server.clients()).toHaveLength(1);
    },
  );

  it.each([
    ['cut_off', 'cut'],
    ['longer_than_said', expect.stringMatching(/^.{10}$/)],
  ] as const)('answers a registration with a body that is %s', async (registrationBody, seen) => {
    const server = await start({ registrationBody });
    const response = await post(server);
    expect([response.status, await response.text().catch(() => 'cut')]).toEqual([201, seen]);
    expect(server.clients()).toHaveLength(1);
  });

  it.each(['huge', 'compressed_huge'] as const)(
    'answers a registration with a body that is %s',
    async (registrationBody) => {
      const server = await start({ registrationBody });
      const response = await post(server);
      expect(Number(response.headers.get('content-length') ?? 0)).toBeLessThan(100_000);
      expect((await response.text()).length).toBeGreaterThan(50_000_000);
    },
  );

  it.each(['endless', 'stalled'] as const)(
    'answers a registration with a body that is %s, until the client goes',
    async (registrationBody) => {
      const server = await start({ registrationBody });
      const response = await post(server);
      const lost = server.completion({ method: 'POST' });
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.cancel();
      expect(await lost).toMatchObject({ lost: true });
    },
  );
});
