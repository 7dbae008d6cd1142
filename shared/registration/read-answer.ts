import { printable } from '../errors/printable.ts';
import type { HttpResponse } from '../http/http.ts';
import type { Answer, Refusal, Verb } from './answer.ts';
import { hideSecrets } from './hide-secrets.ts';
import { parseObject, readClientInformation } from './read-client-information.ts';

/** Error codes by which servers say 400 when they mean that the token is refused. */
const TOKEN_ERRORS = new Set(['invalid_token', 'access_denied', 'invalid_client']);

/** How long to hold back after a refusal for load that names no time, in seconds. */
const DEFAULT_RETRY_SECONDS = 5;

export type Answered = {
  readonly verb: Verb;
  readonly response: HttpResponse;
  readonly requestUrl: string;
  /** What was sent and is never to be shown. */
  readonly secrets: readonly string[];
};

/**
 * What one response means for one verb (RFC 7591 section 3.2, RFC 7592 section 2, and what servers are seen to do).
 *
 * Only a 2xx with a usable client counts as success for register, read and update. 5xx is "unknown": servers are seen
 * to fail after they have stored the client.
 */
export function readAnswer(answered: Answered): Answer {
  const { status, retryAfterSeconds } = answered.response;
  if (status < 300) return success(answered);
  const refusal = readRefusal(answered.response, answered.secrets);
  if (status === 425 || status === 429 || (status === 503 && retryAfterSeconds !== undefined)) {
    return { kind: 'busy', refusal, retryAfterSeconds: retryAfterSeconds ?? DEFAULT_RETRY_SECONDS };
  }
  if (status === 401) return { kind: 'refused', refusal };
  if (status === 403) return { kind: 'forbidden', refusal };
  if (status === 404 || status === 410) return { kind: 'missing', refusal };
  if (status === 405 || status === 501) return { kind: 'unsupported', refusal };
  if (status === 408 || status >= 500) return { kind: 'unknown', answered: true, reason: describeRefusal(refusal) };
  if (status === 400 && TOKEN_ERRORS.has(refusal.error ?? '')) return { kind: 'refused', refusal };
  return { kind: 'rejected', refusal };
}

function success({ verb, response, requestUrl, secrets }: Answered): Answer {
  if (verb === 'remove') return { kind: 'removed' };
  const information = readClientInformation({
    text: response.text,
    sent: secrets,
    ...(verb === 'register' && { base: requestUrl }),
  });
  if (information !== undefined) return { kind: 'client', information };
  return {
    kind: 'unknown',
    answered: true,
    reason: `answered ${response.status} without a client_id: ${look(response.text)}`,
  };
}

/** One line that says what the server answered: `400 invalid_redirect_uri: must be https`. Printable. */
export function describeRefusal(refusal: Refusal): string {
  const words = [refusal.error, refusal.description].filter((part) => part !== undefined).join(': ');
  return words === '' ? `answered ${refusal.status}` : `answered ${refusal.status} ${words}`;
}

/** Reads what a server says of a refusal, in whatever form it does, without the given secrets. */
export function readRefusal(response: HttpResponse, secrets: readonly string[]): Refusal {
  const body = parseObject(response.text);
  const error = text(body?.error) ?? text(body?.code);
  const description =
    text(body?.error_description) ?? text(body?.message) ?? (body === undefined ? plainText(response.text) : undefined);
  return {
    status: response.status,
    ...(error !== undefined && { error: printable(hideSecrets(error, secrets), 80) }),
    ...(description !== undefined && { description: printable(hideSecrets(description, secrets)) }),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** Words, and neither a page nor JSON of another or broken shape. */
function plainText(body: string): string | undefined {
  return /^\s*[<[{"]/u.test(body) ? undefined : text(body);
}

function look(body: string): string {
  const start = body.trimStart();
  if (start === '') return 'the body is empty';
  if (start.startsWith('<')) return 'the body is a page';
  return parseObject(body) === undefined ? 'the body is not a JSON object' : 'the JSON has no usable client_id';
}
