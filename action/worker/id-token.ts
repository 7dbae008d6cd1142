import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Http } from '../../shared/http/http.ts';
import { mask } from '../platform.ts';

/** Where a job with `id-token: write` asks for its id-tokens, and with what. */
export type IdTokenRequest = { readonly url: string; readonly token: string };

const NEEDED = {
  hint: 'Add to the job in the workflow: permissions: { id-token: write, contents: read } — pull requests of forks never get it.',
} as const;

/**
 * Fetches an id-token for an audience; a fresh one each time, because the Worker takes each once. It is masked.
 *
 * Rejects with `identity_refused` when the job may not have one, and with what the request failed with.
 */
export function createIdTokens({
  request,
  audience,
  http,
}: {
  readonly request: IdTokenRequest | undefined;
  readonly audience: string;
  readonly http: Http;
}): () => Promise<string> {
  return async () => {
    if (request === undefined) {
      throw new RegistrarError('identity_refused', {
        message: 'This job may not have an id-token, and with worker-url that is how it proves which run it is.',
        ...NEEDED,
      });
    }
    const url = `${request.url}${request.url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`;
    const headers = { authorization: `Bearer ${request.token}`, accept: 'application/json' };
    const { status, text } = await http({ method: 'GET', url, headers, purpose: 'discovery' });
    const token = status === 200 ? tokenIn(text) : undefined;
    if (token === undefined) {
      throw new RegistrarError('github_failed', { message: `GitHub gave the job no id-token: it answered ${status}.` });
    }
    mask([token]);
    return token;
  };
}

function tokenIn(text: string): string | undefined {
  try {
    const { value } = JSON.parse(text) as { readonly value?: unknown };
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}
