import { getOctokit } from '@actions/github';
import type { GitHubRequest } from '../shared/publish/github-request.ts';

/** Time limit of one call. */
const CALL_MS = 30_000;

/** GitHub's REST API with a token; retries and pacing are up to the caller. */
export function githubRequest(token: string, apiUrl: string): GitHubRequest {
  const { request } = getOctokit(token, { baseUrl: apiUrl });
  return async (route, parameters) => {
    const { status, data, headers } = await request(route, { ...parameters, request: { signal: AbortSignal.timeout(CALL_MS) } });
    return { status, data, headers };
  };
}
