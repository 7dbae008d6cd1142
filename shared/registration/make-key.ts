import { fromBase64, toBase64, toBase64Url } from '../base64/base64.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { JsonObject } from '../ports/ports.ts';
import type { KeyPair } from '../record/record.ts';

// One object each for making, importing and signing: Web Crypto passes over the members it does not need.
const rsa = (hash: string) =>
  ({ name: 'RSASSA-PKCS1-v1_5', hash, modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]) }) as const;
const ec = (namedCurve: string, hash: string) => ({ name: 'ECDSA', namedCurve, hash }) as const;

type Algorithm = ReturnType<typeof rsa> | ReturnType<typeof ec>;
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Algorithms a client assertion can be signed with here; SMART asks servers for ES384 or RS384. */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  ES384: ec('P-384', 'SHA-384'),
  RS384: rsa('SHA-384'),
  ES256: ec('P-256', 'SHA-256'),
  RS256: rsa('SHA-256'),
};

/** The algorithm a key is made for when the metadata asks for none. */
export const DEFAULT_ALGORITHM = 'ES384';

/**
 * Makes a key pair for `private_key_jwt`. The key id is the RFC 7638 thumbprint; the public key is fit for a JWKS
 * (RFC 7517), the private key is PKCS#8 in PEM. Throws `key_unusable` for an algorithm that is not supported.
 */
export async function makeKeyPair(algorithm: string = DEFAULT_ALGORITHM): Promise<KeyPair> {
  const made = await crypto.subtle.generateKey(known(algorithm), true, ['sign', 'verify']);
  const pair = made as { readonly privateKey: Key; readonly publicKey: Key };
  const exported = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as unknown as Readonly<
    Record<string, unknown>
  >;
  const required = publicMembers(exported);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(required)));
  const keyId = toBase64Url(new Uint8Array(digest));
  const pkcs8 = new Uint8Array((await crypto.subtle.exportKey('pkcs8', pair.privateKey)) as ArrayBuffer);
  const lines = toBase64(pkcs8).match(/.{1,64}/gu) as string[];
  return {
    privateKey: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
    keyId,
    publicJwk: { ...required, kid: keyId, alg: algorithm, use: 'sig' },
  };
}

/** Signs bytes with the private key of a pair that {@link makeKeyPair} made. Throws `key_unusable` for any other. */
export async function signWith(key: KeyPair, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const algorithm = known(String(key.publicJwk.alg));
  return new Uint8Array(await crypto.subtle.sign(algorithm, await importKey(key.privateKey, algorithm), bytes));
}

async function importKey(pem: string, algorithm: Algorithm): Promise<Key> {
  const der = fromBase64(pem.replace(/-----[^-]+-----|\s/gu, '')) ?? new Uint8Array();
  try {
    return await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  } catch {
    throw new RegistrarError('key_unusable', { message: 'The private key of the client cannot be read.' });
  }
}

function known(algorithm: string): Algorithm {
  const found = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  if (found !== undefined) return found;
  throw new RegistrarError('key_unusable', {
    message: 'No key can be made for the signing algorithm in token_endpoint_auth_signing_alg.',
    hint: `Use one of ${Object.keys(ALGORITHMS).join(', ')}, or give a public key of your own with jwks_uri.`,
  });
}

/** The members of a thumbprint, in the order RFC 7638 section 3.2 wants. */
function publicMembers(jwk: Readonly<Record<string, unknown>>): JsonObject {
  const members = ['crv', 'e', 'kty', 'n', 'x', 'y'].flatMap((name) => {
    const value = jwk[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return Object.fromEntries(members);
}
