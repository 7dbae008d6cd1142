import { describe, expect, test } from 'vitest';
import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import { type InitialAccess, obtainInitialAccessToken } from '../../shared/registration/initial-access-token.ts';
import { fakeHttp, response, thrown } from './setup.ts';

const CREDENTIALS: InitialAccess = { kind: 'client_credentials', clientId: 'registrar', clientSecret: 'canary-secret' };
const TOKEN_ENDPOINT = 'https://as.example/token?tenant=canary';

function obtain(given: ReturnType<typeof response> | Error, access = CREDENTIALS, tokenEndpoint?: string) {
  const { http, requests } = fakeHttp(() => given);
  return { token: obtainInitialAccessToken({ http, access, tokenEndpoint }), requests };
}

describe('an initial access token', () => {
  test('that is given is used as it is, and nothing is asked', async () => {
    const { token, requests } = obtain(response(500), { kind: 'token', token: 'given' });
    expect(await token).toBe('given');
    expect(requests).toEqual([]);
  });

  test.each([
    [undefined, { grant_type: 'client_credentials' }],
    ['dcr', { grant_type: 'client_credentials', scope: 'dcr' }],
  ])('is fetched with a client_credentials grant, scope %s', async (scope, form) => {
    const access = scope === undefined ? CREDENTIALS : { ...CREDENTIALS, scope };
    const { token, requests } = obtain(response(200, { access_token: 'fetched' }), access, TOKEN_ENDPOINT);
    expect(await token).toBe('fetched');
    expect(requests).toHaveLength(1);
    expect(requests[0]?.url).toBe(TOKEN_ENDPOINT);
    expect(requests[0]?.headers?.Authorization).toBe(`Basic ${btoa('registrar:canary-secret')}`);
    expect(Object.fromEntries(new URLSearchParams(requests[0]?.body))).toEqual(form);
  });

  test.each([
    [response(401, { error: 'invalid_client' }), 'registration_refused', 'it answered 401 invalid_client.'],
    [response(400, { error: 'canary-secret' }), 'registration_refused', 'it answered 400 unrecognised.'],
    [response(503), 'server_no_answer', 'the token endpoint answered 503.'],
    [new RegistrarError('server_unreachable', { message: 'no route' }), 'server_no_answer', 'no route.'],
  ] as const)('that is not to be had is explained without secrets: %#', async (given, code, end) => {
    const error = await thrown(obtain(given, CREDENTIALS, TOKEN_ENDPOINT).token);
    expect(isRegistrarError(error, code)).toBe(true);
    expect(error).toMatchObject({
      server: 'https://as.example/token',
      message: expect.stringMatching(/^No initial access token/u),
    });
    expect(String(error)).toContain(`https://as.example/token`);
    expect(String(error).endsWith(end)).toBe(true);
    expect(JSON.stringify(error) + String(error)).not.toContain('canary');
  });

  test('cannot be fetched where the server names no token endpoint', async () => {
    const { token, requests } = obtain(response(200, { access_token: 'x' }));
    const error = await thrown(token);
    expect(isRegistrarError(error, 'registration_refused') && error.hint).toContain('`token_endpoint`');
    expect(requests).toEqual([]);
  });
});
