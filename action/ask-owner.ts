import { printable } from '../shared/errors/printable.ts';
import type { Owner } from '../shared/manifest/desired.ts';
import { failedRequest, GITHUB_HEADERS, type GitHubRequest } from '../shared/publish/github-request.ts';
import { object } from './binding/event-payload.ts';
import type { OwnerEnded } from './sweep.ts';

type Answer = { readonly data: unknown; readonly said: string; readonly refused: boolean };

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
  const ask = async (route: string, parameters: Record<string, unknown>): Promise<Answer> => {
    try {
      const { data } = await request(route, { owner, repo, ...parameters, headers: GITHUB_HEADERS });
      return { data, said: 'gave no usable answer', refused: false };
    } catch (error) {
      const { status } = failedRequest(error);
      return {
        data: undefined,
        said: status === undefined ? 'gave no answer' : `answered ${status}`,
        refused: status === 403 || status === 404,
      };
    }
  };
  const unread = (what: string, permission: string, { said, refused }: Answer): undefined => {
    const todo = refused ? `Give the job \`permissions: ${permission}: read\`.` : 'The next sweep asks again.';
    warn(`Whether ${what} has ended could not be read: GitHub ${said}. Its clients stay. ${todo}`);
  };
  const known = new Map<string, Promise<string | undefined>>();
  const find = async (asked: Owner): Promise<string | undefined> => {
    if (asked.kind === 'pull_request') {
      const what = `pull request #${asked.number}`;
      const answer = await ask('GET /repos/{owner}/{repo}/pulls/{pull_number}', { pull_number: asked.number });
      const { state } = object(answer.data);
      if (state !== 'open' && state !== 'closed') return unread(what, 'pull-requests', answer);
      return state === 'closed' ? `${what} is closed` : undefined;
    }
    const what = `branch ${printable(asked.name)}`;
    const answer = await ask('GET /repos/{owner}/{repo}/git/matching-refs/{ref}', { ref: `heads/${asked.name}` });
    if (!Array.isArray(answer.data)) return unread(what, 'contents', answer);
    return answer.data.some((ref) => object(ref).ref === `refs/heads/${asked.name}`) ? undefined : `${what} is gone`;
  };
  return (asked) => {
    const name = JSON.stringify(asked);
    const answer = known.get(name) ?? find(asked);
    known.set(name, answer);
    return answer;
  };
}
