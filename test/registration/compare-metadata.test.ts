import { describe, expect, test } from 'vitest';
import type { Json } from '../../shared/ports/ports.ts';
import { changedMembers, compareGranted, sameMetadata } from '../../shared/registration/compare-metadata.ts';

const EC = { kty: 'EC', crv: 'P-384', x: 'x1', y: 'y1' };
const RSA = { kty: 'RSA', n: 'n1', e: 'AQAB' };

describe('two values ask for the same', () => {
  test.each<readonly [string, Json | undefined, Json | undefined]>([
    ['redirect_uris', ['https://a.example', 'https://b.example'], ['https://b.example', 'https://a.example']],
    ['redirect_uris', ['https://a.example'], 'https://a.example'],
    ['redirect_uris', ['https://a.example', 'https://a.example'], ['https://a.example']],
    ['token_endpoint_auth_method', 'client_secret_basic', ['client_secret_basic']],
    ['contacts', [], undefined],
    ['contacts', null, undefined],
    ['client_name', '', undefined],
    ['client_name', null, ''],
    ['response_types', [], null],
    ['scope', 'openid launch', 'launch  openid\n'],
    ['scope', 'openid launch', ['launch', 'openid']],
    ['scope', 'openid', 'openid openid'],
    ['scope', ' ', undefined],
    ['jwks', { keys: [EC, RSA] }, { keys: [{ ...RSA, alg: 'RS384', use: 'sig', x5c: [] }, EC] }],
    ['jwks', { keys: [] }, undefined],
    ['jwks', {}, undefined],
    ['jwks', { keys: 'odd' }, undefined],
    ['jwks', { keys: ['odd', null, ['x']] }, { keys: [['x'], null, 'odd'] }],
    ['x-custom', { a: 1, b: { c: [1, 2], d: null } }, { b: { d: null, c: [1, 2] }, a: 1 }],
    ['x-custom', [{ a: 1, b: 2 }], [{ b: 2, a: 1 }]],
    ['default_max_age', 3600, 3600],
    ['require_auth_time', false, false],
  ])('%s: %j and %j', (member, one, other) => {
    const wrap = (value: Json | undefined) => (value === undefined ? {} : { [member]: value });
    expect(changedMembers(wrap(one), wrap(other))).toEqual([]);
    expect(sameMetadata(wrap(other), wrap(one))).toBe(true);
  });
});

describe('two values ask for something else', () => {
  test.each<readonly [string, Json | undefined, Json | undefined]>([
    ['redirect_uris', ['https://a.example'], ['https://a.example/']],
    ['redirect_uris', ['https://a.example'], ['https://a.example', 'https://b.example']],
    ['redirect_uris', ['a,b'], ['a', 'b']],
    ['redirect_uris', ['a","b'], ['a', 'b']],
    ['client_name', 'One two', 'two One'],
    ['client_name', 'One', undefined],
    ['scope', 'openid', 'openid profile'],
    ['scope', 'openid', undefined],
    ['scope', 'patient/*.rs', 'patient/*.RS'],
    ['jwks', { keys: [EC] }, { keys: [{ ...EC, x: 'x2' }] }],
    ['jwks', { keys: [{ ...EC, kid: '1' }] }, { keys: [{ ...EC, kid: '2' }] }],
    ['jwks', { keys: [EC] }, { keys: [EC, RSA] }],
    ['jwks', { keys: [EC] }, undefined],
    ['x-custom', { a: 1 }, { a: '1' }],
    ['x-custom', { a: [1, 2] }, { a: [2, 1] }],
    ['default_max_age', 3600, 60],
    ['default_max_age', 0, undefined],
    ['require_auth_time', false, undefined],
  ])('%s: %j and %j', (member, one, other) => {
    const wrap = (value: Json | undefined) => (value === undefined ? {} : { [member]: value });
    expect(changedMembers(wrap(one), wrap(other))).toEqual([member]);
    expect(sameMetadata(wrap(other), wrap(one))).toBe(false);
  });
});

test('the members that changed are named once each, sorted', () => {
  expect(
    changedMembers({ scope: 'a', client_name: 'x', jwks_uri: 'u' }, { scope: 'b', jwks_uri: 'u', contacts: ['c'] }),
  ).toEqual(['client_name', 'contacts', 'scope']);
});

describe('what was granted', () => {
  test('is compared over what was asked: additions of the server do not count', () => {
    expect(compareGranted({ scope: 'openid' }, { scope: 'openid', application_type: 'web', contacts: ['c'] })).toEqual(
      [],
    );
  });

  test('is shown beside what was asked where it differs', () => {
    const asked = { scope: 'openid', token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] };
    const granted = { scope: 'openid profile', token_endpoint_auth_method: ['client_secret_post'], grant_types: [] };
    expect(compareGranted(asked, granted)).toEqual([
      { member: 'grant_types', asked: ['authorization_code'] },
      { member: 'scope', asked: 'openid', granted: 'openid profile' },
      { member: 'token_endpoint_auth_method', asked: 'none', granted: ['client_secret_post'] },
    ]);
  });

  test.each<{ readonly software_id?: Json }>([{}, { software_id: null }, { software_id: '' }, { software_id: [] }])(
    'is not there in an answer of %j',
    (granted) => {
      expect(compareGranted({ software_id: 'app' }, granted)).toEqual([{ member: 'software_id', asked: 'app' }]);
    },
  );

  test.each<Json>([null, '', []])('does not matter where %j was asked', (asked) => {
    expect(compareGranted({ client_name: asked }, { client_name: 'Self registered client' })).toEqual([]);
  });
});
