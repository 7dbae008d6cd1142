import { describe, expect, test } from 'vitest';
import { parseObject, readClientInformation } from '../../shared/registration/read-client-information.ts';

const read = (body: unknown, more: { readonly base?: string; readonly sent?: readonly string[] } = {}) =>
  readClientInformation({ text: typeof body === 'string' ? body : JSON.stringify(body), sent: [], ...more });
const readWith = (members: object) => read({ client_id: 'client-1', ...members });

describe('an answer with a client', () => {
  test('is read with everything that makes it usable and manageable', () => {
    const information = read({
      client_id: 'client-1',
      client_secret: 'secret-1',
      client_secret_expires_at: 0,
      client_id_issued_at: 1795561152,
      registration_access_token: 'token-1',
      registration_client_uri: 'https://as.example//reg?client_id=client-1',
      client_name: 'App',
      redirect_uris: ['https://app.example/cb'],
      'client_name#fr': 'Appli',
      'x-custom': { a: [1, null] },
    });
    expect(information).toEqual({
      clientId: 'client-1',
      clientSecret: 'secret-1',
      clientSecretExpiresAt: 0,
      clientIdIssuedAt: 1795561152,
      registrationAccessToken: 'token-1',
      registrationClientUri: 'https://as.example//reg?client_id=client-1',
      metadata: {
        client_name: 'App',
        redirect_uris: ['https://app.example/cb'],
        'client_name#fr': 'Appli',
        'x-custom': { a: [1, null] },
      },
    });
  });

  test('is remembered only as far as it can be worked with', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 'x' : [nested(levels - 1)]);
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`m${index}`, 'x'.repeat(9_000)]));
    const metadata = readWith({
      deep: nested(17),
      fine: nested(16),
      long: 'x'.repeat(17_000),
      ...many,
      client_name: 'App',
    })?.metadata;
    expect(Object.keys(metadata ?? {})).toEqual(['fine', 'm0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'client_name']);
  });

  test('needs no more than a client_id', () => {
    expect(read({ client_id: 'a/b.c=' })).toEqual({ clientId: 'a/b.c=', metadata: {} });
  });

  test('may have a whole JWT as client_id', () => {
    const jwt = `eyJ.${'x'.repeat(8000)}.sig`;
    expect(read({ client_id: jwt })?.clientId).toBe(jwt);
  });

  test.each([
    ['is missing', {}],
    ['is empty', { client_id: '' }],
    ['is a number', { client_id: 7 }],
    ['is null', { client_id: null }],
    ['is a list', { client_id: ['x'] }],
    ['has a line break', { client_id: 'a\nb' }],
    ['is not ASCII', { client_id: 'é' }],
    ['is longer than any token', { client_id: 'x'.repeat(16_385) }],
  ])('is none when its client_id %s', (_fault, body) => {
    expect(read(body)).toBeUndefined();
  });

  test.each(['', 'x', '[]', '["client_id"]', 'null', '"client_id"', '7', '{"client_id":"a"', '<html>'])(
    'is none when the body is %j',
    (body) => {
      expect(read(body)).toBeUndefined();
    },
  );

  test('is none when the server hands back as client_id what we authenticated with', () => {
    expect(read({ client_id: 'canary-token' }, { sent: ['canary-token'] })).toBeUndefined();
  });
});

describe('the secret', () => {
  test.each(['', null, 7, ['x'], 'a\r\nb', 'x'.repeat(16_385)])('is absent when answered as %j', (client_secret) => {
    expect(readWith({ client_secret, client_secret_expires_at: 5 })).toEqual({ clientId: 'client-1', metadata: {} });
  });

  test.each([
    ['a number', { client_secret_expires_at: 1803337152 }, 1803337152],
    ['never', { client_secret_expires_at: 0 }, 0],
    ['a numeric string', { client_secret_expires_at: '1803337152' }, 1803337152],
    ['a fraction', { client_secret_expires_at: 1803337152.9 }, 1803337152],
    ['milliseconds', { client_secret_expires_at: 1803337152_000 }, 1803337152],
    ['the name that one server gives it', { client_id_expires_at: 0 }, 0],
    ['null beside that name', { client_secret_expires_at: null, client_id_expires_at: 9 }, 9],
    ['nothing', {}, undefined],
    ['null', { client_secret_expires_at: null }, undefined],
    ['words', { client_secret_expires_at: 'never' }, undefined],
    ['a negative number', { client_secret_expires_at: -1 }, undefined],
    ['true', { client_secret_expires_at: true }, undefined],
    ['the last second that can be written', { client_secret_expires_at: 253402300799_000 }, 253402300799],
    ['a time that cannot be written', { client_secret_expires_at: 253402300800_000 }, undefined],
    ['a time beyond all times', { client_secret_expires_at: 1e300 }, undefined],
  ])('has its end read from %s', (_form, members, seconds) => {
    expect(readWith({ client_secret: 'secret-1', ...members })?.clientSecretExpiresAt).toBe(seconds);
  });

  test('has no end when the number is beyond all numbers', () => {
    const text = '{"client_id":"c","client_secret":"secret-1","client_secret_expires_at":1e999}';
    expect(read(text)?.clientSecretExpiresAt).toBeUndefined();
  });
});

test.each([
  ['1795561152', 1795561152],
  [1795561152_123, 1795561152],
  ['soon', undefined],
])('client_id_issued_at %j is read as %s', (client_id_issued_at, seconds) => {
  expect(readWith({ client_id_issued_at })?.clientIdIssuedAt).toBe(seconds);
});

describe('the configuration endpoint', () => {
  const at = (registration_client_uri: unknown, base?: string) =>
    read({ client_id: 'client-1', registration_client_uri }, base === undefined ? {} : { base })?.registrationClientUri;
  const BASE = 'https://as.example/oauth/register';

  test.each([
    'https://as.example//reg/a%2Fb',
    'https://as.example/reg?client_id=a b',
    'https://as.example:443/reg',
    'http://internal/reg',
  ])('is taken verbatim: %s', (uri) => {
    expect([at(uri), at(uri, BASE)]).toEqual([uri, uri]);
  });

  test.each([
    ['/reg/1', 'https://as.example/reg/1'],
    ['register/1', 'https://as.example/oauth/register/1'],
    ['?client_id=1', 'https://as.example/oauth/register?client_id=1'],
    ['//other.example/1', 'https://other.example/1'],
  ])('may be relative to the registration endpoint: %s', (uri, whole) => {
    expect(at(uri, BASE)).toBe(whole);
    expect(at(uri)).toBeUndefined();
  });

  test.each(['', null, 7, 'https://as.example/a\r\nb', '//:', 'http://['])('is absent when answered as %j', (uri) => {
    expect(at(uri, BASE)).toBeUndefined();
  });
});

describe('the metadata', () => {
  test('has none of the members that are not metadata', () => {
    const text = `{"client_id":"c","client_secret":"secret-1","registration_access_token":"token-1",
      "registration_client_uri":"https://as.example/c","client_secret_expires_at":0,"client_id_expires_at":0,
      "client_secret_issued_at":1,"client_id_issued_at":1,"__proto__":{"polluted":true},"scope":"openid"}`;
    const metadata = read(text)?.metadata;
    expect(metadata).toEqual({ scope: 'openid' });
    expect(Object.keys(metadata ?? {})).toEqual(['scope']);
  });

  const SECRET = 'canary"secret/1';
  test.each([
    ['as a value', { note: SECRET }],
    ['within a value', { note: `is ${SECRET}!` }],
    ['deep inside', { note: [{ deep: [SECRET] }] }],
    ['as a name', { [SECRET]: true }],
    ['as a name deep inside', { note: { [SECRET]: true } }],
    ['in a URL', { client_uri: `https://app.example/?s=${encodeURIComponent(SECRET)}` }],
  ])('has no member that repeats a secret %s', (_where, member) => {
    const answered = { client_id: 'c', scope: 'openid', ...member };
    const own = read({ ...answered, client_secret: SECRET });
    const token = read({ ...answered, registration_access_token: SECRET });
    const sent = read(answered, { sent: [SECRET] });
    expect([own, token, sent].map((information) => information?.metadata)).toEqual(Array(3).fill({ scope: 'openid' }));
  });

  test('has no software statement, which reads are answered with too', () => {
    expect(readWith({ scope: 'openid', software_statement: 'a.b.c' })?.metadata).toEqual({ scope: 'openid' });
  });

  test('keeps members like a value too short to be a secret', () => {
    expect(readWith({ client_secret: 'a', client_name: 'a name' })?.metadata).toEqual({ client_name: 'a name' });
  });

  test('has no private keys, whoever made them', () => {
    const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k1', alg: 'ES256' };
    const jwks = { keys: [{ ...key, d: 'canary' }, { kty: 'oct', k: 'canary' }, 'odd'] };
    expect(readWith({ jwks })?.metadata).toEqual({ jwks: { keys: [key, { kty: 'oct' }, 'odd'] } });
    expect(readWith({ jwks: null, other: { d: 'kept' } })?.metadata).toEqual({ jwks: null, other: { d: 'kept' } });
  });
});

test.each([
  ['{"a":1}', { a: 1 }],
  ['[1]', undefined],
  ['null', undefined],
  ['1', undefined],
  ['{', undefined],
])('%s is an object: %j', (text, value) => {
  expect(parseObject(text)).toEqual(value);
});
