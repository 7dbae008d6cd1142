import { toBase64 } from '../base64/base64.ts';
import { isRegistrarError } from '../errors/registrar-error.ts';
import type { Http, HttpResponse } from '../http/http.ts';
import type { Json } from '../ports/ports.ts';
import { showsSecret } from './hide-secrets.ts';
import { parseObject } from './read-client-information.ts';

/** How a client authenticates at the token endpoint (RFC 6749 section 2.3, RFC 7523 section 2.2). */
export type ClientAuthentication =
  | { readonly method: 'none' }
  | { readonly method: 'client_secret_basic'; readonly secret: string; readonly verbatim?: boolean }
  | { readonly method: 'client_secret_post'; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly assertion: string };

export type TokenAnswer =
  | { readonly kind: 'token'; readonly accessToken: string }
  | { readonly kind: 'error'; readonly error: string; readonly status: number }
  | { readonly kind: 'unreachable'; readonly reason: string };

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** One request to a token endpoint (RFC 6749 section 3.2). Never rejects; `error` is printable and never a secret. */
export async function requestToken({
  http,
  tokenEndpoint,
  clientId,
  authentication,
  parameters,
}: {
  readonly http: Http;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly authentication: ClientAuthentication;
  readonly parameters: Readonly<Record<string, string>>;
}): Promise<TokenAnswer> {
  const form = new URLSearchParams(parameters);
  const headers: Record<string, string> = {
    Accept: 'application/json',
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  switch (authentication.method) {
    case 'client_secret_basic':
      headers.Authorization = `Basic ${basic(clientId, authentication)}`;
      break;
    case 'client_secret_post':
      form.set('client_id', clientId);
      form.set('client_secret', authentication.secret);
      break;
    case 'private_key_jwt':
      form.set('client_id', clientId);
      form.set('client_assertion_type', ASSERTION_TYPE);
      form.set('client_assertion', authentication.assertion);
      break;
    case 'none':
      form.set('client_id', clientId);
      break;
  }
  try {
    return readTokenAnswer(
      await http({ method: 'POST', url: tokenEndpoint, purpose: 'token', headers, body: form.toString() }),
      'secret' in authentication ? [authentication.secret] : [],
    );
  } catch (error) {
    return { kind: 'unreachable', reason: isRegistrarError(error) ? error.message : 'the call failed' };
  }
}

function readTokenAnswer({ status, text }: HttpResponse, secrets: readonly string[]): TokenAnswer {
  const body = parseObject(text);
  if (status >= 500 || status === 429 || status === 408) {
    return { kind: 'unreachable', reason: `the token endpoint answered ${status}` };
  }
  if (status < 300 && typeof body?.access_token === 'string' && body.access_token !== '') {
    return { kind: 'token', accessToken: body.access_token };
  }
  return { kind: 'error', error: errorCode(body?.error, secrets), status };
}

/** Only the shape of an error code passes, since anything else could carry what we sent. */
function errorCode(error: Json | undefined, secrets: readonly string[]): string {
  const isCode = typeof error === 'string' && /^[a-z_]{1,40}$/u.test(error) && !showsSecret(error, secrets);
  return isCode ? error : 'unrecognised';
}

/** True when id or secret look different once they are form-encoded, as Basic wants them. */
export function isAlteredByEncoding(clientId: string, secret: string): boolean {
  return [clientId, secret].some((part) => formEncoded(part) !== part);
}

/** RFC 6749 section 2.3.1: both parts are form-encoded before they are joined. */
function basic(
  clientId: string,
  { secret, verbatim = false }: { readonly secret: string; readonly verbatim?: boolean },
): string {
  const parts = [clientId, secret];
  return toBase64(new TextEncoder().encode((verbatim ? parts : parts.map(formEncoded)).join(':')));
}

function formEncoded(part: string): string {
  return new URLSearchParams({ '': part }).toString().slice(1);
}
