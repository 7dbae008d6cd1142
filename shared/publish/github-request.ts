/** The REST API version that every call asks for, because an unnamed one changes under us. */
const GITHUB_API_VERSION = '2026-03-10';

/** Headers of every call to GitHub. */
export const GITHUB_HEADERS = { 'x-github-api-version': GITHUB_API_VERSION } as const;

/**
 * Octokit's `request` as far as it is used here: a route such as `GET /repos/{owner}/{repo}` and its parameters.
 *
 * Resolves for 2xx. Rejects with an error that has `status` and, when GitHub answered at all, `response` with
 * `headers` (lower-case names) and `data`, as Octokit's RequestError does; see {@link failedRequest}.
 */
export type GitHubRequest = (
  route: string,
  parameters?: Record<string, unknown>,
) => Promise<{ status: number; data: unknown; headers: Record<string, string | number | undefined> }>;

/** A call that did not succeed, as read from what a {@link GitHubRequest} rejected with. */
export type FailedRequest = {
  /** Undefined when GitHub gave no answer: Octokit then says 500 without a response. */
  readonly status?: number;
  readonly header: (name: string) => string | undefined;
  readonly data: unknown;
};

/** Reads what a {@link GitHubRequest} rejected with; anything that carries no response counts as not answered. */
export function failedRequest(error: unknown): FailedRequest {
  const response = member(error, 'response');
  const status = member(error, 'status');
  if (typeof response !== 'object' || response === null || typeof status !== 'number') {
    return { header: () => undefined, data: undefined };
  }
  const headers = member(response, 'headers');
  return {
    status,
    header: (name) => {
      const value = member(headers, name);
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
    },
    data: member(response, 'data'),
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
