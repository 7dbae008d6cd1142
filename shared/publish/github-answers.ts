import { RegistrarError } from '../errors/registrar-error.ts';
import type { GitHubAnswer } from './github-calls.ts';
import { messageOf } from './github-pace.ts';

/** Names that GitHub takes per repository or environment. */
export const LIMITS = {
  secret: { repository: 100, environment: 100 },
  variable: { repository: 500, environment: 100 },
} as const;

/** Longest value that GitHub takes, in bytes of UTF-8. */
export const LONGEST_VALUE_BYTES = 48 * 1024;

/** A 401, 403 or 404: the token may not do this, or not even see it. */
export function isRefusal({ status }: Pick<GitHubAnswer, 'status'>): boolean {
  return status === 401 || status === 403 || status === 404;
}

/** GitHub says that there is no room for one more name. */
export function isFull({ status, data }: GitHubAnswer): boolean {
  return (status === 409 || status === 422) && /\b(maximum|limit|exceed\w*|too many)\b/i.test(messageOf(data));
}

/** The `publish_failed` for an answer that the API does not document. */
export function unexpected(doing: string, { status }: Pick<GitHubAnswer, 'status'>): RegistrarError {
  return new RegistrarError('publish_failed', { message: `${doing} failed: GitHub answered ${status}.` });
}
