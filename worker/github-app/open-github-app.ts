import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Clock, Fetch, JsonObject } from '../../shared/ports/ports.ts';
import { failedRequest, type GitHubRequest } from '../../shared/publish/github-request.ts';
import { createAppToken } from './app-token.ts';
import { createGitHubRest } from './github-rest.ts';
import { githubTrouble } from './github-trouble.ts';
import { createInstallations, type RepositoryRef } from './installations.ts';
import { type Redelivery, redeliverFailed } from './redeliver.ts';
import { createRepositoryTokens } from './repository-tokens.ts';
import type { Rights } from './rights.ts';

/** GitHub with a token for one repository; `owner` and `repo` are its names now. */
export type RepositoryAccess = {
  readonly request: GitHubRequest;
  readonly owner: string;
  readonly repo: string;
  readonly rights: Rights;
};

/**
 * The GitHub App. Its methods reject with `rate_limited` (with `retryAfterSeconds`) or `github_failed` when GitHub
 * cannot be asked, and with `publish_forbidden` when the App may not.
 */
export type GitHubApp = {
  /** What the App was granted where the repository is; undefined when it is not installed there. */
  readonly rightsAt: (repository: RepositoryRef) => Promise<Rights | undefined>;
  /** Ask anew next time: a webhook said that the installation changed. */
  readonly forget: (repository: RepositoryRef) => void;
  /**
   * Access with exactly these rights. Its token is renewed as long as it is used, and its calls go to the repository's
   * present name, whatever `owner` and `repo` they give.
   */
  readonly requestFor: (repository: RepositoryRef, rights: Rights) => Promise<RepositoryAccess>;
  /** Undefined when the App may not know; needs `pull_requests: read`. */
  readonly isPullRequestOpen: (repository: RepositoryRef, number: number) => Promise<boolean | undefined>;
  /** Undefined when the App may not know; needs `contents: read`. */
  readonly isBranchThere: (repository: RepositoryRef, branch: string) => Promise<boolean | undefined>;
  /** Starts workflows that listen for `repository_dispatch`; needs `contents: write`. */
  readonly dispatch: (
    repository: RepositoryRef,
    event: { readonly type: string; readonly payload: JsonObject },
  ) => Promise<void>;
  /** Asks for deliveries that failed since then (epoch milliseconds), a bounded piece per call. */
  readonly redeliverFailed: (request: { readonly since: number }) => Promise<Redelivery>;
};

/** The {@link GitHubApp} of a Worker; undefined when the Worker was given none. */
export function openGitHubApp({
  appId,
  privateKey,
  apiUrl,
  fetch,
  clock,
}: {
  readonly appId: string | undefined;
  /** As GitHub hands it out. */
  readonly privateKey: string | undefined;
  readonly apiUrl: string;
  readonly fetch: Fetch;
  readonly clock: Pick<Clock, 'now'>;
}): GitHubApp | undefined {
  if (!appId || !privateKey) return undefined;
  const asToken = (token: string): GitHubRequest => createGitHubRest({ apiUrl, fetch, token: async () => token });
  const request = createGitHubRest({ apiUrl, fetch, token: createAppToken({ appId, privateKey, clock }) });
  const installations = createInstallations({ request, clock });
  const tokens = createRepositoryTokens({ request, asToken, installations, clock });

  async function requestFor(repository: RepositoryRef, rights: Rights): Promise<RepositoryAccess> {
    const { owner, repo, rights: granted } = await tokens.get(repository, rights);
    const send: GitHubRequest = async (route, parameters) => {
      const { token, owner, repo } = await tokens.get(repository, rights);
      // Its names now, whatever the caller knew: it may have been renamed in the meantime.
      return asToken(token)(route, route.includes('{owner}') ? { ...parameters, owner, repo } : parameters);
    };
    return {
      owner,
      repo,
      rights: granted,
      request: async (...call) => {
        try {
          return await send(...call);
        } catch (error) {
          // Revoked before its time, as when the installation was suspended for a while.
          if (failedRequest(error).status !== 401) throw error;
          tokens.drop(repository, rights);
          return send(...call);
        }
      },
    };
  }

  async function ask(repository: RepositoryRef, rights: Rights, route: string, parameters: Record<string, unknown>) {
    return (await requestFor(repository, rights)).request(route, parameters);
  }

  /** What is there; `missing` for a 404, undefined when the App may not look. */
  async function look(
    repository: RepositoryRef,
    rights: Rights,
    route: string,
    parameters: Record<string, unknown>,
  ): Promise<{ readonly data: unknown } | 'missing' | undefined> {
    try {
      return await ask(repository, rights, route, parameters);
    } catch (error) {
      if (isRegistrarError(error, 'publish_forbidden')) return undefined;
      if (failedRequest(error).status === 404) return 'missing';
      throw githubTrouble('Asking whether an owner is still there', error, clock.now());
    }
  }

  return {
    rightsAt: async (repository) => (await installations.find(repository))?.rights,
    forget: installations.forget,
    requestFor,
    isPullRequestOpen: async (repository, number) => {
      const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}';
      const found = await look(repository, { pull_requests: 'read' }, route, { pull_number: number });
      if (found === undefined || found === 'missing') return found && false;
      const { state } = (found.data ?? {}) as { state?: unknown };
      if (state === 'open' || state === 'closed') return state === 'open';
      throw new RegistrarError('github_failed', {
        message: `Asking whether pull request ${number} is open failed: GitHub's answer does not say so.`,
      });
    },
    isBranchThere: async (repository, branch) => {
      const found = await look(repository, { contents: 'read' }, 'GET /repos/{owner}/{repo}/git/ref/{ref}', {
        ref: `heads/${branch}`,
      });
      return found && found !== 'missing';
    },
    dispatch: async (repository, { type, payload }) => {
      try {
        const parameters = { event_type: type, client_payload: payload };
        await ask(repository, { contents: 'write' }, 'POST /repos/{owner}/{repo}/dispatches', parameters);
      } catch (error) {
        throw githubTrouble('Starting workflows with repository_dispatch', error, clock.now());
      }
    },
    redeliverFailed: ({ since }) => redeliverFailed({ request, since, clock }),
  };
}
