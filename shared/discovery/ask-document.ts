import { showUrl } from '../errors/printable.ts';
import { type ErrorDetail, RegistrarError } from '../errors/registrar-error.ts';
import type { Http, HttpResponse } from '../http/http.ts';
import { asMembers, type Members } from './read-members.ts';

/** What an address answered to a GET. */
export type Answer =
  | { readonly kind: 'json'; readonly document: Members }
  | { readonly kind: 'xml'; readonly text: string }
  | {
      readonly kind: 'unusable';
      /** Asking for another format may help. */
      readonly otherFormat: boolean;
      readonly error: RegistrarError;
    };

const NOT_ACCEPTABLE = new Set([406, 415]);

/**
 * Asks for a document and tells what it is by its first character: content types are often wrong. Rejects with what
 * `http` rejects with.
 */
export async function askDocument(http: Http, url: string, accept: string): Promise<Answer> {
  const response = await http({ method: 'GET', url, headers: { accept }, purpose: 'discovery' });
  if (response.status < 200 || response.status > 299) return refused(url, response);
  const text = response.text.trim();
  if (/^<(?!!doctype html|html)/i.test(text)) return { kind: 'xml', text };
  const document = parseJson(text);
  return document === undefined
    ? { kind: 'unusable', otherFormat: true, error: unusable(url, `answers with ${nameOf(text)}`) }
    : { kind: 'json', document };
}

/** A `discovery_failed` about one document; its message begins with the address. */
export function unusable(url: string, outcome: string): RegistrarError {
  return failure('discovery_failed', url, { message: outcome });
}

function refused(url: string, { status, retryAfterSeconds }: HttpResponse): Answer {
  const asksToWait = status === 429 || (status === 503 && retryAfterSeconds !== undefined);
  const code = asksToWait ? 'rate_limited' : status >= 500 ? 'server_error' : 'discovery_failed';
  const wait = retryAfterSeconds === undefined ? '' : ` and asks to wait ${retryAfterSeconds} s`;
  const message = `answers ${status}${wait}`;
  const error = failure(code, url, { message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
  return { kind: 'unusable', otherFormat: NOT_ACCEPTABLE.has(status), error };
}

function failure(code: 'discovery_failed' | 'rate_limited' | 'server_error', url: string, detail: ErrorDetail) {
  const server = showUrl(url);
  return new RegistrarError(code, { ...detail, message: `${server} ${detail.message}`, server });
}

function parseJson(text: string): Members | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return asMembers(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function nameOf(text: string): string {
  if (text === '') return 'an empty body';
  if (text.startsWith('<')) return 'a web page (HTML)';
  return text.startsWith('{') ? 'JSON that is broken' : 'something that is not a JSON object';
}
