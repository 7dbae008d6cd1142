import { importJWK, type JWTPayload, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { clientAssertion } from '../../shared/registration/client-assertion.ts';
import { makeKeyPair } from '../../shared/registration/make-key.ts';
import { clock, countingRandom, NOW, TOKEN_ENDPOINT } from './setup.ts';

describe.each(['ES384', 'RS384', 'ES256', 'RS256'])('an assertion signed with %s', (algorithm) => {
  test('is what a server accepts as authentication of the client', async () => {
    const key = await makeKeyPair(algorithm);
    const jwt = await clientAssertion({
      clientId: 'clïent/1',
      audience: TOKEN_ENDPOINT,
      key,
      clock,
      random: countingRandom(),
    });
    const { payload, protectedHeader } = await jwtVerify(jwt, await importJWK({ ...key.publicJwk }), {
      algorithms: [algorithm],
      issuer: 'clïent/1',
      subject: 'clïent/1',
      audience: TOKEN_ENDPOINT,
      typ: 'JWT',
      currentDate: new Date(NOW),
      requiredClaims: ['exp', 'iat', 'jti'],
    });
    expect(protectedHeader).toEqual({ alg: algorithm, kid: key.keyId, typ: 'JWT' });
    expect(payload.iat).toBe(NOW / 1000);
    expect(lifeOf(payload)).toBeGreaterThan(30);
    expect(lifeOf(payload)).toBeLessThanOrEqual(300);
  });
});

test('no two assertions have the same jti', async () => {
  const key = await makeKeyPair();
  const random = countingRandom();
  const make = () => clientAssertion({ clientId: 'c', audience: TOKEN_ENDPOINT, key, clock, random });
  const ids = [await make(), await make()].map((jwt) => claims(jwt).jti);
  expect(ids[0]).toHaveLength(22);
  expect(ids[0]).not.toBe(ids[1]);
});

function lifeOf({ exp = 0, iat = 0 }: JWTPayload): number {
  return exp - iat;
}

function claims(jwt: string): JWTPayload {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as JWTPayload;
}
