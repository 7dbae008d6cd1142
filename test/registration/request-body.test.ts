import { describe, expect, test } from 'vitest';
import { authMethod, registerBody, updateBody, usesSecret } from '../../shared/registration/request-body.ts';

const KEY = { kty: 'EC', crv: 'P-384', x: 'x', y: 'y', kid: 'k' };

describe('the body of a registration', () => {
  test('is the metadata as it was asked for', () => {
    const requested = { client_name: 'App', redirect_uris: [], 'client_name#fr': 'Appli', 'x-custom': { a: null } };
    expect(registerBody(requested, {})).toEqual(requested);
  });

  test('has nothing that servers refuse for being nothing', () => {
    expect(registerBody({ client_name: '', logo_uri: null, response_types: [] }, {})).toEqual({ response_types: [] });
  });

  test.each([
    ['with a name', { client_name: 'App' }, 'App [or-1]'],
    ['with an empty name', { client_name: '' }, 'or-1'],
    ['without a name', {}, 'or-1'],
    ['with an odd name', { client_name: 7 }, 'or-1'],
  ])('carries the marker where an operator sees it, %s', (_how, requested, client_name) => {
    expect(registerBody(requested, { marker: 'or-1' })).toEqual({ client_name });
  });

  test('carries the public key that was made', () => {
    expect(registerBody({ scope: 'x' }, { publicJwk: KEY })).toEqual({ scope: 'x', jwks: { keys: [KEY] } });
  });
});

describe('the body of an update', () => {
  const body = (more: Partial<Parameters<typeof updateBody>[0]>) =>
    updateBody({ clientId: 'client-1', granted: {}, before: {}, wanted: {}, additions: {}, ...more });

  test('names the client', () => {
    expect(body({})).toEqual({ client_id: 'client-1' });
  });

  test('repeats what the server answered and puts what is wanted over it', () => {
    const granted = { scope: 'openid', application_type: 'web', grant_types: ['authorization_code'] };
    expect(body({ granted, wanted: { scope: 'openid profile' } })).toEqual({
      client_id: 'client-1',
      scope: 'openid profile',
      application_type: 'web',
      grant_types: ['authorization_code'],
    });
  });

  test.each([
    'registration_access_token',
    'registration_client_uri',
    'client_secret',
    'client_secret_expires_at',
    'client_secret_issued_at',
    'client_id_issued_at',
    'client_id_expires_at',
    'created_at',
    'updated_at',
    'owner_username',
  ])('never repeats %s', (member) => {
    expect(body({ granted: { [member]: 'canary', scope: 'openid' } })).toEqual({
      client_id: 'client-1',
      scope: 'openid',
    });
  });

  test('names the client by its own id, whatever was answered', () => {
    expect(body({ granted: { client_id: 'other' } })).toEqual({ client_id: 'client-1' });
  });

  test('repeats no nothing', () => {
    const granted = { logo_uri: null, client_uri: '', contacts: [], require_auth_time: false, default_max_age: 0 };
    expect(body({ granted, wanted: { tos_uri: '' } })).toEqual({
      client_id: 'client-1',
      contacts: [],
      require_auth_time: false,
      default_max_age: 0,
    });
  });

  test('repeats no empty object, which servers answer for what they refuse to be sent', () => {
    const granted = { metadata: {}, claims: { id: {} }, jwks: {}, jwks_uri: 'https://app.example/jwks' };
    expect(body({ granted, wanted: { custom: {} } })).toEqual({
      client_id: 'client-1',
      claims: { id: {} },
      jwks_uri: 'https://app.example/jwks',
      custom: {},
    });
  });

  test('leaves out what was asked for before and is no longer wanted', () => {
    const granted = { contacts: ['a@example.org'], software_id: 'app', application_type: 'web' };
    const before = { contacts: ['a@example.org'], software_id: 'app' };
    expect(body({ granted, before, wanted: { software_id: 'app' } })).toEqual({
      client_id: 'client-1',
      software_id: 'app',
      application_type: 'web',
    });
  });

  test('has the secret only where it is given', () => {
    expect(body({ granted: { client_secret: 'old' }, clientSecret: 'secret-1' })).toEqual({
      client_id: 'client-1',
      client_secret: 'secret-1',
    });
  });

  test('has marker and key like a registration', () => {
    expect(body({ wanted: { client_name: 'App' }, additions: { marker: 'or-1', publicJwk: KEY } })).toEqual({
      client_id: 'client-1',
      client_name: 'App [or-1]',
      jwks: { keys: [KEY] },
    });
  });

  const URI = 'https://app.example/jwks';
  const OLD = { keys: [{ kty: 'EC', kid: 'old' }] };
  const NEW = { keys: [{ kty: 'EC', kid: 'new' }] };
  test.each([
    ['a set for an address', { jwks_uri: URI }, { jwks: NEW }, { jwks: NEW }],
    ['an address for a set', { jwks: OLD }, { jwks_uri: URI }, { jwks_uri: URI }],
    ['a set for both', { jwks: OLD, jwks_uri: URI }, { jwks: NEW }, { jwks: NEW }],
    ['an address for both', { jwks: OLD, jwks_uri: URI }, { jwks_uri: URI }, { jwks_uri: URI }],
    ['nothing for both', { jwks: OLD, jwks_uri: URI }, {}, { jwks_uri: URI }],
    ['nothing for a set', { jwks: OLD }, {}, { jwks: OLD }],
    ['nothing for an address', { jwks_uri: URI }, {}, { jwks_uri: URI }],
    ['nothing for a set beside an empty address', { jwks: OLD, jwks_uri: '' }, {}, { jwks: OLD }],
  ])('never has keys twice: %s', (_change, granted, wanted, keys) => {
    expect(body({ granted, wanted })).toEqual({ client_id: 'client-1', ...keys });
  });

  test('takes keys away that are no longer wanted', () => {
    expect(body({ granted: { jwks: OLD }, before: { jwks: OLD } })).toEqual({ client_id: 'client-1' });
  });
});

test.each([
  [
    'as answered',
    { token_endpoint_auth_method: 'client_secret_post' },
    { token_endpoint_auth_method: 'none' },
    'client_secret_post',
  ],
  ['as answered in a list', { token_endpoint_auth_method: ['none'] }, {}, 'none'],
  ['as asked where the answer is silent', {}, { token_endpoint_auth_method: 'none' }, 'none'],
  [
    'as asked where the answer is empty',
    { token_endpoint_auth_method: '' },
    { token_endpoint_auth_method: 'none' },
    'none',
  ],
  [
    'as asked where the answer is odd',
    { token_endpoint_auth_method: [7] },
    { token_endpoint_auth_method: 'none' },
    'none',
  ],
  [
    'as asked where the answer is an empty list',
    { token_endpoint_auth_method: [] },
    { token_endpoint_auth_method: 'none' },
    'none',
  ],
  ['the default of RFC 7591 where nobody says', {}, {}, 'client_secret_basic'],
])('the authentication method is %s', (_how, granted, requested, method) => {
  expect(authMethod(granted, requested)).toBe(method);
});

test.each([
  ['client_secret_basic', true],
  ['client_secret_post', true],
  ['client_secret_jwt', true],
  ['none', false],
  ['private_key_jwt', false],
  ['tls_client_auth', false],
])('%s uses a secret: %s', (method, uses) => {
  expect(usesSecret(method)).toBe(uses);
});
