import type { Owner } from '../shared/manifest/desired.ts';
import { failedRequest, GITHUB_HEADERS, type GitHubRequest } from '../shared/publish/github-request.ts';
import { object } from './binding/event-payload.ts';
import type { OwnerEnded } from './sweep.ts';

/**
 * Asks GitHub whether owners have ended: a pull request that is closed, a branch that is in a complete list of branches
 * no more. No answer, or one that says anything else, is no end.
 */
export function askOwners({
  request,
  owner,
  repo,
  warn,
}: {
  readonly request: GitHubRequest;
  readonly owner: string;
  readonly repo: string;
  readonly warn: (line: string) => void;
}): OwnerEnded {
  const ask = async (route: string, parameters: Record<string, unknown>, what: string): Promise<unknown> => {
    try {
      return (await request(route, { owner, repo, ...parameters, headers: GITHUB_HEADERS })).data;
    } catch (error) {
      const { status } = failedRequest(error);
      warn(
        `Whether ${what} has ended could not be read: GitHub ${status === undefined ? 'gave no answer' : `answered ${status}`}. Its clients stay.${status === 403 || status === 404 ? ` Give the job \`permissions: ${what.startsWith('pull') ? 'pull-requests' : 'contents'}: read\`.` : ' The next sweep asks again.'}`,
      );
      return undefined;
    }
  };
  const known = new Map<string, Promise<string | undefined>>();
  const find = async (asked: Owner): Promise<string | undefined> => {
    if (asked.kind === 'pull_request') {
      const what = `pull request #${asked.number}`;
      const data = await ask('GET /repos/{owner}/{repo}/pulls/{pull_number}', { pull_number: asked.number }, what);
      return object(data).state === 'closed' ? `${what} is closed` : undefined;
    }
    const what = `branch ${asked.name}`;
    const data = await ask('GET /repos/{owner}/{repo}/git/matching-refs/{ref}', { ref: `heads/${asked.name}` }, what);
    if (!Array.isArray(data)) return undefined;
    return data.some((ref) => object(ref).ref === `refs/heads/${asked.name}`) ? undefined : `${what} is gone`;
  };
  return (asked) => {
    const name = JSON.stringify(asked);
    const answer = known.get(name) ?? find(asked);
    known.set(name, answer);
    return answer;
  };
}
