import { RegistrarError } from '../errors/registrar-error.ts';
import type { Clock, Log } from '../ports/ports.ts';
import { atMost } from './at-most.ts';
import { LONGEST_WAIT_SECONDS, waitSeconds } from './github-pace.ts';
import { type FailedRequest, failedRequest, GITHUB_HEADERS, type GitHubRequest } from './github-request.ts';

/** GitHub allows a hundred; six are as fast and stay far from its secondary limits. */
const CALLS_AT_ONCE = 6;

/** How often a call is sent when its answer does not come. */
const ATTEMPTS = 3;

/** One call; what it says is the same when it is repeated. */
export type GitHubCall = {
  readonly route: string;
  readonly parameters?: Record<string, unknown>;
  /** For messages, such as `Writing secret FHIR_CLIENT_SECRET of repository acme/app`. */
  readonly doing: string;
  /** Whether the data of a 2xx is whole; an answer cut off in the middle is asked for again. */
  readonly whole?: (data: unknown) => boolean;
};

/** An answer of GitHub: 2xx or a refusal of 4xx that repeating would not change. */
export type GitHubAnswer = {
  readonly status: number;
  readonly data: unknown;
  readonly header: (name: string) => string | undefined;
  /** An earlier attempt was not answered, so it may have done its work. */
  readonly repeated: boolean;
};

/**
 * Makes a call to one repository and repeats it while GitHub does not answer (5xx, cut off) or asks to wait.
 *
 * Rejects with `publish_failed` after three attempts without an answer, and with `rate_limited` (with
 * `retryAfterSeconds`) when GitHub asks for more than a minute.
 */
export type GitHubCalls = (call: GitHubCall) => Promise<GitHubAnswer>;

/** {@link GitHubCalls} over Octokit's `request`; at most six calls run at once, and a wait holds all of them. */
export function createGitHubCalls({
  request,
  owner,
  repo,
  clock,
  log,
}: {
  readonly request: GitHubRequest;
  readonly owner: string;
  readonly repo: string;
  readonly clock: Clock;
  readonly log?: Log | undefined;
}): GitHubCalls {
  const queue = atMost(CALLS_AT_ONCE);
  let pausedUntil = 0;

  async function attempt({ route, parameters, whole }: GitHubCall): Promise<FailedRequest> {
    const pause = pausedUntil - clock.now();
    if (pause > 0) {
      await clock.sleep(pause);
    }
    try {
      const { status, data, headers } = await request(route, { owner, repo, ...parameters, headers: GITHUB_HEADERS });
      const header = (name: string) => headers[name]?.toString();
      return whole === undefined || whole(data) ? { status, data, header } : { data, header };
    } catch (error) {
      return failedRequest(error);
    }
  }

  return async (call) => {
    let unanswered = 0;
    let waited = 0;
    for (;;) {
      const answer = await queue(() => attempt(call));
      const { status } = answer;
      const wait = waitSeconds(answer, clock.now());
      if (wait !== undefined) {
        if (waited + wait > LONGEST_WAIT_SECONDS) {
          throw rateLimited(call, wait);
        }
        waited += wait;
        pausedUntil = Math.max(pausedUntil, clock.now() + wait * 1000);
        log?.info(`GitHub asks to slow down; waiting ${wait} s.`);
      } else if (status !== undefined && status < 500) {
        return { status, data: answer.data, header: answer.header, repeated: unanswered > 0 };
      } else {
        unanswered += 1;
        if (unanswered === ATTEMPTS) {
          throw unansweredCall(call, status);
        }
        await clock.sleep(1000 * 2 ** (unanswered - 1));
      }
    }
  };
}

function rateLimited({ doing }: GitHubCall, seconds: number): RegistrarError {
  return new RegistrarError('rate_limited', {
    message: `${doing}: GitHub asks to slow down, and to try again in ${seconds} s.`,
    retryAfterSeconds: seconds,
  });
}

function unansweredCall({ doing }: GitHubCall, status: number | undefined): RegistrarError {
  return new RegistrarError('publish_failed', {
    message: `${doing} failed: GitHub ${status === undefined ? 'gave no usable answer' : `answered ${status}`}, ${ATTEMPTS} times.`,
    hint: 'Run again when GitHub is well (https://www.githubstatus.com); credentials that were made are kept in the state.',
  });
}
