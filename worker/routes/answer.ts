import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { API_VERSION, type ErrorAnswer, type WorkingAnswer } from '../../shared/api/worker-api.ts';
import { CATALOG } from '../../shared/errors/catalog.ts';
import { type Failure, failureOf } from '../repository/reply.ts';
import { statusOf } from './status-of.ts';

/** A request that is refused for its form: method, type, size. */
export type Malformed = { readonly status: 404 | 405 | 413 | 415; readonly message: string; readonly allow?: string };

export function answerError(context: Context, error: unknown): Response {
  return answerFailure(context, failureOf(error));
}

export function answerFailure(
  context: Context,
  failure: Failure,
  status: ContentfulStatusCode = statusOf(failure.code),
): Response {
  const { code, message, hint, retryAfterSeconds } = failure;
  if (retryAfterSeconds !== undefined) context.header('retry-after', String(retryAfterSeconds));
  if (status === 401) context.header('www-authenticate', 'Bearer');
  const body: ErrorAnswer = {
    api: API_VERSION,
    error: code,
    message,
    hint,
    ...(retryAfterSeconds !== undefined && { retry_after_seconds: retryAfterSeconds }),
  };
  return context.json(body, status);
}

export function answerMalformed(context: Context, { status, message, allow }: Malformed): Response {
  if (allow !== undefined) context.header('allow', allow);
  return answerFailure(context, { code: 'request_invalid', message, hint: CATALOG.request_invalid.hint }, status);
}

export function answerWorking(context: Context, retryAfterSeconds: number): Response {
  const body: WorkingAnswer = { api: API_VERSION, status: 'working', retry_after_seconds: retryAfterSeconds };
  context.header('retry-after', String(retryAfterSeconds));
  return context.json(body, 202);
}
