import { SignJWT } from 'jose';
import type { Clock } from '../../shared/ports/ports.ts';
import { importAppKey } from './app-key.ts';

/** GitHub takes ten minutes at most, by its own clock. */
const LIFE_SECONDS = 540;
/** Its clock may be behind ours. */
const BEFORE_SECONDS = 60;
/** Not used in its last minute. */
const SPARE_SECONDS = 60;

/** The App's own token, a signed JWT, made anew shortly before it ends. Rejects like {@link importAppKey}. */
export function createAppToken({
  appId,
  privateKey,
  clock,
}: {
  readonly appId: string;
  readonly privateKey: string;
  readonly clock: Pick<Clock, 'now'>;
}): () => Promise<string> {
  let key: Promise<CryptoKey> | undefined;
  let made: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    const now = Math.floor(clock.now() / 1000);
    if (made !== undefined && made.until > now) return made.token;
    key ??= importAppKey(privateKey);
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(appId)
      .setIssuedAt(now - BEFORE_SECONDS)
      .setExpirationTime(now + LIFE_SECONDS)
      .sign(await key);
    made = { token, until: now + LIFE_SECONDS - SPARE_SECONDS };
    return token;
  };
}
