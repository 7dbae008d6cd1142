import { request } from '@octokit/request';
import type { Fetch } from '../shared/ports/ports.ts';
import type { GitHubRequest } from '../shared/publish/github-request.ts';

/** Time limit of one call. */
const CALL_MS = 30_000;

/** GitHub's REST API with a token, never following a redirect; retries and pacing are up to the caller. */
export function githubRequest(token: string, apiUrl: string, fetch: Fetch): GitHubRequest {
  const call = request.defaults({
    baseUrl: apiUrl,
    headers: { authorization: `token ${token}`, 'user-agent': 'oauth-registrar' },
  });
  return async (route, parameters) => {
    const { status, data, headers } = await call(route, {
      ...parameters,
      request: { fetch, redirect: 'error', signal: AbortSignal.timeout(CALL_MS) },
    });
    return { status, data, headers };
  };
}
