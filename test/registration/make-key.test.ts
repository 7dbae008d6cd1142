import { calculateJwkThumbprint, compactVerify, importJWK, importPKCS8, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { DEFAULT_ALGORITHM, makeKeyPair, signWith } from '../../shared/registration/make-key.ts';
import { thrown } from './setup.ts';

const PUBLIC_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  ES256: ['crv', 'kty', 'x', 'y'],
  ES384: ['crv', 'kty', 'x', 'y'],
  RS256: ['e', 'kty', 'n'],
  RS384: ['e', 'kty', 'n'],
};

describe.each(Object.keys(PUBLIC_MEMBERS))('a key for %s', async (algorithm) => {
  const { publicJwk, keyId, privateKey } = await makeKeyPair(algorithm);

  test('has a public part for a JWKS, named by its thumbprint, with nothing private', async () => {
    expect(Object.keys(publicJwk).sort()).toEqual([...(PUBLIC_MEMBERS[algorithm] ?? []), 'alg', 'kid', 'use'].sort());
    expect(publicJwk).toMatchObject({ alg: algorithm, use: 'sig', kid: keyId });
    if (publicJwk.n !== undefined) expect(Buffer.from(String(publicJwk.n), 'base64url')).toHaveLength(3072 / 8);
    expect(keyId).toBe(await calculateJwkThumbprint({ ...publicJwk }, 'sha256'));
  });

  test('has a private part in PEM that other libraries sign with', async () => {
    expect(privateKey).toMatch(
      /^-----BEGIN PRIVATE KEY-----\n(?:[\w+/]{64}\n)+[\w+/]{1,64}={0,2}\n-----END PRIVATE KEY-----\n$/u,
    );
    const jwt = await new SignJWT({ a: 1 })
      .setProtectedHeader({ alg: algorithm })
      .sign(await importPKCS8(privateKey, algorithm));
    const { payload } = await compactVerify(jwt, await importJWK({ ...publicJwk }));
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ a: 1 });
  });
});

test('without a wish the key is for ES384, and never the same', async () => {
  const [one, other] = await Promise.all([makeKeyPair(), makeKeyPair()]);
  expect(DEFAULT_ALGORITHM).toBe('ES384');
  expect(one.publicJwk).toMatchObject({ alg: 'ES384', crv: 'P-384' });
  expect(one.keyId).not.toBe(other.keyId);
});

test.each(['PS256', 'HS256', 'none', '', 'toString', '::error::x'])('no key is made for %j', async (algorithm) => {
  const error = await thrown(makeKeyPair(algorithm));
  expect(isRegistrarError(error, 'key_unusable') && error.hint).toContain('ES384, RS384, ES256, RS256');
  expect(isRegistrarError(error) && error.message).not.toContain('::');
});

test('nothing is signed with a key of an unknown algorithm', async () => {
  const { alg: _alg, ...publicJwk } = (await makeKeyPair()).publicJwk;
  const key = { privateKey: '', keyId: 'x', publicJwk };
  expect(isRegistrarError(await thrown(signWith(key, new Uint8Array(1))), 'key_unusable')).toBe(true);
});

test.each(['', 'canary', '-----BEGIN PRIVATE KEY-----\n!canary\n-----END PRIVATE KEY-----\n'])(
  'a private key that cannot be read is refused without being shown: %j',
  async (privateKey) => {
    const key = { ...(await makeKeyPair()), privateKey };
    const error = await thrown(signWith(key, new Uint8Array(1)));
    expect(isRegistrarError(error, 'key_unusable')).toBe(true);
    expect(String(error)).not.toContain('canary');
  },
);
