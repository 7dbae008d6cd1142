import { describe, expect, test } from 'vitest';
import { isRegistrarError } from '../../../shared/errors/registrar-error.ts';
import type { Desired, ServerReference } from '../../../shared/manifest/desired.ts';
import type { JsonObject } from '../../../shared/ports/ports.ts';
import { checkDesired } from '../../../worker/policy/check-desired.ts';
import { desiredWith, entryWith, REFERENCE } from './sample-desired.ts';

/** Each problem on one line; an empty list when the wish is allowed. */
async function refusals(desired: Desired, change: object = {}): Promise<readonly string[]> {
  const entry = await entryWith(change);
  try {
    checkDesired({ desired, entry });
    return [];
  } catch (error) {
    if (!isRegistrarError(error, 'policy_refused')) throw error;
    expect(error.client).toBe('production/web');
    return error.problems.map(({ path, message }) => `${path} ${message}`);
  }
}

const inMetadata = (metadata: JsonObject, change: object = {}) => refusals(desiredWith(metadata), change);
const foreign = (path: string, host = 'evil.example') =>
  `metadata.${path} leads to ${host}, which the operator does not allow at ehr`;
const redirecting = (uri: string, change: object = {}) => inMetadata({ redirect_uris: [uri] }, change);

test('what the operator allows is taken as it is, with the server as the operator has it', async () => {
  const desired = desiredWith({}, { address: 'https://FHIR.example.org/r4/' });
  const entry = await entryWith({
    registration_endpoint: 'https://as.example.org/register',
    token_endpoint: 'https://as.example.org/token',
    issuer: 'https://as.example.org',
    configuration_endpoint_origins: ['https://manage.example.org'],
  });
  expect(checkDesired({ desired, entry })).toEqual({
    ...desired,
    server: {
      address: 'https://fhir.example.org/r4',
      registrationEndpoint: 'https://as.example.org/register',
      tokenEndpoint: 'https://as.example.org/token',
      issuer: 'https://as.example.org',
      configurationEndpointOrigins: ['https://manage.example.org'],
    },
  });
});

test('every problem is told at once', async () => {
  const desired = desiredWith(
    { redirect_uris: ['https://evil.example/cb'], scope: 'openid user/*.cruds' },
    { issuer: 'https://evil.example' },
  );
  const entry = await entryWith();
  expect(() => checkDesired({ desired, entry })).toThrow(
    'production/web asks for what is not allowed at ehr: issuer is not the one that the operator lists for ehr (and 2 more).',
  );
  expect(await refusals(desired)).toEqual([
    'issuer is not the one that the operator lists for ehr',
    foreign('redirect_uris[0]'),
    'metadata.scope has "user/*.cruds", which the operator does not allow at ehr',
  ]);
});

describe('the server', () => {
  const endpoints = {
    registration_endpoint: 'https://as.example.org/register',
    token_endpoint: 'https://as.example.org/token',
    issuer: 'https://as.example.org',
  };

  test('may be given as the operator has it, whole or in part', async () => {
    const given = {
      registrationEndpoint: endpoints.registration_endpoint,
      tokenEndpoint: endpoints.token_endpoint,
      issuer: endpoints.issuer,
      configurationEndpointOrigins: ['https://manage.example.org'],
    };
    const change = {
      ...endpoints,
      configuration_endpoint_origins: ['https://manage.example.org/', 'https://b.example'],
    };
    expect(await refusals(desiredWith({}, given), change)).toEqual([]);
    expect(await refusals(desiredWith({}, { issuer: endpoints.issuer }), change)).toEqual([]);
  });

  test.each<[string, Partial<ServerReference>, readonly string[]]>([
    [
      'another registration endpoint',
      { registrationEndpoint: 'https://evil.example/register' },
      ['registration_endpoint'],
    ],
    ['another token endpoint', { tokenEndpoint: 'https://evil.example/token' }, ['token_endpoint']],
    ['another issuer', { issuer: 'https://evil.example' }, ['issuer']],
    ['an issuer with a slash', { issuer: 'https://as.example.org/' }, ['issuer']],
  ])('may not be given %s', async (_name, given, paths) => {
    const told = paths.map((path) => `${path} is not the one that the operator lists for ehr`);
    expect(await refusals(desiredWith({}, given), endpoints)).toEqual(told);
    expect(await refusals(desiredWith({}, given))).toEqual(told);
  });

  test('may not be widened', async () => {
    const given = { configurationEndpointOrigins: ['https://manage.example.org', 'https://evil.example'] };
    expect(
      await refusals(desiredWith({}, given), { configuration_endpoint_origins: ['https://manage.example.org'] }),
    ).toEqual(['configuration_endpoint_origins has an origin that the operator does not list for ehr']);
  });

  test('may be named by its registration endpoint alone', async () => {
    const { address: _, ...reference } = REFERENCE;
    const desired = {
      ...desiredWith(),
      server: { ...reference, registrationEndpoint: endpoints.registration_endpoint },
    };
    const { server: _server, ...alone } = { server: undefined, ...endpoints };
    expect(checkDesired({ desired, entry: await entryWith({ server: undefined, ...alone }) }).server).toEqual({
      registrationEndpoint: endpoints.registration_endpoint,
      tokenEndpoint: endpoints.token_endpoint,
      issuer: endpoints.issuer,
      configurationEndpointOrigins: [],
    });
    expect(checkDesired({ desired, entry: await entryWith(endpoints) }).server.address).toBe(
      'https://fhir.example.org/r4',
    );
  });
});

describe('redirect URIs', () => {
  test.each([
    'https://app.example.org/callback',
    'https://APP.example.org/callback',
    'HTTPS://app.example.org/callback',
    'https://app.example.org:443/callback',
    'https://app.example.org',
    'https://app.example.org/a%20b?x=https://evil.example',
    'https://app.example.org/@evil.example',
    'https://pr-42.preview.example.org/callback',
  ])('%s is taken', async (uri) => {
    expect(await redirecting(uri)).toEqual([]);
  });

  test.each<[string, string]>([
    ['https://evil.example/callback', 'evil.example'],
    ['https://app.example.org.evil.example/', 'app.example.org.evil.example'],
    ['https://evil.example/?app.example.org', 'evil.example'],
    ['https://evil.example/app.example.org', 'evil.example'],
    ['https://xapp.example.org/', 'xapp.example.org'],
    ['https://example.org/', 'example.org'],
    ['https://preview.example.org/', 'preview.example.org'],
    ['https://a.b.preview.example.org/', 'a.b.preview.example.org'],
    ['https://app.example.org:8443/', 'app.example.org:8443'],
    ['https://app.example.org:80/', 'app.example.org:80'],
    ['https://app.example.org./', 'app.example.org.'],
    ['http://app.example.org:80/', ''],
    ['http://localhost:3000/', 'localhost:3000'],
    ['http://127.0.0.1/', '127.0.0.1'],
    ['https://[2001:db8::1]/', '[2001:db8::1]'],
    ['https://xn--pp-wlc.example.org/', 'xn--pp-wlc.example.org'],
  ])('%s is refused', async (uri, host) => {
    const expected =
      host === '' ? expect.stringContaining('metadata.redirect_uris[0] ') : foreign('redirect_uris[0]', host);
    expect(await redirecting(uri)).toEqual([expected]);
  });

  test.each([
    // Cyrillic, full width, another dot, zero width, soft hyphen: what browsers make of them differs.
    'https://аpp.example.org/',
    'https://ａpp.example.org/',
    'https://app。example.org/',
    'https://app\u200b.example.org/',
    'https://app\u00ad.example.org/',
    // Readers differ about who is user and who is host.
    'https://app.example.org@evil.example/',
    'https://app.example.org:443@evil.example/',
    'https://evil.example@app.example.org/',
    'https://app.example.org\\@evil.example/',
    'https://evil.example\\@app.example.org/',
    'https://evil.example#@app.example.org/',
    'https://app.example.org%40evil.example/',
    // Percent-encoding in a host, and what only some readers take away.
    'https://app%2eexample.org/',
    'https://%61pp.example.org/',
    'https://app.example.org%2eevil.example/',
    'https://app.example.org%00.evil.example/',
    'https://app.example.org\t/',
    'https://app.\nexample.org/',
    ' https://app.example.org/',
    'https://app.example.org /',
    // Addresses that are no names.
    'https:app.example.org/',
    'https:/app.example.org/',
    'https:///app.example.org/',
    '//app.example.org/',
    '/callback',
    'app.example.org',
    '*',
    'https://*/',
    'https://*.preview.example.org/',
    'https://app.example.org*/',
    'https://app.example.org/*',
    'https://app.example.org:/',
    'https://app.example.org:0443/',
    'https://app.example.org:443x/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::ffff:127.0.0.1]/',
    // Not places for codes at all.
    'javascript:alert(1)//https://app.example.org/',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://app.example.org/',
    'org.example.app:/callback',
    'urn:ietf:wg:oauth:2.0:oob',
    'https://app.example.org/../callback',
    'https://app.example.org/%2e%2e/callback',
    'https://app.example.org/#x',
    '',
  ])('%j is refused, once', async (uri) => {
    expect(await redirecting(uri)).toEqual([expect.stringMatching(/^metadata\.redirect_uris\[0\] /u)]);
  });

  test('one foreign one among others is enough', async () => {
    const uris = [
      'https://app.example.org/a',
      'https://evil.example/',
      'https://app.example.org/b',
      'https://evil2.example/',
    ];
    expect(await inMetadata({ redirect_uris: uris })).toEqual([
      foreign('redirect_uris[1]'),
      foreign('redirect_uris[3]', 'evil2.example'),
    ]);
  });

  test('schemes of apps are taken where they are listed', async () => {
    const change = { redirect_schemes: ['org.example.app', 'urn'] };
    expect(await redirecting('org.example.app:/callback', change)).toEqual([]);
    expect(await redirecting('urn:ietf:wg:oauth:2.0:oob', change)).toEqual([]);
    expect(await redirecting('org.example.app2:/callback', change)).toEqual([
      'metadata.redirect_uris[0] has the scheme org.example.app2, which the operator does not allow at ehr',
    ]);
  });

  test('this machine is taken where it is listed, on every port', async () => {
    const change = { redirect_hosts: ['localhost', '127.0.0.1', '[::1]'] };
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(await redirecting(`http://${host}:51004/callback`, change)).toEqual([]);
      expect(await redirecting(`http://${host}:80/callback`, change)).toEqual([]);
      expect(await redirecting(`http://${host}/callback`, change)).toEqual([]);
    }
    expect(await redirecting('http://127.0.0.2/', change)).toHaveLength(1);
  });
});

describe('whatever else receives codes, keys or logouts', () => {
  test.each([
    'post_logout_redirect_uris',
    'request_uris',
    'jwks_uri',
    'initiate_login_uri',
    'launch_url',
    'launch_uri',
    'frontchannel_logout_uri',
    'backchannel_logout_uri',
    'sector_identifier_uri',
  ])('%s', async (member) => {
    const list = member.endsWith('uris');
    const value = (url: string) => (list ? [url] : url);
    const place = list ? `${member}[0]` : member;
    expect(await inMetadata({ [member]: value('https://app.example.org/x') })).toEqual([]);
    expect(await inMetadata({ [member]: value('https://evil.example/x') })).toEqual([foreign(place)]);
    expect(await inMetadata({ [member]: value('https://app.example.org@evil.example/x') })).toHaveLength(1);
    expect(await inMetadata({ [member]: value('http://app.example.org/x') })).toHaveLength(1);
  });

  test.each<[string, JsonObject, string]>([
    ['a member of some server', { web_origins: ['https://evil.example'] }, 'web_origins[0]'],
    ['in other letters', { webOrigins: ['https://evil.example'] }, 'webOrigins[0]'],
    ['a member that no one knows', { x: 'https://evil.example' }, 'x'],
    ['deep inside', { x: { y: [{ z: 'https://evil.example/cb' }] } }, 'x.y[0].z'],
    ['with a language', { 'redirect_uris#fr': ['https://evil.example'] }, 'metadata["redirect_uris#fr"]'],
    [
      'in a key',
      { jwks: { keys: [{ kty: 'RSA', n: 'x', e: 'AQAB', x5u: 'https://evil.example/x' }] } },
      'jwks.keys[0].x5u',
    ],
  ])('%s', async (_name, metadata, place) => {
    expect(await inMetadata(metadata)).toEqual([
      expect.stringMatching(/leads to evil\.example, which the operator does not allow at ehr$/u),
    ]);
    if (!place.startsWith('metadata')) expect(await inMetadata(metadata)).toEqual([foreign(place)]);
  });

  test.each<[string, JsonObject]>([
    ['a pattern', { redirect_uri_patterns: ['*'] }],
    ['a host', { callback_hosts: 'evil.example' }],
    ['an app', { logout_uri: 'evil:/x' }],
    ['a relative one', { redirect_url: '//evil.example' }],
    ['any origin', { allowed_origins: ['*'] }],
  ])('what a server may take for an address: %s', async (_name, metadata) => {
    expect(await inMetadata(metadata)).toHaveLength(1);
  });

  test('but not what is only shown, or is no address', async () => {
    const shown = {
      client_uri: 'https://elsewhere.example/about',
      'client_uri#fr': 'https://elsewhere.example/fr',
      logo_uri: 'https://cdn.example/logo.png',
      tos_uri: 'https://elsewhere.example/tos',
      policy_uri: 'https://elsewhere.example/privacy',
      contacts: ['mailto:team@example.com', 'team@example.com'],
      client_name: 'https://elsewhere.example is our name',
      software_id: 'https://elsewhere.example',
      introspection_endpoint_auth_method: 'client_secret_basic',
      tier: 'gold',
      count: 3,
      flag: true,
      jwks: { keys: [{ kty: 'RSA', kid: 'a', n: 'x', e: 'AQAB' }] },
    };
    expect(await inMetadata(shown)).toEqual([]);
  });
});

describe('scopes', () => {
  test.each<[string, JsonObject, readonly string[]]>([
    ['fewer', { scope: 'openid' }, []],
    ['all', { scope: 'patient/*.rs launch/patient openid' }, []],
    ['more', { scope: 'openid offline_access' }, ['scope has "offline_access"']],
    ['a narrower one, which is another', { scope: 'patient/Observation.rs' }, ['scope has "patient/Observation.rs"']],
    ['other letters', { scope: 'OpenID' }, ['scope has "OpenID"']],
    [
      'in a member of some server',
      { default_scopes: ['openid', 'admin'], optionalScope: 'root' },
      ['default_scopes[1] has "admin"', 'optionalScope has "root"'],
    ],
  ])('%s', async (_name, metadata, expected) => {
    expect(await inMetadata(metadata)).toEqual(
      expected.map((text) => `metadata.${text}, which the operator does not allow at ehr`),
    );
  });

  test('two spaces or other separators do not hide one', async () => {
    for (const scope of ['openid  admin', 'openid\tadmin', 'openid\u00a0admin', 'openid\nadmin', '', 'openid,admin']) {
      expect((await inMetadata({ scope })).length).toBeGreaterThan(0);
    }
  });

  test('without any, the server would choose', async () => {
    const { metadata, ...rest } = desiredWith();
    const { scope: _, ...unscoped } = metadata;
    const desired = { ...rest, metadata: unscoped };
    expect(await refusals(desired)).toEqual([
      'metadata.scope is missing, so the server would choose; the operator allows only some at ehr',
    ]);
    expect(await refusals(desired, { scopes: 'any' })).toEqual([]);
    expect(await inMetadata({ scope: 'whatever' }, { scopes: 'any' })).toEqual([]);
  });
});

describe('grants, response types and authentication', () => {
  const notAllowed = (text: string) => `metadata.${text}, which the operator does not allow at ehr`;

  test.each<[string, JsonObject, object, readonly string[]]>([
    ['a code, as the standard has it', {}, {}, []],
    [
      'a code and a refresh token',
      { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
      {},
      [],
    ],
    [
      'client_credentials',
      { grant_types: ['client_credentials'] },
      {},
      [notAllowed('grant_types has "client_credentials"')],
    ],
    [
      'client_credentials where it is allowed',
      { grant_types: ['client_credentials'], response_types: [] },
      { grants: ['client_credentials'] },
      [],
    ],
    [
      'no grant, which means a code',
      { grant_types: [] },
      { grants: ['client_credentials'] },
      [notAllowed('grant_types has "authorization_code"')],
    ],
    [
      'none at all, which means a code',
      {},
      { grants: ['client_credentials'] },
      [notAllowed('grant_types has "authorization_code"')],
    ],
    ['tokens in the browser', { response_types: ['token'] }, {}, [notAllowed('response_types has "token"')]],
    [
      'tokens in the browser beside a code',
      { response_types: ['code token', 'code id_token'] },
      {},
      [notAllowed('response_types has "token"'), notAllowed('response_types has "id_token"')],
    ],
    [
      'tokens in the browser where they are allowed',
      { response_types: ['token'], grant_types: ['implicit'] },
      { grants: ['implicit'] },
      [],
    ],
    ['implicit', { grant_types: ['authorization_code', 'implicit'] }, {}, [notAllowed('grant_types has "implicit"')]],
    ['any authentication', { token_endpoint_auth_method: 'none' }, {}, []],
    [
      'no authentication',
      { token_endpoint_auth_method: 'none' },
      { auth_methods: ['client_secret_basic'] },
      [notAllowed('token_endpoint_auth_method has "none"')],
    ],
    [
      'authentication as the standard has it',
      {},
      { auth_methods: ['private_key_jwt'] },
      [notAllowed('token_endpoint_auth_method has "client_secret_basic"')],
    ],
    ['a key', { token_endpoint_auth_method: 'private_key_jwt' }, { auth_methods: ['private_key_jwt'] }, []],
    [
      'a software statement',
      { software_statement: 'a.b.c' },
      {},
      ['metadata.software_statement is the operator’s to give, since it goes before the rest'],
    ],
  ])('%s', async (_name, metadata, change, expected) => {
    expect(await inMetadata(metadata, change)).toEqual(expected);
  });
});

describe('the rules of the manifest hold here too', () => {
  test.each<[string, JsonObject, readonly RegExp[]]>([
    [
      'what only a server sets',
      { client_id: 'x', registration_access_token: 'y' },
      [/^metadata\.client_id is given by the server/u, /^metadata\.registration_access_token is given/u],
    ],
    [
      'a private key',
      { jwks: { keys: [{ kty: 'RSA', n: 'x', e: 'AQAB', d: 'canary' }] } },
      [/^metadata\.jwks\.keys\[0\]\.d is part of a private key/u],
    ],
    ['one address for a list', { redirect_uris: 'https://evil.example' }, [/^metadata\.redirect_uris is a string/u]],
    [
      'objects for addresses',
      { redirect_uris: [{ uri: 'https://evil.example' }] },
      [/^metadata\.redirect_uris\[0\] is an object/u],
    ],
    ['a list for scopes', { scope: ['admin'] }, [/^metadata\.scope is a list/u]],
    ['null', { grant_types: null }, [/^metadata\.grant_types is null/u]],
  ])('%s', async (_name, metadata, expected) => {
    expect(await inMetadata(metadata)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});
