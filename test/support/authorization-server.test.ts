import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from './authorization-server.ts';
import { clientCredentials, completeCodeFlow, refresh } from './real-client.ts';

type Registration = {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
  readonly [member: string]: unknown;
};

const REDIRECT_URI = 'http://localhost:8000/callback';
const NOTEBOOK = {
  software_id: 'com.ehtcares:fhirstorm:1.0',
  client_name: 'FHIRstorm auto-register text',
  launch_url: 'http://localhost:8000/launch',
  redirect_uris: [REDIRECT_URI],
  scope: 'launch launch/patient openid profile patient/*.read',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  fhir_versions: ['1.0.2', '1.1.0', '1.4.0', '1.6.0', '1.8.0', '3.0.1'],
};

const running: AuthorizationServer[] = [];

async function start(options?: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const server = await startAuthorizationServer(options);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function post(server: AuthorizationServer, metadata: unknown, token?: string): Promise<Response> {
  return await fetch(server.registrationEndpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(metadata),
  });
}

async function register(server: AuthorizationServer, metadata: unknown = NOTEBOOK): Promise<Registration> {
  const response = await post(server, metadata);
  expect(response.status).toBe(201);
  return (await response.json()) as Registration;
}

async function call(method: string, uri: string, token: string, body?: unknown): Promise<Response> {
  return await fetch(uri, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe('the embedded authorization server', () => {
  it('registers the manifest with all its members and shows the client in its own store', async () => {
    const server = await start();
    const registration = await register(server);
    expect(registration).toMatchObject(NOTEBOOK);
    expect(registration.registration_client_uri).toBe(`${server.registrationEndpoint}/${registration.client_id}`);
    expect(server.clients()).toEqual([
      {
        clientId: registration.client_id,
        metadata: expect.objectContaining(NOTEBOOK),
        registrationAccessToken: registration.registration_access_token,
      },
    ]);
    const gone = await call('DELETE', registration.registration_client_uri, registration.registration_access_token);
    expect(gone.status).toBe(204);
    expect(server.clients()).toEqual([]);
    const after = await call('GET', registration.registration_client_uri, registration.registration_access_token);
    expect(after.status).toBe(401);
  });

  it.each([
    { rotate: 'none', get: false, put: false },
    { rotate: 'update', get: false, put: true },
    { rotate: 'read', get: true, put: false },
    { rotate: 'both', get: true, put: true },
  ] as const)(
    'with rotate "$rotate" replaces the token on GET: $get, on PUT: $put, and the old one is dead',
    async (row) => {
      const server = await start({ rotate: row.rotate });
      const first = await register(server);
      const uri = first.registration_client_uri;

      const read = (await (await call('GET', uri, first.registration_access_token)).json()) as Registration;
      expect(read.registration_access_token !== first.registration_access_token).toBe(row.get);
      expect(server.client(first.client_id)?.registrationAccessToken).toBe(read.registration_access_token);

      const body = { ...NOTEBOOK, client_id: first.client_id, client_name: 'Changed' };
      const update = await call('PUT', uri, read.registration_access_token, body);
      expect(update.status).toBe(200);
      const updated = (await update.json()) as Registration;
      expect(updated.registration_access_token !== read.registration_access_token).toBe(row.put);

      const old = await call('GET', uri, first.registration_access_token);
      expect(old.status).toBe(row.get || row.put ? 401 : 200);
      if (row.get || row.put) {
        const now = server.client(first.client_id)?.registrationAccessToken ?? '';
        expect(now).toBe(updated.registration_access_token);
        expect((await call('GET', uri, now)).status).toBe(200);
      }
    },
  );

  it('demands the initial access token', async () => {
    const server = await start({ initialAccessToken: 'the-initial-one' });
    expect((await post(server, NOTEBOOK)).status).toBe(401);
    expect((await post(server, NOTEBOOK, 'another')).status).toBe(401);
    expect((await post(server, NOTEBOOK, 'the-initial-one')).status).toBe(201);
    expect(server.requests.map((request) => request.authorizationScheme)).toEqual([undefined, 'bearer', 'bearer']);
  });

  it('without management reads, and has neither PUT nor DELETE', async () => {
    const server = await start({ management: false });
    const { registration_client_uri: uri, registration_access_token: token, client_id } = await register(server);
    expect((await call('GET', uri, token)).status).toBe(200);
    expect((await call('PUT', uri, token, { ...NOTEBOOK, client_id })).status).toBe(404);
    expect((await call('DELETE', uri, token)).status).toBe(404);
    expect(server.clients()).toHaveLength(1);
  });

  it('can leave out the registration access token', async () => {
    const server = await start({ issueRegistrationAccessToken: false });
    const registration = await register(server);
    expect(registration).not.toHaveProperty('registration_access_token');
    expect(registration).not.toHaveProperty('registration_client_uri');
  });

  it('keeps the servers of one process apart, and forgets on reset', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    await register(one);
    expect([one.clients().length, two.clients().length]).toEqual([1, 0]);
    one.reset();
    expect(one.clients()).toEqual([]);
    expect(one.requests).toEqual([]);
  });
});

describe('a real client', () => {
  it('completes the code flow with PKCE, with a secret, as public client, and refreshes', async () => {
    const server = await start();
    const confidential = await register(server);
    const scope = 'openid profile launch/patient patient/*.read';
    const base = { issuer: server.issuer, redirectUri: REDIRECT_URI, scope };
    const tokens = await completeCodeFlow({
      ...base,
      clientId: confidential.client_id,
      clientSecret: confidential.client_secret,
    });
    expect(tokens.claims()?.sub).toBe('fixed-test-user');
    expect(tokens.scope?.split(' ').sort()).toEqual(scope.split(' ').sort());

    const open = await register(server, {
      ...NOTEBOOK,
      token_endpoint_auth_method: 'none',
      scope: 'openid offline_access patient/*.rs',
    });
    const openTokens = await completeCodeFlow({
      ...base,
      clientId: open.client_id,
      scope: 'openid offline_access patient/*.rs',
    });
    const again = await refresh({
      issuer: server.issuer,
      clientId: open.client_id,
      refreshToken: openTokens.refresh_token ?? '',
    });
    expect(again.access_token).not.toBe(openTokens.access_token);
  });

  it('is refused with a wrong secret, a foreign redirect URI, or without PKCE', async () => {
    const server = await start();
    const { client_id: clientId, client_secret: clientSecret } = await register(server);
    const base = { issuer: server.issuer, clientId, scope: 'openid' };
    await expect(
      completeCodeFlow({ ...base, clientSecret: `${clientSecret}x`, redirectUri: REDIRECT_URI }),
    ).rejects.toMatchObject({ status: 401 });
    await expect(
      completeCodeFlow({ ...base, clientSecret, redirectUri: 'http://localhost:8000/other' }),
    ).rejects.toThrow('redirect_uri');
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
    });
    const response = await fetch(`${server.issuer}/auth?${query}`, { redirect: 'manual' });
    expect(response.headers.get('location')).toContain('error=invalid_request');
  });

  it.each([
    { name: 'RSA', kind: 'rsa', alg: 'RS384' },
    { name: 'EC', kind: 'ec', alg: 'ES384' },
  ] as const)(
    'gets a token with client_credentials and private_key_jwt ($name), and only with its own key',
    async (row) => {
      const server = await start();
      const pair = () =>
        row.kind === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
      const own = pair();
      const { client_id: clientId } = await register(server, {
        client_name: 'Backend',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        scope: 'system/*.rs',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: row.alg,
        jwks: { keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: row.alg, use: 'sig' }] },
      });
      const pem = (key: typeof own.privateKey) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
      const request = { issuer: server.issuer, clientId, scope: 'system/*.rs' };
      const tokens = await clientCredentials({ ...request, privateKey: { pem: pem(own.privateKey), keyId: 'k1' } });
      expect(tokens).toMatchObject({ scope: 'system/*.rs', expires_in: 3600 });
      await expect(
        clientCredentials({ ...request, privateKey: { pem: pem(pair().privateKey), keyId: 'k1' } }),
      ).rejects.toMatchObject({ error: 'invalid_client' });
    },
  );

  it('gets a token with client_credentials and a secret, until the client is deleted', async () => {
    const server = await start();
    const registration = await register(server, {
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_post',
    });
    const request = {
      issuer: server.issuer,
      clientId: registration.client_id,
      clientSecret: registration.client_secret,
      secretMethod: 'client_secret_post',
    } as const;
    expect((await clientCredentials(request)).access_token).toBeTruthy();
    await call('DELETE', registration.registration_client_uri, registration.registration_access_token);
    await expect(clientCredentials(request)).rejects.toMatchObject({ error: 'invalid_client' });
  });
});

describe('the FHIR base beside it', () => {
  const asJson = { headers: { accept: 'application/fhir+json, application/json+fhir' } };

  it.each([
    {
      version: 'dstu2',
      resourceType: 'Conformance',
      fhirVersion: '1.0.2',
      type: 'application/json+fhir;charset=utf-8',
    },
    {
      version: 'stu3',
      resourceType: 'CapabilityStatement',
      fhirVersion: '3.0.1',
      type: 'application/fhir+json;charset=utf-8',
    },
    {
      version: 'r4',
      resourceType: 'CapabilityStatement',
      fhirVersion: '4.0.1',
      type: 'application/fhir+json;charset=utf-8',
    },
    {
      version: 'r4b',
      resourceType: 'CapabilityStatement',
      fhirVersion: '4.3.0',
      type: 'application/fhir+json;charset=utf-8',
    },
    {
      version: 'r5',
      resourceType: 'CapabilityStatement',
      fhirVersion: '5.0.0',
      type: 'application/fhir+json;charset=utf-8',
    },
  ] as const)(
    'names the registration endpoint in $version metadata',
    async ({ version, resourceType, fhirVersion, type }) => {
      const server = await start();
      const response = await fetch(`${server.fhirBase(version)}/metadata`, asJson);
      expect(response.headers.get('content-type')).toBe(type);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ resourceType, fhirVersion });
      expect(text).toContain(`{"url":"register","valueUri":"${server.registrationEndpoint}"}`);
      const smart = await fetch(`${server.fhirBase(version)}/.well-known/smart-configuration`);
      expect(smart.status).toBe(version === 'r4' ? 200 : 404);
    },
  );

  it('answers XML where JSON was not asked for, or always', async () => {
    const server = await start();
    const url = `${server.fhirBase('dstu2')}/metadata`;
    expect(await (await fetch(url)).text()).toContain('<Conformance xmlns="http://hl7.org/fhir">');
    expect(await (await fetch(`${url}?_format=json`)).json()).toMatchObject({ resourceType: 'Conformance' });
    const stubborn = await start({ fhir: { xmlOnly: true } });
    const xml = await (await fetch(`${stubborn.fhirBase('r4')}/metadata`, asJson)).text();
    expect(xml).toContain(`<extension url="register"><valueUri value="${stubborn.registrationEndpoint}"/>`);
  });

  it('can be elsewhere, say it in relative URLs, in flat extensions, or not at all', async () => {
    const elsewhere = await start({ fhir: { origin: 'other' } });
    expect(new URL(elsewhere.fhirBase('r5')).origin).not.toBe(elsewhere.issuer);
    const said = await (await fetch(`${elsewhere.fhirBase('r5')}/metadata`, asJson)).text();
    expect(said).toContain(elsewhere.registrationEndpoint);
    expect((await fetch(`${elsewhere.issuer}/fhir/r5/metadata`, asJson)).status).toBe(404);

    const relative = await start({ fhir: { register: 'relative', extension: 'flat' } });
    const flat = await (await fetch(`${relative.fhirBase('stu3')}/metadata`, asJson)).text();
    expect(flat).toContain('oauth-uris#register","valueUri":"../../reg"');
    expect(new URL('../../reg', `${relative.fhirBase('stu3')}/`).href).toBe(relative.registrationEndpoint);

    const silent = await start({ fhir: { register: 'none' } });
    expect(await (await fetch(`${silent.fhirBase('r4')}/metadata`, asJson)).text()).not.toContain('register');
    expect(await (await fetch(`${silent.fhirBase('r4')}/.well-known/smart-configuration`)).json()).not.toHaveProperty(
      'registration_endpoint',
    );
  });
});
