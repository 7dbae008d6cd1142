import { toBase64Url } from '../base64/base64.ts';
import type { Clock, JsonObject, Random } from '../ports/ports.ts';
import type { KeyPair } from '../record/record.ts';
import { signWith } from './make-key.ts';

/** Life of an assertion; SMART allows five minutes. */
const ASSERTION_SECONDS = 120;

/** A signed JWT that authenticates a client (RFC 7523 section 2.2; SMART App Launch, asymmetric authentication). */
export async function clientAssertion({
  clientId,
  audience,
  key,
  clock,
  random,
}: {
  readonly clientId: string;
  readonly audience: string;
  readonly key: KeyPair;
  readonly clock: Clock;
  readonly random: Random;
}): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  const claims: JsonObject = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    iat: now,
    exp: now + ASSERTION_SECONDS,
    jti: toBase64Url(random.bytes(16)),
  };
  const input = [{ alg: String(key.publicJwk.alg), kid: key.keyId, typ: 'JWT' }, claims].map(encode).join('.');
  return `${input}.${toBase64Url(await signWith(key, Uint8Array.from(new TextEncoder().encode(input))))}`;
}

function encode(part: JsonObject): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify(part)));
}
