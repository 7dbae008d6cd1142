import { afterEach, describe, expect, test } from 'vitest';
import { createHttp } from '../../shared/http/create-http.ts';
import type { Clock, JsonObject, Random } from '../../shared/ports/ports.ts';
import type { Access, Answer, ClientInformation } from '../../shared/registration/answer.ts';
import { createCallOrder } from '../../shared/registration/call-order.ts';
import { compareGranted } from '../../shared/registration/compare-metadata.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { obtainInitialAccessToken } from '../../shared/registration/initial-access-token.ts';
import { makeKeyPair } from '../../shared/registration/make-key.ts';
import { registerBody, updateBody } from '../../shared/registration/request-body.ts';
import { createVerifier } from '../../shared/registration/verify.ts';
import { startAuthorizationServer } from '../support/authorization-server.ts';
import { startOddServer } from '../support/odd-server.ts';
import { clientOf } from './setup.ts';

const closing: (() => Promise<void>)[] = [];
const closeLater = <T extends { readonly close: () => Promise<void> }>(server: T): T => {
  closing.push(server.close);
  return server;
};
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Time limits never strike here. */
const clock: Clock = {
  now: Date.now,
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
};
const random: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };
const http = createHttp({ fetch, clock, random, insecureLoopback: true });
const api = createRegistrationApi({ http, clock, order: createCallOrder() });
const verify = createVerifier({ http, clock, random });

const REDIRECT = { redirect_uris: ['https://app.example/cb'] };

async function register(registrationEndpoint: string, metadata: JsonObject, initialAccessToken?: string) {
  const sendBefore = clock.now() + 60_000;
  const token = initialAccessToken === undefined ? {} : { initialAccessToken };
  return api.register({ registrationEndpoint, metadata, sendBefore, ...token });
}

function informationOf(answer: Answer | { readonly kind: 'too_late' }): ClientInformation {
  if (answer.kind !== 'client') throw new Error(`answered ${JSON.stringify(answer)}`);
  return answer.information;
}

function accessOf({ registrationClientUri, registrationAccessToken }: ClientInformation): Access {
  if (registrationClientUri === undefined || registrationAccessToken === undefined) throw new Error('no access');
  return { registrationClientUri, registrationAccessToken };
}

/** A client as a record would have it. */
function known(information: ClientInformation, server: { readonly issuer: string; readonly tokenEndpoint: string }) {
  const { clientId, clientSecret, metadata } = information;
  const { issuer, tokenEndpoint } = server;
  return clientOf({
    clientId,
    granted: metadata,
    server: { ...clientOf().server, issuer, tokenEndpoint },
    ...(clientSecret !== undefined && { clientSecret }),
  });
}

describe('with oidc-provider', () => {
  test('a client is registered, read, changed to a public one, and deleted; each new token is used', async () => {
    const server = closeLater(await startAuthorizationServer({ rotate: 'both' }));
    const asked = {
      ...REDIRECT,
      client_name: 'App',
      scope: 'openid launch/patient',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      fhir_versions: ['1.0.2', '3.0.1'],
    };
    const registered = informationOf(await register(server.registrationEndpoint, registerBody(asked, {})));
    expect(compareGranted(asked, registered.metadata)).toEqual([]);
    expect(registered.clientSecretExpiresAt).toBe(0);

    const read = informationOf(await api.read(accessOf(registered)));
    expect(read.registrationAccessToken).not.toBe(registered.registrationAccessToken);
    expect((await api.read(accessOf(registered))).kind).toBe('refused');

    const { client_name: _name, ...wanted } = { ...asked, token_endpoint_auth_method: 'none' };
    const body = updateBody({
      clientId: read.clientId,
      granted: read.metadata,
      before: asked,
      wanted,
      additions: {},
    });
    const updated = informationOf(await api.update(accessOf(read), body));
    expect(updated.clientId).toBe(registered.clientId);
    expect(compareGranted(wanted, updated.metadata)).toEqual([]);
    expect(updated.metadata.client_name).toBeUndefined();
    expect(server.client(updated.clientId)?.metadata).toMatchObject({ token_endpoint_auth_method: 'none' });

    expect(await api.remove(accessOf(updated))).toEqual({ kind: 'removed' });
    expect(server.clients()).toEqual([]);
    const error = 'invalid_token';
    expect(await api.read(accessOf(updated))).toMatchObject({ kind: 'refused', refusal: { status: 401, error } });
  });

  test('a key takes the place of a secret, and a secret that of a key', async () => {
    const server = closeLater(await startAuthorizationServer({ rotate: 'none' }));
    const secret = { ...REDIRECT, token_endpoint_auth_method: 'client_secret_basic' };
    const keyed = {
      ...REDIRECT,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES384',
    };
    const key = await makeKeyPair();
    const additions = { publicJwk: key.publicJwk };
    const first = informationOf(await register(server.registrationEndpoint, secret));

    const change = { clientId: first.clientId, granted: first.metadata, before: secret, wanted: keyed, additions };
    const second = informationOf(await api.update(accessOf(first), updateBody(change)));
    expect(await verify({ ...known(second, server), key }, {})).toMatchObject({ outcome: 'works' });

    const back = { clientId: first.clientId, granted: second.metadata, wanted: secret, additions: {} };
    const before = registerBody(keyed, additions);
    const third = informationOf(await api.update(accessOf(second), updateBody({ ...back, before })));
    expect(third.clientSecret).toEqual(expect.any(String));
    expect(server.client(third.clientId)?.metadata).not.toHaveProperty('jwks');
    expect(await verify(known(third, server), {})).toMatchObject({ outcome: 'works' });
  });

  test.each<readonly [string, JsonObject]>([
    ['client_secret_basic', REDIRECT],
    ['client_secret_post', REDIRECT],
    ['none', REDIRECT],
    ['private_key_jwt', REDIRECT],
    ['client_secret_basic', { grant_types: ['client_credentials'], response_types: [], scope: 'system/*.rs' }],
    ['private_key_jwt', { grant_types: ['client_credentials'], response_types: [], scope: 'system/*.rs' }],
  ])('credentials for %s are seen to work, and to be refused when the client is gone: %j', async (method, metadata) => {
    const server = closeLater(await startAuthorizationServer({ rotate: 'none' }));
    const key = method === 'private_key_jwt' ? await makeKeyPair('ES256') : undefined;
    const asked = {
      ...metadata,
      token_endpoint_auth_method: method,
      ...(key && { token_endpoint_auth_signing_alg: 'ES256' }),
    };
    const body = registerBody(asked, key ? { publicJwk: key.publicJwk } : {});
    const information = informationOf(await register(server.registrationEndpoint, body));
    const client = { ...known(information, server), ...(key && { key }) };
    const result = await verify(client, {});
    expect(result.outcome).toBe('works');
    await api.remove(accessOf(information));
    expect(await verify(client, result.traits)).toMatchObject({ outcome: 'refused' });
  });

  test('a wrong initial access token is refused, the right one is not', async () => {
    const server = closeLater(await startAuthorizationServer({ initialAccessToken: 'canary-right-token' }));
    for (const token of [undefined, 'canary-wrong-token']) {
      const answer = await register(server.registrationEndpoint, REDIRECT, token);
      expect(answer).toMatchObject({ kind: 'refused', refusal: { status: 401, error: 'invalid_token' } });
      expect(JSON.stringify(answer)).not.toContain('canary');
    }
    const initialAccessToken = await obtainInitialAccessToken({
      http,
      access: { kind: 'token', token: 'canary-right-token' },
      tokenEndpoint: undefined,
    });
    expect((await register(server.registrationEndpoint, REDIRECT, initialAccessToken)).kind).toBe('client');
  });

  test.each<readonly [string, JsonObject, string]>([
    ['a redirect URI', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['a scope', { ...REDIRECT, scope: 'unheard-of' }, 'invalid_client_metadata'],
  ])('%s that the server does not take is rejected in its words', async (_what, metadata, error) => {
    const server = closeLater(await startAuthorizationServer());
    const answer = await register(server.registrationEndpoint, metadata);
    expect(answer).toMatchObject({
      kind: 'rejected',
      refusal: { status: 400, error, description: expect.any(String) },
    });
    expect(server.clients()).toEqual([]);
  });

  test('where clients cannot be managed, reading works and changing and deleting are missing', async () => {
    const server = closeLater(await startAuthorizationServer({ management: false }));
    const information = informationOf(await register(server.registrationEndpoint, REDIRECT));
    const access = accessOf(information);
    const body = { ...REDIRECT, client_id: information.clientId };
    const kinds = [await api.read(access), await api.update(access, body), await api.remove(access)].map(
      ({ kind }) => kind,
    );
    expect(kinds).toEqual(['client', 'missing', 'missing']);
  });
});

describe('with a server that misbehaves', () => {
  test('members of other types are understood', async () => {
    const server = closeLater(
      await startOddServer({ registrationStatus: 200, retypedMembers: true, registrationClientUri: 'relative' }),
    );
    const asked = { ...REDIRECT, token_endpoint_auth_method: 'client_secret_post', scope: 'openid' };
    const information = informationOf(await register(server.registrationEndpoint, asked));
    expect(compareGranted(asked, information.metadata)).toEqual([]);
    expect(information.clientIdIssuedAt).toEqual(expect.any(Number));
    expect(await verify(known(information, server), {})).toMatchObject({ outcome: 'works' });
    const access = accessOf(information);
    expect(new URL(access.registrationClientUri).origin).toBe(server.issuer);
    expect(informationOf(await api.read(access)).registrationClientUri).toBeUndefined();
    expect(await api.remove(access)).toEqual({ kind: 'removed' });
  });

  test('secret, token and client_id that an update replaces are taken', async () => {
    const server = closeLater(
      await startOddServer({ replaceSecretOn: 'update', replaceTokenOn: 'both', changeClientIdOnUpdate: true }),
    );
    const first = informationOf(await register(server.registrationEndpoint, REDIRECT));
    const second = informationOf(await api.update(accessOf(first), { ...REDIRECT, client_id: first.clientId }));
    expect(second.clientId).not.toBe(first.clientId);
    expect(second.clientSecret).not.toBe(first.clientSecret);
    expect(server.client(second.clientId)).toMatchObject({
      clientSecret: second.clientSecret,
      registrationAccessToken: second.registrationAccessToken,
    });
  });

  test.each(['empty', 'html', 'not_json', 'json_array', 'no_client_id', 'cut_off'] as const)(
    'a registration that is answered %s may have worked, and is asked for once',
    async (registrationBody) => {
      const server = closeLater(await startOddServer({ registrationBody }));
      expect((await register(server.registrationEndpoint, REDIRECT)).kind).toBe('unknown');
      expect(server.count({ method: 'POST', path: '/register' })).toBe(1);
    },
  );

  test.each([
    [{ failRegistration: 'after_storing' }, 'unknown'],
    [{ refuseRegistration: { status: 403 } }, 'forbidden'],
    [{ refuseRegistration: { status: 400, error: 'access_denied' } }, 'refused'],
    [{ rateLimit: { registrations: 0, headers: { 'X-Retry-After': '60' } } }, 'busy'],
  ] as const)('%j is %s, and is asked for once', async (oddities, kind) => {
    const server = closeLater(await startOddServer(oddities));
    expect((await register(server.registrationEndpoint, REDIRECT)).kind).toBe(kind);
    expect(server.count({ method: 'POST' })).toBe(1);
  });

  test.each([
    ['always_invalid_grant', 'unknown'],
    ['always_invalid_client', 'refused'],
    ['always_fails', 'unreachable'],
  ] as const)('a token endpoint that answers %s makes credentials %s', async (tokenEndpoint, outcome) => {
    const server = closeLater(await startOddServer({ tokenEndpoint }));
    const information = informationOf(await register(server.registrationEndpoint, REDIRECT));
    expect((await verify(known(information, server), {})).outcome).toBe(outcome);
  });

  test('registrations at one endpoint arrive one at a time', async () => {
    const server = closeLater(await startOddServer());
    const under: number[] = [];
    let now = 0;
    server.before(({ method }) => {
      if (method === 'POST') under.push(++now);
    });
    server.after(({ method }) => {
      if (method === 'POST') now -= 1;
    });
    await Promise.all(Array.from({ length: 5 }, () => register(server.registrationEndpoint, REDIRECT)));
    expect(under).toEqual([1, 1, 1, 1, 1]);
  });
});
