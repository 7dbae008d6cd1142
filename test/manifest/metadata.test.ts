import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/ports/ports.ts';
import { manifestOf, metadataProblems, only, problems, read } from './reading.ts';

const CALLBACK = 'https://app.example.com/cb';
const warnings = (metadata: Record<string, Json>, type?: string) =>
  read(
    manifestOf({ metadata: { redirect_uris: [CALLBACK], ...metadata }, ...(type === undefined ? {} : { type }) }),
  ).warnings.map(({ message }) => message);

describe('a redirect URI', () => {
  it.each([
    CALLBACK,
    'https://app.example.com',
    'https://app.example.com/cb?tenant=a%20b',
    'https://app.example.com:8443/cb/',
    'http://localhost:8000/callback',
    'http://127.0.0.1/cb',
    'http://[::1]:3000/cb',
    'com.example.app:/cb',
    'com.example.app://cb',
  ])('may be %s, and is sent as it is written', (uri) => {
    const metadata = { redirect_uris: [uri], application_type: 'native' };
    expect(only(read(manifestOf({ metadata }))).metadata).toEqual(metadata);
  });

  it.each([
    ['/cb', 'is not an absolute URL'],
    ['app.example.com/cb', 'is not an absolute URL'],
    ['', 'is not an absolute URL'],
    ['http://app.example.com/cb', 'is http'],
    ['http://localhost.evil.example/cb', 'is http'],
    ['http://127.0.0.1.evil.example/cb', 'is http'],
    ['https://app.example.com/cb#', 'has a fragment'],
    ['com.example.app:/cb#x', 'has a fragment'],
    ['javascript:alert(1)', 'must not use javascript:'],
    ['JavaScript:alert(1)', 'must not use javascript:'],
    ['data:text/html,x', 'must not use data:'],
    ['file:///etc/passwd', 'must not use file:'],
    ['https://user@app.example.com/cb', 'has a user name or password'],
    ['https://:secret@app.example.com/cb', 'has a user name or password'],
    ['https://app.example.com/a/../cb', 'has a . or .. in its path'],
    ['https://app.example.com/a/%2E%2e', 'has a . or .. in its path'],
    ['https://app.example.com/a b', 'has a character'],
    ['https://app.example.com/a\\b', 'has a character'],
    ['https://app.example.com/%zz', 'has a character'],
    ['https://bücher.example/cb', 'has a character'],
    ['https://app.example.com/\u212a', 'has a character'],
    ['https:///cb', 'is not a valid URL'],
    ['https:cb', 'is not a valid URL'],
    ['https://app.example.com:99999/cb', 'is not a valid URL'],
  ])('cannot be %j', (uri, message) => {
    expect(metadataProblems({ redirect_uris: [CALLBACK, uri] })).toEqual([
      expect.stringMatching(/^redirect_uris\[1\]: /u),
    ]);
    expect(metadataProblems({ redirect_uris: [uri] })[0]).toContain(message);
  });

  it('does not show more of a hostile value than a line', () => {
    const [line] = metadataProblems({ redirect_uris: [`\n::set-output name=x::${'y'.repeat(1000)}`] });
    expect(line).not.toMatch(/\n|::set-output/u);
    expect(line?.length).toBeLessThan(300);
  });

  it.each([
    [['authorization_code'], []],
    [['implicit'], ['token']],
  ])('is needed for %j', (grants) => {
    const response = grants.includes('implicit') ? ['token'] : ['code'];
    expect(metadataProblems({ redirect_uris: [], grant_types: grants, response_types: response })).toEqual([
      'redirect_uris: is missing or empty; expected at least one redirect URI, or a grant that needs none',
    ]);
  });

  it('may come with a software statement instead', () => {
    const metadata = { software_statement: 'a.b.c' };
    expect(only(read(manifestOf({ metadata }))).metadata).toEqual(metadata);
    const overrides = { hasSoftwareStatement: true };
    expect(only(read(manifestOf({ metadata: {} }), { overrides })).metadata).toEqual({});
  });

  it('with a scheme of an app belongs to a native client', () => {
    const metadata = { redirect_uris: ['com.example.app:/cb'] };
    expect(metadataProblems({ ...metadata, application_type: 'web' })).toEqual([
      'redirect_uris[0]: has a scheme of an app; expected application_type: native',
    ]);
    expect(warnings(metadata)).toEqual(['has a scheme of an app']);
    expect(warnings({ ...metadata, application_type: 'native' })).toEqual([]);
  });
});

describe('other URLs in metadata', () => {
  it.each<[string, Json]>([
    ['client_uri', 'http://app.example.com'],
    ['launch_url', 'http://localhost:8000/launch'],
    ['logo_uri#fr', 'https://app.example.com/logo.png'],
    ['initiate_login_uri', 'http://localhost:8000/launch'],
    ['jwks_uri', 'https://app.example.com/jwks.json'],
    ['request_uris', ['https://app.example.com/request.jwt#hash']],
    ['post_logout_redirect_uris', ['http://localhost:8000/bye']],
  ])('%s may be %j', (member, value) => {
    expect(warnings({ [member]: value })).toEqual([]);
  });

  it.each<[string, Json, string]>([
    [
      'client_uri',
      'javascript:alert(1)',
      'client_uri: "javascript:alert(1)" must not use javascript:; expected https://…',
    ],
    ['tos_uri', 'ftp://app.example.com', 'tos_uri: "ftp://app.example.com" must not use ftp:; expected https://…'],
    ['jwks_uri', 'http://localhost/jwks', 'jwks_uri: "http://localhost/jwks" is http; expected https'],
    ['logo_uri#fr', '/logo.png', 'logo_uri#fr: "/logo.png" is not an absolute URL; expected https://…'],
    [
      'initiate_login_uri',
      'http://app.example.com',
      'initiate_login_uri: "http://app.example.com" is http; expected https, or http to this machine (localhost or 127.0.0.1)',
    ],
  ])('%s cannot be %j', (member, value, line) => {
    expect(metadataProblems({ [member]: value })).toEqual([line]);
  });

  it('may be http to this machine when that is allowed', () => {
    const metadata = { redirect_uris: [CALLBACK], jwks_uri: 'http://localhost:3000/jwks' };
    expect(only(read(manifestOf({ metadata }), { insecureLoopback: true })).metadata).toEqual(metadata);
  });
});

describe('grants and response types', () => {
  it.each<[string, Record<string, Json>]>([
    ['nothing, by the defaults of the standard', {}],
    ['code', { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }],
    ['a hybrid', { grant_types: ['authorization_code', 'implicit'], response_types: ['code id_token', 'code'] }],
    ['none of both', { grant_types: ['client_credentials'], response_types: [] }],
    ['a device', { grant_types: ['urn:ietf:params:oauth:grant-type:device_code'], response_types: [] }],
  ])('agree with %s', (_, metadata) => {
    expect(only(read(manifestOf({ metadata: { redirect_uris: [CALLBACK], ...metadata } }))).metadata).toMatchObject(
      metadata,
    );
  });

  it.each<[Record<string, Json>, readonly string[]]>([
    [
      { grant_types: ['authorization_code'], response_types: [] },
      ['response_types: has no code, which authorization_code needs; expected code'],
    ],
    [{ response_types: [] }, ['response_types: has no code, which authorization_code needs; expected code']],
    [
      { grant_types: ['client_credentials'], response_types: ['code'] },
      ['grant_types: has no authorization_code, which code needs; expected authorization_code'],
    ],
    [
      { grant_types: ['implicit'], response_types: [] },
      ['response_types: has no token or id_token, which implicit needs; expected token'],
    ],
    [
      { grant_types: ['authorization_code'], response_types: ['code', 'token'] },
      ['grant_types: has no implicit, which token and id_token need; expected implicit'],
    ],
    [{ grant_types: [], response_types: [] }, ['grant_types: is empty; expected at least one grant']],
  ])('of %j do not', (metadata, lines) => {
    expect(metadataProblems(metadata)).toEqual(lines);
  });

  it.each<[Record<string, Json>, readonly string[]]>([
    [{ grant_types: ['implicit'], response_types: ['token'] }, ['has implicit, which is no longer considered safe']],
    [{ grant_types: ['password'], response_types: [] }, ['has password, which is no longer considered safe']],
    [
      { grant_types: ['client_credentials'] },
      ['has no authorization_code, but without response_types the standard means code'],
    ],
  ])('of %j are sent with a warning', (metadata, expected) => {
    expect(warnings(metadata)).toEqual(expected);
  });

  it('do not let a client without credentials use client_credentials', () => {
    expect(
      metadataProblems({ grant_types: ['client_credentials'], response_types: [], token_endpoint_auth_method: 'none' }),
    ).toEqual([
      'grant_types: has client_credentials, which a client without a secret or key cannot use; expected type: confidential or backend',
    ]);
  });
});

describe('members of metadata', () => {
  it.each<[string, Record<string, Json>, string]>([
    ['a scope as a list', { scope: ['a', 'b'] }, 'scope: is a list; expected a string with spaces between the scopes'],
    ['a scope with a line break', { scope: 'openid\n' }, 'scope: has characters that a scope cannot have'],
    ['a scope with two spaces', { scope: 'openid  profile' }, 'scope: has characters that a scope cannot have'],
    [
      'contacts as a string',
      { contacts: 'a@example.com' },
      'contacts: is a string; expected a list: ["a@example.com"]',
    ],
    ['a number as a name', { client_name: 12 }, 'client_name: is a number; expected a string: put it in quotes'],
    ['a number among strings', { contacts: ['a', 1] }, 'contacts[1]: is a number; expected a string: put it in quotes'],
    ['null for a known member', { client_name: null }, 'client_name: is null; expected a string, or nothing at all'],
    [
      'null for an unknown member',
      { fhir_versions: null },
      'fhir_versions: is null; expected a value, or nothing at all',
    ],
    ['a string for a boolean', { require_auth_time: 'yes' }, 'require_auth_time: is a string; expected true or false'],
    [
      'a negative age',
      { default_max_age: -1 },
      'default_max_age: is empty or negative; expected a value, or nothing at all',
    ],
    ['half an age', { default_max_age: 1.5 }, 'default_max_age: is a number; expected a whole number'],
    [
      'a language that is none',
      { 'client_name#': 'x' },
      'client_name#: has "" as its language; expected a language tag such as fr or ja-Jpan-JP',
    ],
    ['a localised number for a URL', { 'logo_uri#fr': 1 }, 'logo_uri#fr: is not a string; expected a string'],
    ['a localised number', { 'client_name#fr': 1 }, 'client_name#fr: is not a string; expected a string'],
    ['jwks that is a list', { jwks: [] }, 'jwks: is a list; expected an object'],
    ['jwks without keys', { jwks: {} }, 'jwks.keys: is missing; expected a list'],
    ['jwks with no keys', { jwks: { keys: [] } }, 'jwks.keys: is empty or negative'],
    ['a key without a type', { jwks: { keys: [{}] } }, 'jwks.keys[0].kty: is missing; expected a string'],
    [
      'jwks as well as jwks_uri',
      { jwks: { keys: [{ kty: 'EC' }] }, jwks_uri: 'https://app.example.com/jwks' },
      'jwks_uri: is given together with jwks; expected one of the two',
    ],
    [
      'no algorithm',
      { token_endpoint_auth_signing_alg: 'none' },
      'token_endpoint_auth_signing_alg: is none; expected an algorithm such as ES384',
    ],
    [
      'a shared secret as a key',
      { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'HS256' },
      'token_endpoint_auth_signing_alg: is an algorithm for shared secrets',
    ],
    [
      'an enc without its alg',
      { userinfo_encrypted_response_enc: 'A256GCM' },
      'userinfo_encrypted_response_enc: needs userinfo_encrypted_response_alg',
    ],
    [
      'unsigned ID tokens in the browser',
      { id_token_signed_response_alg: 'none', grant_types: ['implicit'], response_types: ['id_token'] },
      'id_token_signed_response_alg: is none, but ID tokens come through the browser',
    ],
    [
      'pairwise without a sector',
      { subject_type: 'pairwise', redirect_uris: [CALLBACK, 'https://other.example/cb'] },
      'subject_type: is pairwise and the redirect URIs have several hosts',
    ],
  ])('cannot have %s', (_, metadata, start) => {
    const [line, ...more] = metadataProblems(metadata);
    expect(line?.slice(0, start.length)).toBe(start);
    expect(more).toEqual([]);
  });

  it.each([
    'client_id',
    'client_secret',
    'registration_access_token',
    'registration_client_uri',
    'client_id_issued_at',
    'client_secret_expires_at',
  ])('cannot ask for %s, which servers give', (member) => {
    expect(metadataProblems({ [member]: 'x' })).toEqual([
      `${member}: is given by the server and cannot be asked for; expected the manifest without it`,
    ]);
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])(
    'cannot have the private member %s in a key, and its value is not shown',
    (member) => {
      const lines = metadataProblems({ jwks: { keys: [{ kty: 'EC' }, { kty: 'EC', [member]: 'c2VjcmV0' }] } });
      expect(lines).toEqual([
        `jwks.keys[1].${member}: is part of a private key and would be sent to the server; expected the public key only; if this file was ever pushed, make a new key`,
      ]);
    },
  );

  it('pass through when they are unknown, also nested null and localised ones', () => {
    const metadata = {
      redirect_uris: [CALLBACK],
      fhir_versions: ['4.0.1', 4],
      'client_name#ja-Jpan-JP': 'クライアント',
      'fhir_versions#x y': 1,
      'scope#fr': 1,
      nested: { a: [null, { b: true, c: 'x' }], constructor: 'y' },
    };
    expect(only(read(manifestOf({ metadata }))).metadata).toEqual(metadata);
  });

  it.each([
    ['redirect_uri', 'redirect_uris'],
    ['logo_url', 'logo_uri'],
    ['scopes', 'scope'],
  ])('are pointed out when %s is probably meant to be %s', (member, expected) => {
    const { warnings: found } = read(manifestOf({ metadata: { redirect_uris: [CALLBACK], [member]: 'x' } }));
    expect(found).toEqual([
      {
        path: `clients.web.metadata.${member}`,
        line: 1,
        message: 'is not a member we know and is sent as it is',
        expected,
      },
    ]);
  });

  it('with URLs of their own are filled as URLs', () => {
    const metadata = {
      redirect_uris: [CALLBACK],
      start_url: 'https://app.example.com/${branch}',
      pages: { help: 'https://app.example.com/${branch}', note: '${branch}' },
      list: ['${url}/${branch}'],
      contacts: ['https://app.example.com/${branch}'],
    };
    expect(only(read(manifestOf({ metadata }))).metadata).toEqual({
      redirect_uris: [CALLBACK],
      start_url: 'https://app.example.com/feature%2Fx',
      pages: { help: 'https://app.example.com/feature%2Fx', note: 'feature/x' },
      list: ['https://app.example.com/feature%2Fx'],
      contacts: ['https://app.example.com/feature/x'],
    });
  });

  it('are not judged together while one of them is wrong', () => {
    expect(problems(manifestOf({ metadata: { grant_types: 'implicit', redirect_uris: ['/cb'] } }))).toEqual([
      'manifest_invalid',
      'line 1: clients.web.metadata.grant_types: is a string; expected a list: ["implicit"]',
      'line 1: clients.web.metadata.redirect_uris[0]: "/cb" is not an absolute URL; expected https://…',
    ]);
  });
});
