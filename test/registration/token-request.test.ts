import { describe, expect, test } from 'vitest';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import {
  type ClientAuthentication,
  isAlteredByEncoding,
  requestToken,
} from '../../shared/registration/token-request.ts';
import { fakeHttp, response, TOKEN_ENDPOINT } from './setup.ts';

const SECRET = 'canary_secret';

async function ask(
  given: ReturnType<typeof response> | Error,
  authentication: ClientAuthentication = { method: 'client_secret_basic', secret: SECRET },
  clientId = 'client-1',
) {
  const { http, requests } = fakeHttp(() => given);
  const answer = await requestToken({
    http,
    tokenEndpoint: TOKEN_ENDPOINT,
    clientId,
    authentication,
    parameters: { grant_type: 'client_credentials', scope: 'system/*.rs a&b' },
  });
  const [request] = requests;
  return { answer, requests, headers: request?.headers ?? {}, form: new URLSearchParams(request?.body) };
}

const OK = response(200, { access_token: 'at' });

describe('a request to a token endpoint', () => {
  test('is one form, sent once', async () => {
    const { requests, headers, form } = await ask(OK, { method: 'none' });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'POST', url: TOKEN_ENDPOINT, purpose: 'token' });
    expect(headers).toEqual({ Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' });
    expect([...form]).toEqual([
      ['grant_type', 'client_credentials'],
      ['scope', 'system/*.rs a&b'],
      ['client_id', 'client-1'],
    ]);
  });

  test.each([
    ['client-1', 's3cret', 'client-1:s3cret'],
    ['a/b.c', 'p:w+%d e', 'a%2Fb.c:p%3Aw%2B%25d+e'],
    ['é', '"', '%C3%A9:%22'],
  ])('encodes id and secret before it joins them for Basic: %s, %s', async (clientId, secret, joined) => {
    const { headers, form } = await ask(OK, { method: 'client_secret_basic', secret }, clientId);
    const [scheme, value = ''] = (headers.Authorization ?? '').split(' ');
    expect(scheme).toBe('Basic');
    expect(Buffer.from(value, 'base64').toString()).toBe(joined);
    expect([...form.keys()]).toEqual(['grant_type', 'scope']);
  });

  test('leaves id and secret as they are for Basic where that is asked for', async () => {
    const { headers } = await ask(OK, { method: 'client_secret_basic', secret: 'p/w+', verbatim: true }, 'a/b.c');
    expect(headers.Authorization).toBe(`Basic ${btoa('a/b.c:p/w+')}`);
  });

  test.each([
    ['client-1', 's3cret', false],
    ['a/b', 's3cret', true],
    ['client-1', 'p+w', true],
  ])('knows whether encoding makes a difference: %s, %s', (clientId, secret, altered) => {
    expect(isAlteredByEncoding(clientId, secret)).toBe(altered);
  });

  test('carries id and secret in the form for client_secret_post', async () => {
    const { headers, form } = await ask(OK, { method: 'client_secret_post', secret: 'p:w+%d e' });
    expect(headers.Authorization).toBeUndefined();
    expect([form.get('client_id'), form.get('client_secret')]).toEqual(['client-1', 'p:w+%d e']);
  });

  test('carries an assertion for private_key_jwt', async () => {
    const { headers, form } = await ask(OK, { method: 'private_key_jwt', assertion: 'a.b.c' });
    expect(headers.Authorization).toBeUndefined();
    expect(form.get('client_id')).toBe('client-1');
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(form.get('client_assertion')).toBe('a.b.c');
  });
});

describe('the answer of a token endpoint', () => {
  test.each([
    [200, { access_token: 'at', token_type: 'Bearer' }, { kind: 'token', accessToken: 'at' }],
    [201, { access_token: 'at' }, { kind: 'token', accessToken: 'at' }],
    [400, { access_token: 'at' }, { kind: 'error', error: 'unrecognised', status: 400 }],
    [200, { access_token: '' }, { kind: 'error', error: 'unrecognised', status: 200 }],
    [200, { access_token: 7 }, { kind: 'error', error: 'unrecognised', status: 200 }],
    [200, { error: 'invalid_client' }, { kind: 'error', error: 'invalid_client', status: 200 }],
    [200, '<html>', { kind: 'error', error: 'unrecognised', status: 200 }],
    [400, { error: 'invalid_grant', error_description: 'x' }, { kind: 'error', error: 'invalid_grant', status: 400 }],
    [401, { error: 'invalid_client' }, { kind: 'error', error: 'invalid_client', status: 401 }],
    [401, '', { kind: 'error', error: 'unrecognised', status: 401 }],
    [401, '<html>log in</html>', { kind: 'error', error: 'unrecognised', status: 401 }],
    [403, { message: 'Forbidden' }, { kind: 'error', error: 'unrecognised', status: 403 }],
    [400, { error: { code: 'x' } }, { kind: 'error', error: 'unrecognised', status: 400 }],
    [400, { error: 'Bad Request' }, { kind: 'error', error: 'unrecognised', status: 400 }],
    [400, { error: '::error::x' }, { kind: 'error', error: 'unrecognised', status: 400 }],
    [400, { error: 'x'.repeat(41) }, { kind: 'error', error: 'unrecognised', status: 400 }],
    [408, '', { kind: 'unreachable', reason: 'the token endpoint answered 408' }],
    [429, { error: 'slow_down' }, { kind: 'unreachable', reason: 'the token endpoint answered 429' }],
    [500, { error: 'invalid_client' }, { kind: 'unreachable', reason: 'the token endpoint answered 500' }],
    [503, '', { kind: 'unreachable', reason: 'the token endpoint answered 503' }],
  ])('%i %j is read as %j', async (status, body, read) => {
    expect((await ask(response(status, body))).answer).toEqual(read);
  });

  test.each([SECRET, `bad_${SECRET}_x`])('never shows what was sent: %s', async (error) => {
    for (const method of ['client_secret_basic', 'client_secret_post'] as const) {
      const { answer } = await ask(response(400, { error }), { method, secret: SECRET });
      expect(answer).toEqual({ kind: 'error', error: 'unrecognised', status: 400 });
    }
  });

  test('may be none, for a reason that can be told', async () => {
    const error = new RegistrarError('server_unreachable', { message: 'https://as.example cannot be reached' });
    expect((await ask(error)).answer).toEqual({
      kind: 'unreachable',
      reason: 'https://as.example cannot be reached',
    });
  });

  test('may be none, for a reason that is not told because it could quote what was sent', async () => {
    expect((await ask(new TypeError('bad header canary_secret'))).answer).toEqual({
      kind: 'unreachable',
      reason: 'the call failed',
    });
  });
});
