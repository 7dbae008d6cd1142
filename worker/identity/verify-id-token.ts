import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Clock } from '../../shared/ports/ports.ts';
import type { Config } from '../config/config.ts';
import type { Identity } from './identity.ts';
import { missingToken, otherAudience, outOfTime, untrustedToken } from './identity-error.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { readClaims } from './read-claims.ts';

/** Clocks differ by this much, in seconds. */
const SKEW_SECONDS = 30;
/** GitHub's have 1 to 3 KB; custom properties add to them. */
const LONGEST_TOKEN = 16_384;
const ALGORITHM = 'RS256';

/**
 * Checks GitHub's id-token: signature (RS256 by a key of an issuer in the list), `iss`, `aud`, `exp`, `nbf`, and that
 * the claims that decisions need are there. That a `jti` is accepted once is left to whoever keeps them.
 *
 * Rejects with a RegistrarError: `identity_refused`, `identity_unavailable` (the issuer's keys cannot be read).
 */
export async function verifyIdToken({
  token,
  config: { issuers, publicUrl },
  keys,
  clock,
}: {
  /** As in the Authorization header, without `Bearer`. */
  readonly token: string;
  readonly config: Pick<Config, 'issuers' | 'publicUrl'>;
  readonly keys: IssuerKeys;
  readonly clock: Clock;
}): Promise<Identity> {
  if (token === '') throw missingToken();
  const { issuer, keyId } = readUnverified(token);
  if (!issuers.includes(issuer)) throw untrustedToken();
  const getKey = await keys.find(issuer, keyId);
  if (getKey === undefined) throw untrustedToken();
  const payload = await verify({ token, getKey, issuer, now: clock.now() });
  if (payload.aud !== publicUrl) throw otherAudience(publicUrl);
  return readClaims(payload, issuer, (Number(payload.exp) + SKEW_SECONDS) * 1000);
}

/** Nothing of this is believed: it only says which key to try. */
function readUnverified(token: string): { readonly issuer: string; readonly keyId: string } {
  if (token.length > LONGEST_TOKEN) throw untrustedToken();
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    const { iss } = decodeJwt(token);
    if (alg === ALGORITHM && typeof kid === 'string' && typeof iss === 'string') return { issuer: iss, keyId: kid };
  } catch {
    // Not a JWT at all.
  }
  throw untrustedToken();
}

async function verify({
  token,
  getKey,
  issuer,
  now,
}: {
  readonly token: string;
  readonly getKey: JWTVerifyGetKey;
  readonly issuer: string;
  readonly now: number;
}): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, getKey, {
      algorithms: [ALGORITHM],
      issuer,
      requiredClaims: ['exp'],
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(now),
    });
    return payload;
  } catch (error) {
    // Both are thrown only after the signature was found right.
    if (error instanceof errors.JWTExpired) throw outOfTime('expired');
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf' && error.reason === 'check_failed') {
      throw outOfTime('early');
    }
    throw untrustedToken();
  }
}
