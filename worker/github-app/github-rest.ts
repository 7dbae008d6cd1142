import type { Fetch } from '../../shared/ports/ports.ts';
import { GITHUB_HEADERS, type GitHubRequest } from '../../shared/publish/github-request.ts';
import { VERSION } from '../version.ts';

/** Time limit of one call, in milliseconds. */
const CALL_MS = 10_000;

/** A call that GitHub did not answer with 2xx; `response` is missing when there was no answer at all. */
class GitHubFailure extends Error {
  override readonly name = 'GitHubFailure';
  readonly status: number;
  readonly response: { readonly headers: Record<string, string>; readonly data: unknown } | undefined;

  constructor(status: number, response: GitHubFailure['response'], cause?: unknown) {
    super(
      `GitHub answered ${response === undefined ? 'nothing' : status}`,
      cause === undefined ? undefined : { cause },
    );
    this.status = status;
    this.response = response;
  }
}

/**
 * GitHub's REST API as a {@link GitHubRequest}: fills `{name}` in the route, sends the other parameters as query (GET,
 * DELETE) or as JSON. Redirects are answers here: a token is not taken elsewhere.
 */
export function createGitHubRest({
  apiUrl,
  fetch,
  token,
}: {
  readonly apiUrl: string;
  readonly fetch: Fetch;
  readonly token: () => Promise<string>;
}): GitHubRequest {
  return async (route, parameters = {}) => {
    const { headers, ...values } = parameters as Record<string, unknown> & { headers?: Record<string, string> };
    const [method = 'GET', template = '/'] = route.split(' ');
    const { path, rest } = fill(template, values);
    const inQuery = method === 'GET' || method === 'DELETE';
    const query = inQuery ? new URLSearchParams(rest.map(([name, value]) => [name, String(value)])).toString() : '';
    const init = {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(CALL_MS),
      headers: {
        accept: 'application/vnd.github+json',
        'user-agent': `oauth-registrar/${VERSION}`,
        ...GITHUB_HEADERS,
        ...headers,
        ...(!inQuery && { 'content-type': 'application/json' }),
        authorization: `Bearer ${await token()}`,
      },
    } as const;
    const url = `${apiUrl.replace(/(?<!\/)\/+$/u, '')}${path}${query === '' ? '' : `?${query}`}`;
    let status: number;
    let answer: { readonly headers: Record<string, string>; readonly data: unknown };
    try {
      const response = await fetch(url, inQuery ? init : { ...init, body: JSON.stringify(Object.fromEntries(rest)) });
      status = response.status;
      answer = { headers: Object.fromEntries(response.headers), data: parse(await response.text()) };
    } catch (error) {
      throw new GitHubFailure(500, undefined, error);
    }
    if (status < 200 || status >= 300) throw new GitHubFailure(status, answer);
    return { status, ...answer };
  };
}

function fill(
  template: string,
  values: Readonly<Record<string, unknown>>,
): { readonly path: string; readonly rest: readonly (readonly [string, unknown])[] } {
  const used = new Set<string>();
  const path = template.replaceAll(/\{(\w+)\}/gu, (_whole, name: string) => {
    used.add(name);
    return encodeURIComponent(String(values[name]));
  });
  return { path, rest: Object.entries(values).filter(([name, value]) => !used.has(name) && value !== undefined) };
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
