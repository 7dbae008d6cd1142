import { isFork, object, type Payload } from './event-payload.ts';

/** Events that run with the rights of the pull request and not with those of the repository. */
const RUNS_FOR_FORKS = new Set(['pull_request', 'pull_request_review', 'pull_request_review_comment']);

/** Events that Dependabot starts without the repository's secrets. */
const RUNS_FOR_DEPENDABOT = new Set([...RUNS_FOR_FORKS, 'push', 'create', 'deployment', 'deployment_status']);

const DEPENDABOT = 'dependabot[bot]';

/**
 * Why a run has no secrets and a read-only token, if it has none; `if-unavailable` says what then happens.
 *
 * `actor` is GITHUB_ACTOR: it stays Dependabot when a person runs the job again, and so do the rights.
 */
export function runWithoutSecrets({
  eventName,
  payload,
  actor,
}: {
  readonly eventName: string;
  readonly payload: Payload;
  readonly actor?: string;
}): 'fork' | 'dependabot' | undefined {
  const who = actor || object(payload.sender).login;
  if (who === DEPENDABOT && RUNS_FOR_DEPENDABOT.has(eventName)) {
    return 'dependabot';
  }
  return RUNS_FOR_FORKS.has(eventName) && isFork(payload) ? 'fork' : undefined;
}
