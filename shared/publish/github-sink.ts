import type { Clock, Log, Random } from '../ports/ports.ts';
import { createGitHubCalls } from './github-calls.ts';
import { claimAtGitHub } from './github-claim.ts';
import { createEnvironments } from './github-environments.ts';
import { eraseAtGitHub, eraseEnvironmentAtGitHub } from './github-erase.ts';
import { createNamesAtGitHub } from './github-names.ts';
import type { GitHubRequest } from './github-request.ts';
import type { SinkParts } from './github-sink-parts.ts';
import { createValues } from './github-values.ts';
import { writeAtGitHub } from './github-write.ts';
import type { Sink } from './sink.ts';
import type { TokenKind } from './token-kind.ts';

/** A {@link Sink} that can also take back an environment made for it. */
export type GitHubSink = Sink & {
  /**
   * Deletes an environment that we made (`environmentMadeByUs`) if nothing is left in it and it was given no settings.
   * To be asked when nothing is published there any more. Resolves with whether it is gone.
   */
  readonly eraseEnvironment: (environment: string) => Promise<boolean>;
};

/**
 * The {@link Sink} that writes secrets and variables of one GitHub repository and its environments over REST.
 *
 * One sink serves one run: it remembers public keys, names and shown rights. At most six calls run at once. GitHub's
 * limits are waited for up to a minute per call, then a call rejects with `rate_limited`.
 */
export function createGitHubSink({
  request,
  owner,
  repo,
  tokenKind,
  clock,
  random,
  log,
}: {
  readonly request: GitHubRequest;
  readonly owner: string;
  readonly repo: string;
  readonly tokenKind: TokenKind;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Log | undefined;
}): GitHubSink {
  const access = { owner, repo, tokenKind };
  const calls = createGitHubCalls({ request, owner, repo, clock, log });
  const parts: SinkParts = {
    access,
    names: createNamesAtGitHub(calls, access),
    environments: createEnvironments(calls, access),
    values: createValues(calls, access, random),
    clock,
    log,
    reserved: new Map(),
    shown: new Map(),
    untouched: new Set(),
  };
  return {
    claim: (request) => claimAtGitHub(parts, request),
    write: (publication, value) => writeAtGitHub(parts, publication, value),
    erase: (publication) => eraseAtGitHub(parts, publication),
    eraseEnvironment: (environment) => eraseEnvironmentAtGitHub(parts, environment),
  };
}
