import type { TokenKind } from './permissions.ts';
import { failure, type Reply } from './reply.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export type RateLimits = {
  /** Calls in an hour; by the kind of the token unless said. */
  readonly hourly?: number;
  /** Calls in a minute that write; GitHub says 80 "in general", no limit unless said. */
  readonly writesPerMinute?: number;
};

/** A job's token has a smaller allowance than all others. */
const hourlyOf = (kind: TokenKind | undefined): number => (kind === 'job' ? 1000 : 5000);

/** Counts a call of a token: the headers of every answer, and the refusal once the token has used up what it may. */
export function makeRates(limits: RateLimits, now: () => number) {
  const windows = new Map<string, { used: number; readonly endsAt: number }>();
  const writes = new Map<string, readonly number[]>();
  return (call: { readonly token: string; readonly kind: TokenKind | undefined; readonly method: string }) => {
    const { token, kind, method } = call;
    const limit = limits.hourly ?? hourlyOf(kind);
    let window = windows.get(token);
    if (window === undefined || window.endsAt <= now()) window = { used: 0, endsAt: now() + HOUR_MS };
    windows.set(token, window);
    const over = window.used >= limit;
    if (!over) window.used += 1;
    const headers = {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-used': String(window.used),
      'x-ratelimit-remaining': String(limit - window.used),
      'x-ratelimit-reset': String(Math.floor(window.endsAt / 1000)),
      'x-ratelimit-resource': 'core',
    };
    return { headers, refusal: over ? exhausted(kind) : tooManyWrites(token, method) };
  };

  function tooManyWrites(token: string, method: string): Reply | null {
    if (method === 'GET' || limits.writesPerMinute === undefined) return null;
    const recent = (writes.get(token) ?? []).filter((at) => at > now() - MINUTE_MS);
    const oldest = recent[0];
    if (oldest === undefined || recent.length < limits.writesPerMinute) {
      writes.set(token, [...recent, now()]);
      return null;
    }
    return failure(403, SECONDARY, { 'retry-after': String(Math.ceil((oldest + MINUTE_MS - now()) / 1000)) });
  }
}

export const SECONDARY = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';

const exhausted = (kind: TokenKind | undefined): Reply =>
  failure(403, `API rate limit exceeded for ${kind === 'job' || kind === 'app' ? 'installation' : 'user'}.`);
