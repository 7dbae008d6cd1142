import type { FailedRequest } from './github-request.ts';

/** Longest that one call waits for GitHub's limits altogether, in seconds. */
export const LONGEST_WAIT_SECONDS = 60;

/** GitHub's limits last an hour; whoever names a time beyond this does not mean it. */
const LONGEST_ASKED_SECONDS = 86_400;

/** GitHub's advice where it names no time: at least a minute. */
const UNNAMED_WAIT_SECONDS = 60;

/**
 * Seconds that GitHub wants us to wait before the same call again; undefined when the failure is no rate limit.
 *
 * A limit is a 403 or 429 (or a 503 that names a time); the time is in `retry-after`, or for the primary limit in
 * `x-ratelimit-reset` (epoch seconds).
 *
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export function waitSeconds({ status, header, data }: FailedRequest, now: number): number | undefined {
  const retryAfter = Number.parseInt(header('retry-after') ?? '', 10);
  if (status === 503) {
    return Number.isNaN(retryAfter) ? undefined : within(retryAfter);
  }
  if (status !== 403 && status !== 429) {
    return undefined;
  }
  if (!Number.isNaN(retryAfter)) {
    return within(retryAfter);
  }
  if (header('x-ratelimit-remaining') === '0') {
    const reset = Number.parseInt(header('x-ratelimit-reset') ?? '', 10);
    return Number.isNaN(reset) ? UNNAMED_WAIT_SECONDS : within(Math.ceil(reset - now / 1000));
  }
  return status === 429 || /rate limit/i.test(messageOf(data)) ? UNNAMED_WAIT_SECONDS : undefined;
}

function within(seconds: number): number {
  return Math.min(Math.max(1, seconds), LONGEST_ASKED_SECONDS);
}

/** GitHub's own words for a failure, for deciding only: they are not shown. */
export function messageOf(data: unknown): string {
  const message = typeof data === 'object' && data !== null && 'message' in data ? data.message : undefined;
  return typeof message === 'string' ? message : '';
}
