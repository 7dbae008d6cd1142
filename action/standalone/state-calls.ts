import type { ErrorCode } from '../../shared/errors/catalog.ts';
import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Clock, Log } from '../../shared/ports/ports.ts';
import { LONGEST_WAIT_SECONDS, messageOf, waitSeconds } from '../../shared/publish/github-pace.ts';
import {
  type FailedRequest,
  failedRequest,
  GITHUB_HEADERS,
  type GitHubRequest,
} from '../../shared/publish/github-request.ts';

/** How often a call that may be repeated is sent when its answer does not come. */
const ATTEMPTS = 4;

/** What came of a call. */
export type Outcome =
  | { readonly kind: 'done'; readonly data: unknown }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly message: string;
      readonly accepts: string | undefined;
    }
  /** No answer, or a 5xx: it may have done its work. */
  | { readonly kind: 'unanswered'; readonly status: number | undefined };

export type StateCall = {
  readonly route: string;
  readonly parameters?: Record<string, unknown>;
  readonly accept?: string;
  /** Whether the data of a 2xx is all there; an answer that was cut off counts as none. */
  readonly whole?: (data: unknown) => boolean;
};

/** Calls about state, to one repository. All of them wait, a minute at most, when GitHub asks to slow down; then it is `rate_limited`. */
export type StateCalls = {
  /** Sends once. */
  readonly once: (call: StateCall) => Promise<Outcome>;
  /** Repeats what is not answered; for calls that change nothing when repeated. Rejects with `code` when no answer comes. */
  readonly patiently: (call: StateCall, code: ErrorCode) => Promise<Exclude<Outcome, { kind: 'unanswered' }>>;
};

export function createStateCalls(options: {
  readonly request: GitHubRequest;
  readonly owner: string;
  readonly repo: string;
  readonly clock: Clock;
  readonly log: Log;
}): StateCalls {
  const { request, owner, repo, clock, log } = options;

  async function send({ route, parameters, accept, whole = () => true }: StateCall): Promise<FailedRequest> {
    const headers = accept === undefined ? GITHUB_HEADERS : { ...GITHUB_HEADERS, accept };
    try {
      const { status, data } = await request(route, { owner, repo, ...parameters, headers });
      return whole(data) ? { status, data, header: () => undefined } : { data, header: () => undefined };
    } catch (error) {
      return failedRequest(error);
    }
  }

  async function once(call: StateCall): Promise<Outcome> {
    let waited = 0;
    for (;;) {
      const answer = await send(call);
      const wait = waitSeconds(answer, clock.now());
      if (wait === undefined) {
        return read(answer);
      }
      if (waited + wait > LONGEST_WAIT_SECONDS) {
        throw new RegistrarError('rate_limited', {
          message: `GitHub asks to slow down, and to try again in ${wait} s.`,
          retryAfterSeconds: wait,
        });
      }
      waited += wait;
      log.info(`GitHub asks to slow down; waiting ${wait} s.`);
      await clock.sleep(wait * 1000);
    }
  }

  async function patiently(call: StateCall, code: ErrorCode): Promise<Exclude<Outcome, { kind: 'unanswered' }>> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await once(call);
      if (outcome.kind !== 'unanswered') {
        return outcome;
      }
      if (attempt === ATTEMPTS) {
        throw unanswered(code, outcome.status);
      }
      await clock.sleep(1000 * 2 ** (attempt - 1));
    }
  }

  return { once, patiently };
}

function read({ status, data, header }: FailedRequest): Outcome {
  if (status === undefined || status >= 500) {
    return { kind: 'unanswered', status };
  }
  return status < 300
    ? { kind: 'done', data }
    : { kind: 'refused', status, message: messageOf(data), accepts: header('x-accepted-github-permissions') };
}

/** The error for a call about state that GitHub did not answer however often it was asked. */
export function unanswered(code: ErrorCode, status: number | undefined): RegistrarError {
  return new RegistrarError(code, {
    message: `The state of this environment is out of reach: GitHub ${status === undefined ? 'gave no answer' : `answered ${status}`}, several times.`,
    hint: 'Run again when GitHub is well (https://www.githubstatus.com). Nothing was sent to an authorization server afterwards.',
  });
}

/** The error for a call about state that GitHub refuses, with the permission it takes. */
export function refused(
  code: ErrorCode,
  { status, message, accepts }: Extract<Outcome, { kind: 'refused' }>,
): RegistrarError {
  const verb = code === 'state_unwritable' ? 'saved' : 'read';
  const wants = accepts === undefined ? '' : ` It wants the permission ${printable(accepts)}.`;
  const said = message === '' ? '' : `: ${printable(message)}`;
  return new RegistrarError(code, {
    message: `The state of this environment could not be ${verb}. GitHub answered ${status}${said}.${wants}`,
    ...hintFor(status, message),
  });
}

function hintFor(status: number, message: string): { readonly hint?: string } {
  if (status === 401) {
    return { hint: 'Give a valid token as `github-token`, or leave the input out.' };
  }
  if (/repository is empty/i.test(message)) {
    return { hint: 'Make a first commit in the repository: GitHub keeps nothing in an empty one.' };
  }
  return status === 403 || status === 404
    ? { hint: 'Give the job `permissions: contents: write`. Nothing was sent to the authorization server after this.' }
    : {};
}
