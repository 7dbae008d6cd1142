type HeaderReader = (name: string) => string | null;

const NAMES = ['retry-after', 'x-retry-after', 'ratelimit-reset'];
const SECONDS = /^\d+(?:\.\d+)?$/;
/** More than a year is no waiting time: some servers put a moment, in seconds since 1970, where a duration belongs. */
const LONGEST_SECONDS = 365 * 24 * 3600;
const MONTH = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
// The three forms of RFC 9110 section 5.6.7; Date.parse alone takes much that is no date.
const IMF_FIXDATE = new RegExp(`^[A-Z][a-z]{2}, \\d{2} (?:${MONTH}) \\d{4} \\d{2}:\\d{2}:\\d{2} GMT$`);
const RFC_850 = new RegExp(`^[A-Z][a-z]{5,8}, \\d{2}-(?:${MONTH})-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT$`);
const ASCTIME = new RegExp(`^[A-Z][a-z]{2} (?:${MONTH}) [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4}$`);

/**
 * How long a server asks to wait, in whole seconds: `Retry-After` (seconds or HTTP-date, RFC 9110 section 10.2.3),
 * else `X-Retry-After`, else `RateLimit-Reset`. A moment in the past is 0; what cannot be understood, or is more than
 * a year, counts as not said. `nowMs` is milliseconds since the epoch.
 */
export function retryAfterSeconds(header: HeaderReader, nowMs: number): number | undefined {
  for (const name of NAMES) {
    const seconds = secondsIn(header(name)?.trim() ?? '', nowMs);
    if (seconds !== undefined) return seconds;
  }
  return undefined;
}

function secondsIn(value: string, nowMs: number): number | undefined {
  const seconds = SECONDS.test(value) ? Math.ceil(Number(value)) : secondsUntil(value, nowMs);
  return seconds !== undefined && seconds <= LONGEST_SECONDS ? seconds : undefined;
}

function secondsUntil(value: string, nowMs: number): number | undefined {
  const written = ASCTIME.test(value) ? `${value} GMT` : value;
  if (written === value && !IMF_FIXDATE.test(value) && !RFC_850.test(value)) return undefined;
  const at = Date.parse(written);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - nowMs) / 1000));
}
