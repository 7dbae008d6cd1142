/** A webhook payload as the runner hands it over: nothing about it is certain. */
export type Payload = Readonly<Record<string, unknown>>;

/** A pull request as far as it matters here. */
export type EventPullRequest = { readonly number: number; readonly closed: boolean };

/** The pull request of a `pull_request` or `pull_request_target` payload. */
export function pullRequestOf(payload: Payload): EventPullRequest | undefined {
  const { number, state } = object(payload.pull_request);
  return typeof number === 'number' ? { number, closed: state === 'closed' } : undefined;
}

/** The deployed commit of a `deployment_status` payload, and whether the deployment says that it is production. */
export function deploymentOf(payload: Payload): { readonly sha?: string; readonly production: boolean } {
  const { sha, production_environment: production } = object(payload.deployment);
  return { ...(typeof sha === 'string' ? { sha } : {}), production: production === true };
}

/** The repository's default branch. */
export function defaultBranchOf(payload: Payload): string | undefined {
  const { default_branch: branch } = object(payload.repository);
  return typeof branch === 'string' ? branch : undefined;
}

/**
 * Whether the pull request of a payload comes from another repository: then the run has no secrets. One whose
 * repository is gone counts as a fork.
 */
export function isFork(payload: Payload): boolean {
  const pullRequest = object(payload.pull_request);
  if (Object.keys(pullRequest).length === 0) {
    return false;
  }
  const head = object(object(pullRequest.head).repo).id;
  const base = object(object(pullRequest.base).repo).id ?? object(payload.repository).id;
  return head === undefined || head !== base;
}

/** An object, or an empty one for anything else. */
export function object(value: unknown): Payload {
  return typeof value === 'object' && value !== null ? (value as Payload) : {};
}
