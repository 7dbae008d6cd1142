import { importJWK, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../shared/http/http.ts';
import type { JsonObject } from '../../shared/ports/ports.ts';
import type { Client, KeyPair, Traits } from '../../shared/record/record.ts';
import { makeKeyPair } from '../../shared/registration/make-key.ts';
import { createVerifier } from '../../shared/registration/verify.ts';
import { clientOf, clock, countingRandom, fakeHttp, ISSUER, NOW, response, TOKEN_ENDPOINT } from './setup.ts';

const CODE_CLIENT = { redirect_uris: ['https://app.example/cb'], grant_types: ['authorization_code'] };
const BACKEND = { grant_types: ['client_credentials'], response_types: [], scope: 'system/*.rs' };

type Asked = { readonly form: URLSearchParams; readonly basic: string | undefined };
const asked = ({ body, headers }: HttpRequest): Asked => ({
  form: new URLSearchParams(body),
  basic: headers?.Authorization?.replace(/^Basic /u, ''),
});

/** A token endpoint that knows one client by what `authenticates` says, and then answers `afterwards`. */
function tokenEndpoint(authenticates: (request: Asked) => boolean | Promise<boolean>, afterwards: JsonObject) {
  return fakeHttp(async (request) => {
    if (!(await authenticates(asked(request)))) return response(401, { error: 'invalid_client' });
    return 'error' in afterwards ? response(400, afterwards) : response(200, afterwards);
  });
}

/** A token endpoint that answers one after the other; the last one again and again. */
function script(...answers: readonly (readonly [number, unknown] | Error)[]) {
  let next = 0;
  return fakeHttp(() => {
    const answer = answers[Math.min(next++, answers.length - 1)] ?? new Error('no answer');
    return answer instanceof Error ? answer : response(...answer);
  });
}

const verifier = ({ http }: Pick<ReturnType<typeof fakeHttp>, 'http'>) =>
  createVerifier({ http, clock, random: countingRandom() });

const INVALID_GRANT = { error: 'invalid_grant' };
const TELLS_APART = { outcome: 'works', traits: { verifiable: true } };

const METHODS: readonly (readonly [string, Partial<Client>, (request: Asked) => boolean])[] = [
  [
    'client_secret_basic',
    { clientSecret: 's3cret:1', granted: { ...CODE_CLIENT, token_endpoint_auth_method: 'client_secret_basic' } },
    ({ basic }) => basic === btoa('client-1:s3cret%3A1'),
  ],
  [
    'client_secret_post',
    { clientSecret: 's3cret:1', granted: { ...CODE_CLIENT, token_endpoint_auth_method: ['client_secret_post'] } },
    ({ form, basic }) =>
      form.get('client_secret') === 's3cret:1' && form.get('client_id') === 'client-1' && basic === undefined,
  ],
  [
    'none',
    { clientSecret: 'unused', granted: { ...CODE_CLIENT, token_endpoint_auth_method: 'none' } },
    ({ form, basic }) => form.get('client_id') === 'client-1' && !form.has('client_secret') && basic === undefined,
  ],
  [
    'a secret method without a secret',
    { granted: CODE_CLIENT },
    ({ form, basic }) => form.get('client_id') === 'client-1' && basic === undefined,
  ],
];

describe.each(METHODS)('a client with %s', (_method, client, authenticates) => {
  test('works where a made-up code is refused and wrong credentials are told apart', async () => {
    const endpoint = tokenEndpoint(authenticates, INVALID_GRANT);
    expect(await verifier(endpoint)(clientOf(client), {})).toMatchObject(TELLS_APART);
    expect(endpoint.requests).toHaveLength(2);
  });

  test('is asked about once where the server is known to tell credentials apart', async () => {
    const endpoint = tokenEndpoint(authenticates, INVALID_GRANT);
    const result = await verifier(endpoint)(clientOf(client), { verifiable: true });
    expect(result).toMatchObject({ outcome: 'works', traits: {} });
    expect(endpoint.requests).toHaveLength(1);
  });

  test('is not known to work where the server refuses the code whoever asks', async () => {
    const endpoint = tokenEndpoint(() => true, INVALID_GRANT);
    const result = await verifier(endpoint)(clientOf(client), {});
    expect(result).toMatchObject({ outcome: 'unknown', traits: { verifiable: false } });
    const again = await verifier(endpoint)(clientOf(client), { verifiable: false });
    expect(again).toEqual({ ...result, traits: {} });
    expect(endpoint.requests).toHaveLength(3);
  });
});

test.each(METHODS.slice(0, 3))(
  'a client with %s that the server does not know is refused, which says nothing of the server',
  async (...[, client]) => {
    const result = await verifier(tokenEndpoint(() => false, INVALID_GRANT))(clientOf(client), {});
    expect(result).toEqual({ outcome: 'refused', reason: 'the token endpoint answered invalid_client', traits: {} });
  },
);

describe('a secret that Basic encodes', () => {
  const client = clientOf({ clientId: 'a/b', clientSecret: 'p/w', granted: CODE_CLIENT });

  test('works where the server takes it only as it is, and the reason says so', async () => {
    const endpoint = tokenEndpoint(({ basic }) => basic === btoa('a/b:p/w'), INVALID_GRANT);
    const result = await verifier(endpoint)(client, {});
    expect(result).toMatchObject(TELLS_APART);
    expect(result.reason).toContain('not form-encoded');
    expect(endpoint.requests).toHaveLength(4);
  });

  test('is sent encoded and nothing else where the server decodes it', async () => {
    const endpoint = tokenEndpoint(({ basic }) => basic === btoa('a%2Fb:p%2Fw'), INVALID_GRANT);
    expect(await verifier(endpoint)(client, {})).toMatchObject(TELLS_APART);
    expect(endpoint.requests).toHaveLength(2);
  });

  test('is refused where both are', async () => {
    const endpoint = tokenEndpoint(() => false, INVALID_GRANT);
    expect(await verifier(endpoint)(client, { verifiable: true })).toMatchObject({ outcome: 'refused' });
    expect(endpoint.requests).toHaveLength(2);
  });

  test('is tried once in the form, which is encoded anyway', async () => {
    const endpoint = tokenEndpoint(() => false, INVALID_GRANT);
    const posting = { ...client, granted: { ...CODE_CLIENT, token_endpoint_auth_method: 'client_secret_post' } };
    expect(await verifier(endpoint)(posting, { verifiable: true })).toMatchObject({ outcome: 'refused' });
    expect(endpoint.requests).toHaveLength(1);
  });
});

test('a client whose secret was never given to us is not called refused', async () => {
  const result = await verifier(tokenEndpoint(() => false, INVALID_GRANT))(clientOf({ granted: CODE_CLIENT }), {});
  expect(result).toEqual({ outcome: 'unknown', reason: 'its secret is not held here', traits: {} });
});

test('the made-up code comes with what a real one would, and nobody can guess it', async () => {
  const { http, requests } = script([400, INVALID_GRANT]);
  const verify = createVerifier({ http, clock, random: countingRandom() });
  const client = clientOf({ granted: { ...CODE_CLIENT, token_endpoint_auth_method: 'none' } });
  await verify(client, { verifiable: true });
  await verify(client, { verifiable: true });
  const [one, other] = requests.map((request) => Object.fromEntries(asked(request).form));
  expect(one).toEqual({
    grant_type: 'authorization_code',
    client_id: 'client-1',
    redirect_uri: 'https://app.example/cb',
    code: expect.stringMatching(/^[\w-]{32}$/u),
    code_verifier: expect.stringMatching(/^[\w-]{43}$/u),
  });
  expect(other?.code).not.toBe(one?.code);
});

test('a control is wrong in nothing but the credentials', async () => {
  const { http, requests } = script([400, INVALID_GRANT]);
  const granted = { ...CODE_CLIENT, token_endpoint_auth_method: 'client_secret_post' };
  await createVerifier({ http, clock, random: countingRandom() })(clientOf({ clientSecret: 's3cret', granted }), {});
  const [real, control] = requests.map((request) => Object.fromEntries(asked(request).form));
  expect(control).toEqual({ ...real, client_secret: expect.stringMatching(/^[\w-]{32}$/u) });
  expect(control?.client_secret).not.toBe('s3cret');
});

describe('what is tried', () => {
  const tried = async (client: Partial<Client>) => {
    const endpoint = script([400, INVALID_GRANT]);
    const result = await verifier(endpoint)(clientOf(client), { verifiable: true });
    const [form] = endpoint.requests.map((request) => asked(request).form);
    return form === undefined ? result.reason : [form.get('grant_type'), form.get('redirect_uri') ?? form.get('scope')];
  };
  const NO_WAY = 'none of its grants can be tried without a user';

  test.each<readonly [string, JsonObject, JsonObject, unknown]>([
    ['the grants answered', BACKEND, CODE_CLIENT, ['client_credentials', 'system/*.rs']],
    ['the grants asked for where none are answered', {}, BACKEND, ['client_credentials', 'system/*.rs']],
    [
      'the grants asked for where an empty list is answered',
      { grant_types: [] },
      BACKEND,
      ['client_credentials', 'system/*.rs'],
    ],
    ['a grant answered as a bare word', { grant_types: 'client_credentials' }, {}, ['client_credentials', null]],
    ['a code where nobody speaks of grants', {}, {}, ['authorization_code', null]],
    ['a code first', { grant_types: ['client_credentials', 'authorization_code'] }, {}, ['authorization_code', null]],
    [
      'a redirect URI answered as a bare word',
      { redirect_uris: 'https://a.example' },
      {},
      ['authorization_code', 'https://a.example'],
    ],
    [
      'a scope answered as a list',
      { grant_types: ['client_credentials'], scope: ['a', 'b'] },
      {},
      ['client_credentials', 'a b'],
    ],
    [
      'a scope asked for where it is answered empty',
      { ...BACKEND, scope: '' },
      { scope: 'a' },
      ['client_credentials', 'a'],
    ],
    ['nothing with odd grants', { grant_types: [7, 'implicit', 'refresh_token'] }, {}, NO_WAY],
    ['nothing with device codes', { grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] }, {}, NO_WAY],
  ])('is %s', async (_what, granted, requested, expected) => {
    expect(await tried({ granted, requested, clientSecret: 's3cret' })).toEqual(expected);
  });

  test.each<readonly [string, Partial<Client>, string]>([
    [
      'without a token endpoint',
      {
        server: {
          address: 'x',
          registrationEndpoint: 'https://as.example/register',
          registrationSource: { kind: 'manifest' },
        },
      },
      'the server names no token endpoint',
    ],
    [
      'without the private key',
      { granted: { token_endpoint_auth_method: 'private_key_jwt' } },
      'its private key is not held here',
    ],
    [
      'with client_secret_jwt',
      { granted: { token_endpoint_auth_method: 'client_secret_jwt' }, clientSecret: 's3cret' },
      'its authentication method cannot be tried here',
    ],
    [
      'with a certificate',
      { granted: { token_endpoint_auth_method: 'tls_client_auth' } },
      'its authentication method cannot be tried here',
    ],
  ])('is nothing %s', async (_what, client, reason) => {
    expect(await tried(client)).toBe(reason);
  });
});

describe('an answer to a made-up code', () => {
  const client = clientOf({ clientSecret: 's3cret', granted: CODE_CLIENT });
  const WRONG = [401, { error: 'invalid_client' }] as const;
  test.each<readonly [string, readonly [number, unknown], string]>([
    ['unauthorized_client', [400, { error: 'unauthorized_client' }], 'works'],
    ['invalid_scope', [400, { error: 'invalid_scope' }], 'works'],
    ['a token', [200, { access_token: 'at' }], 'works'],
    ['invalid_request', [400, { error: 'invalid_request' }], 'unknown'],
    ['unsupported_grant_type', [400, { error: 'unsupported_grant_type' }], 'unknown'],
    ['a page', [200, '<html>'], 'unknown'],
    ['401 without a word', [401, ''], 'unknown'],
    ['500', [500, ''], 'unreachable'],
    ['429', [429, ''], 'unreachable'],
  ])('of %s means: %#', async (_what, answer, outcome) => {
    expect(await verifier(script(answer, WRONG))(client, {})).toMatchObject({ outcome, traits: {} });
  });

  test('cannot be judged while the control gets no answer', async () => {
    const result = await verifier(script([400, INVALID_GRANT], [503, '']))(client, {});
    expect(result).toEqual({ outcome: 'unreachable', reason: 'the token endpoint answered 503', traits: {} });
  });

  test('works where wrong credentials are answered with unauthorized_client, and says nothing with them', async () => {
    const wrong = [401, { error: 'unauthorized_client' }] as const;
    expect(await verifier(script([400, INVALID_GRANT], wrong))(client, {})).toMatchObject(TELLS_APART);
    expect(await verifier(script(wrong))(client, {})).toMatchObject({ outcome: 'unknown', traits: {} });
    expect(await verifier(script(wrong))(client, { verifiable: true })).toMatchObject({ outcome: 'unknown' });
  });

  test.each(['invalid_code', 'code_expired', 'bad_verification_code'])(
    'of %s means what invalid_grant does',
    async (error) => {
      const answer = [403, { error }] as const;
      const verify = (control: readonly [number, unknown], traits = {}) =>
        verifier(script(answer, control))(client, traits);
      const result = await verify(WRONG);
      expect(result).toMatchObject(TELLS_APART);
      expect(result.reason).toContain(error);
      expect(await verify([403, { error: 'unauthorized_client' }])).toMatchObject(TELLS_APART);
      expect(await verify(answer)).toMatchObject({ outcome: 'unknown', traits: { verifiable: false } });
      expect(await verify([503, ''])).toMatchObject({ outcome: 'unreachable', traits: {} });
      expect(await verify(answer, { verifiable: false })).toMatchObject({ outcome: 'unknown', traits: {} });
    },
  );

  test.each(['invalid_codec', 'access_denied'])('of %s is not about the code', async (error) => {
    expect(await verifier(script([400, { error }], WRONG))(client, {})).toMatchObject({ outcome: 'unknown' });
  });

  test('of unauthorized_client cannot be judged while the control gets no answer', async () => {
    const result = await verifier(script([400, { error: 'unauthorized_client' }], [503, '']))(client, {});
    expect(result).toEqual({ outcome: 'unreachable', reason: 'the token endpoint answered 503', traits: {} });
  });

  test('counts without the control where it needs none', async () => {
    const result = await verifier(script([400, { error: 'invalid_scope' }], [503, '']))(client, {});
    expect(result.outcome).toBe('works');
  });

  test('of an unknown kind is told with status and code', async () => {
    const result = await verifier(script([400, { error: 'invalid_target' }], WRONG))(client, {});
    expect(result.reason).toBe('the token endpoint answered 400 invalid_target');
  });
});

describe('a client for client_credentials', () => {
  const client = clientOf({ clientSecret: 's3cret', granted: BACKEND });
  test.each<readonly [string, readonly [number, unknown], string]>([
    ['works when it gets a token', [200, { access_token: 'at' }], 'works'],
    ['works when its scope is refused', [400, { error: 'invalid_scope' }], 'works'],
    ['is refused when it is not authenticated', [401, { error: 'invalid_client' }], 'refused'],
    ['is unknown when the grant is', [400, { error: 'unsupported_grant_type' }], 'unknown'],
    ['is unknown for invalid_grant, since no code was sent', [400, INVALID_GRANT], 'unknown'],
    ['is unknown for invalid_code, since no code was sent', [400, { error: 'invalid_code' }], 'unknown'],
  ])('%s, and needs no control', async (_what, answer, outcome) => {
    for (const traits of [{}, { verifiable: true }]) {
      const endpoint = script(answer);
      expect(await verifier(endpoint)(client, traits)).toMatchObject({ outcome, traits: {} });
      expect(endpoint.requests).toHaveLength(1);
    }
  });

  test.each([
    ['invalid_client', 'works'],
    ['unauthorized_client', 'unknown'],
  ])('that may not use the grant, while wrong credentials get %s: %s', async (error, outcome) => {
    const endpoint = script([400, { error: 'unauthorized_client' }], [401, { error }]);
    expect(await verifier(endpoint)(client, {})).toMatchObject({ outcome, traits: {} });
    expect(endpoint.requests).toHaveLength(2);
  });
});

describe('a client with private_key_jwt', async () => {
  const key = await makeKeyPair('ES384');
  const granted = { ...CODE_CLIENT, token_endpoint_auth_method: 'private_key_jwt' };
  const client = clientOf({ key, granted });

  const checks =
    (audience: string, { publicJwk }: KeyPair = key) =>
    async ({ form }: Asked): Promise<boolean> => {
      const options = { audience, issuer: 'client-1', subject: 'client-1', currentDate: new Date(NOW) };
      const jwk = await importJWK({ ...publicJwk });
      return jwtVerify(form.get('client_assertion') ?? '', jwk, options).then(
        () => form.get('client_id') === 'client-1',
        () => false,
      );
    };

  test('works where its signature is checked', async () => {
    const endpoint = tokenEndpoint(checks(TOKEN_ENDPOINT), INVALID_GRANT);
    expect(await verifier(endpoint)(client, {})).toMatchObject(TELLS_APART);
    expect(endpoint.requests).toHaveLength(2);
  });

  test('works for client_credentials when it gets a token', async () => {
    const endpoint = tokenEndpoint(checks(TOKEN_ENDPOINT), { access_token: 'at' });
    const backend = clientOf({ key, granted: { ...BACKEND, token_endpoint_auth_method: 'private_key_jwt' } });
    expect(await verifier(endpoint)(backend, {})).toMatchObject({ outcome: 'works', traits: {} });
  });

  test('is not known to work where the signature is not checked', async () => {
    const endpoint = tokenEndpoint(({ form }) => form.has('client_assertion'), INVALID_GRANT);
    expect(await verifier(endpoint)(client, {})).toMatchObject({ outcome: 'unknown', traits: { verifiable: false } });
  });

  test('is refused where another key is registered, with either audience', async () => {
    const other = await makeKeyPair('ES384');
    const auds: unknown[] = [];
    const endpoint = tokenEndpoint(async (request) => {
      auds.push(audienceOf(request));
      return checks(TOKEN_ENDPOINT, other)(request);
    }, INVALID_GRANT);
    expect(await verifier(endpoint)(client, { verifiable: true })).toMatchObject({ outcome: 'refused', traits: {} });
    expect(auds).toEqual([TOKEN_ENDPOINT, ISSUER]);
  });

  test('works where the server wants the issuer as audience, which is remembered', async () => {
    const endpoint = tokenEndpoint(checks(ISSUER), INVALID_GRANT);
    const result = await verifier(endpoint)(client, {});
    expect(result).toMatchObject({ outcome: 'works', traits: { verifiable: true, assertionAudience: 'issuer' } });
    const known: Traits = result.traits;
    const again = tokenEndpoint(checks(ISSUER), INVALID_GRANT);
    expect(await verifier(again)(client, known)).toMatchObject({ outcome: 'works', traits: {} });
    expect(again.requests).toHaveLength(1);
  });

  test('teaches nothing about the server while a wrong audience hides what it checks', async () => {
    const endpoint = tokenEndpoint(({ form }) => audienceOf({ form }) === ISSUER, INVALID_GRANT);
    const result = await verifier(endpoint)(client, {});
    expect(result).toMatchObject({ outcome: 'unknown', traits: { verifiable: false } });
  });

  test.each<readonly [string, readonly [number, unknown], string]>([
    ['no answer', [503, ''], 'unreachable'],
    ['an odd answer', [400, { error: 'invalid_request' }], 'unknown'],
  ])(
    'is judged by the second audience when that brings %s, and it is not remembered',
    async (_what, answer, outcome) => {
      const result = await verifier(script([401, { error: 'invalid_client' }], answer))(client, { verifiable: true });
      expect(result).toMatchObject({ outcome, traits: {} });
    },
  );

  test('is tried with one audience where the server names no issuer', async () => {
    const { issuer: _issuer, ...server } = client.server;
    const endpoint = tokenEndpoint(() => false, INVALID_GRANT);
    const traits: Traits = { verifiable: true, assertionAudience: 'issuer' };
    expect(await verifier(endpoint)({ ...client, server }, traits)).toMatchObject({ outcome: 'refused' });
    expect(endpoint.requests.map((request) => audienceOf(asked(request)))).toEqual([TOKEN_ENDPOINT]);
  });

  test.each([
    ['issuer', ISSUER],
    ['token_endpoint', TOKEN_ENDPOINT],
  ] as const)('is tried with the audience that is known: %s', async (assertionAudience, audience) => {
    const endpoint = tokenEndpoint(() => false, INVALID_GRANT);
    expect(await verifier(endpoint)(client, { verifiable: true, assertionAudience })).toMatchObject({
      outcome: 'refused',
    });
    expect(endpoint.requests.map((request) => audienceOf(asked(request)))).toEqual([audience]);
  });

  test('is unknown when its key cannot be used, and nothing is sent', async () => {
    const endpoint = tokenEndpoint(() => true, INVALID_GRANT);
    const broken = clientOf({ granted, key: { ...key, privateKey: 'canary' } });
    expect(await verifier(endpoint)(broken, { verifiable: true })).toEqual({
      outcome: 'unknown',
      reason: 'its credentials cannot be used here',
      traits: {},
    });
    expect(endpoint.requests).toEqual([]);
  });
});

function audienceOf({ form }: Pick<Asked, 'form'>): unknown {
  const [, claims = ''] = (form.get('client_assertion') ?? '').split('.');
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly aud: unknown }).aud;
}
