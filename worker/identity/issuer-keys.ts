import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose';
import { showUrl } from '../../shared/errors/printable.ts';
import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Http } from '../../shared/http/http.ts';
import type { Clock } from '../../shared/ports/ports.ts';

/** The keys that issuers sign id-tokens with. */
export type IssuerKeys = {
  /**
   * The keys of an issuer, among them `keyId` if the issuer has it; undefined if it does not. Rejects with a
   * RegistrarError `identity_unavailable` when no keys can be had.
   */
  readonly find: (issuer: string, keyId: string) => Promise<JWTVerifyGetKey | undefined>;
};

/** A key that the issuer has withdrawn is forgotten after this time. */
const FRESH_MS = 6 * 3_600_000;
/** Keys are still used for this long while the issuer cannot be asked. */
const USABLE_MS = 24 * 3_600_000;
/** An unknown key id does not cost more than one request in this time: anybody can make them up. */
const COOL_DOWN_MS = 30_000;
const COOL_DOWN_AFTER_FAILURE_MS = 5_000;
/** Requests of several callers at once; they cannot wait for each other, since a caller who leaves takes its request along. */
const MOST_AT_ONCE = 20;
const AT_ONCE_MS = 10_000;
/** Whoever is one too many looks again and again for the keys that others are reading, as long as they may take. */
const LOOK_MS = 100;
const LOOKS = AT_ONCE_MS / LOOK_MS;

type Kept = { readonly keyIds: ReadonlySet<string>; readonly getKey: JWTVerifyGetKey; readonly readAt: number };
type Place = { kept?: Kept; notBefore: number; started: readonly number[] };

/**
 * Issuers' keys, read from `{issuer}/.well-known/jwks` or where its OpenID configuration says, and kept: for 6 hours,
 * unless a token names a key that is not among them. Only RSA keys for signatures are taken.
 */
export function createIssuerKeys({ http, clock }: { readonly http: Http; readonly clock: Clock }): IssuerKeys {
  const places = new Map<string, Place>();

  return {
    find: async (issuer, keyId) => {
      const place = places.get(issuer) ?? { notBefore: 0, started: [] };
      places.set(issuer, place);
      const now = clock.now();
      const age = now - (place.kept?.readAt ?? 0);
      if (place.kept === undefined || age > FRESH_MS || !place.kept.keyIds.has(keyId)) {
        await renewed(place, issuer, keyId);
      }
      const { kept } = place;
      if (kept === undefined || clock.now() - kept.readAt > USABLE_MS) throw unavailable(issuer);
      return kept.keyIds.has(keyId) ? kept.getKey : undefined;
    },
  };

  async function renewed(place: Place, issuer: string, keyId: string): Promise<void> {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      if ((await renew(place, issuer)) || place.kept?.keyIds.has(keyId)) return;
      await clock.sleep(LOOK_MS);
    }
  }

  /** False while so many others are asking that nothing can be said yet. */
  async function renew(place: Place, issuer: string): Promise<boolean> {
    const now = clock.now();
    if (now < place.notBefore) return true;
    const started = place.started.filter((at) => now - at < AT_ONCE_MS);
    if (started.length >= MOST_AT_ONCE) return false;
    place.started = [...started, now];
    try {
      const kept = keep(await readKeySet(http, issuer), clock.now());
      place.kept = kept;
      place.notBefore = kept.readAt + COOL_DOWN_MS;
    } catch (error) {
      if (!isRegistrarError(error)) throw error;
      place.notBefore = clock.now() + (place.kept === undefined ? COOL_DOWN_AFTER_FAILURE_MS : COOL_DOWN_MS);
    }
    return true;
  }
}

function keep(keys: readonly JWK[], readAt: number): Kept {
  const usable = keys.flatMap(({ kty, kid, n, e, use = 'sig', alg = 'RS256' }): JWK[] =>
    kty === 'RSA' && [kid, n, e].every((member) => typeof member === 'string') && use === 'sig' && alg === 'RS256'
      ? [{ kty, kid, n, e, use, alg } as JWK]
      : [],
  );
  return {
    keyIds: new Set(usable.map(({ kid }) => String(kid))),
    getKey: createLocalJWKSet({ keys: usable }),
    readAt,
  };
}

async function readKeySet(http: Http, issuer: string): Promise<readonly JWK[]> {
  const usual = await keysAt(http, `${issuer}/.well-known/jwks`);
  if (usual !== undefined) return usual;
  const configuration = await documentAt(http, `${issuer}/.well-known/openid-configuration`);
  const address = configuration?.jwks_uri;
  const rightful = configuration?.issuer === issuer && typeof address === 'string' && URL.canParse(address);
  const keys = rightful && new URL(address).origin === new URL(issuer).origin ? await keysAt(http, address) : undefined;
  if (keys === undefined) throw unavailable(issuer);
  return keys;
}

async function keysAt(http: Http, url: string): Promise<readonly JWK[] | undefined> {
  const keys = (await documentAt(http, url))?.keys;
  return Array.isArray(keys) && keys.length > 0 ? keys.filter(isObject) : undefined;
}

async function documentAt(http: Http, url: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const answer = await http({ method: 'GET', url, headers: { accept: 'application/json' }, purpose: 'discovery' });
  if (answer.status !== 200) return undefined;
  try {
    const document: unknown = JSON.parse(answer.text);
    return isObject(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unavailable(issuer: string): RegistrarError {
  return new RegistrarError('identity_unavailable', {
    message: `The keys of ${showUrl(issuer)} cannot be read, so no id-token can be checked.`,
    server: showUrl(issuer),
    retryAfterSeconds: COOL_DOWN_AFTER_FAILURE_MS / 1000,
  });
}
