import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { failedRequest, GITHUB_HEADERS, type GitHubRequest } from '../../shared/publish/github-request.ts';
import type { FoundPullRequest } from './bind-run.ts';
import { object } from './event-payload.ts';

/**
 * Asks GitHub for the pull requests that have a commit.
 *
 * Rejects with `github_failed`: without an answer nothing may be taken to have no owner, because it would stay for ever.
 */
export function createPullRequestLookUp({
  request,
  owner,
  repo,
}: {
  readonly request: GitHubRequest;
  readonly owner: string;
  readonly repo: string;
}): (sha: string) => Promise<readonly FoundPullRequest[]> {
  return async (sha) => {
    const data = await ask(sha);
    if (!Array.isArray(data)) {
      throw lookUpFailed('gave no usable answer');
    }
    return data.map(readPullRequest).filter((found) => found !== undefined);
  };

  async function ask(sha: string): Promise<unknown> {
    try {
      const route = 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls';
      const { data } = await request(route, { owner, repo, commit_sha: sha, per_page: 100, headers: GITHUB_HEADERS });
      return data;
    } catch (error) {
      const { status } = failedRequest(error);
      throw lookUpFailed(status === undefined ? 'gave no answer' : `answered ${status}`);
    }
  }
}

function readPullRequest(entry: unknown): FoundPullRequest | undefined {
  const { number, state, head, base } = object(entry);
  const { sha, ref, repo } = object(head);
  if (typeof number !== 'number' || typeof sha !== 'string' || typeof ref !== 'string') {
    return undefined;
  }
  const fork = object(repo).id === undefined || object(repo).id !== object(object(base).repo).id;
  return { number, open: state === 'open', headSha: sha, headBranch: ref, fork };
}

function lookUpFailed(reason: string): RegistrarError {
  return new RegistrarError('github_failed', {
    message: `Which pull request the deployed commit belongs to could not be read: GitHub ${reason}.`,
    hint: 'Give the job `permissions: pull-requests: read`, or name the owner with the input `pull-request` or `branch`.',
  });
}
