import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { waitSeconds } from '../../shared/publish/github-pace.ts';
import { type FailedRequest, failedRequest } from '../../shared/publish/github-request.ts';

/**
 * A call of the App that failed, as an error for people: `rate_limited` with its time, else `github_failed`. An error
 * of our own stays what it is.
 */
export function githubTrouble(doing: string, error: unknown, now: number): RegistrarError {
  if (error instanceof RegistrarError) return error;
  const failure = failedRequest(error);
  const wait = waitSeconds(failure, now);
  if (wait !== undefined) {
    return new RegistrarError('rate_limited', {
      message: `${doing}: GitHub asks to slow down, and to try again in ${wait} s.`,
      retryAfterSeconds: wait,
    });
  }
  const what = failure.status === undefined ? 'gave no answer' : `answered ${failure.status}`;
  return new RegistrarError('github_failed', {
    message: `${doing} failed: GitHub ${what}.`,
    hint: hintFor(failure),
    cause: error,
  });
}

function hintFor({ status }: FailedRequest): string {
  return status === 401
    ? 'Check that GH_APP_ID and GH_APP_PRIVATE_KEY are of the same GitHub App and that the key was not deleted there.'
    : 'It is tried again; if it stays, check the GitHub App and https://www.githubstatus.com.';
}
