import { getOctokit } from '@actions/github';
import { openStore, type StandaloneStore, type StoreOptions } from '../../../action/standalone/git-store.ts';
import type { ErrorCode } from '../../../shared/errors/catalog.ts';
import { isRegistrarError, type RegistrarError } from '../../../shared/errors/registrar-error.ts';
import type { Clock } from '../../../shared/ports/ports.ts';
import type { GitHubRequest } from '../../../shared/publish/github-request.ts';
import { parseStateKeys, type SealKey } from '../../../shared/record/seal.ts';
import { type GitHub, type GitHubOptions, startGitHub } from '../../support/github/server.ts';

const START = Date.UTC(2026, 10, 25);

/** A clock that stands still but for sleeps, which pass at once. */
export type PatientClock = Clock & { readonly slept: () => number };

function patientClock(): PatientClock {
  let now = START;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    slept: () => now - START,
  };
}

export const keysOf = (...fills: readonly number[]): Promise<readonly SealKey[]> =>
  parseStateKeys(fills.map((fill) => Buffer.alloc(32, fill).toString('base64')).join('\n'));

export type Bench = {
  readonly github: GitHub;
  readonly clock: PatientClock;
  readonly lines: string[];
  readonly requestAs: (token: string) => GitHubRequest;
  readonly store: (change?: Partial<StoreOptions> & { readonly token?: string }) => StandaloneStore;
};

/** The GitHub stand-in, and stores that reach it with real Octokit. */
export async function startBench(options: Partial<GitHubOptions> = {}): Promise<Bench> {
  const github = await startGitHub({
    tokens: {
      job: { kind: 'job', permissions: { contents: 'write' } },
      'job-a': { kind: 'job', permissions: { contents: 'write' } },
      'job-b': { kind: 'job', permissions: { contents: 'write' } },
      reader: { kind: 'job', permissions: { contents: 'read' } },
      stranger: { kind: 'classic', permissions: {} },
    },
    ...options,
  });
  const clock = patientClock();
  const lines: string[] = [];
  const keys = await keysOf(1);
  const requestAs = (token: string): GitHubRequest => {
    const { request } = getOctokit(token, { baseUrl: github.url });
    return (route, parameters) => request(route, parameters);
  };
  return {
    github,
    clock,
    lines,
    requestAs,
    store: ({ token = 'job', ...change } = {}) =>
      openStore({
        request: requestAs(token),
        owner: github.repository.owner,
        repo: github.repository.name,
        repositoryId: github.repository.id,
        environment: 'pr-1',
        keys,
        clock,
        random: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
        log: { info: (line) => lines.push(line), warning: (line) => lines.push(line), debug: () => undefined },
        run: `${token}/1`,
        version: '1.2.3',
        ...change,
      }),
  };
}

/** The error that a promise rejects with, which has to be one of ours. */
export async function refusalOf(promise: Promise<unknown>): Promise<RegistrarError> {
  const error = await promise.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (!isRegistrarError(error)) {
    throw error;
  }
  return error;
}

/** `saved`, or the code of the error. */
export const outcomeOf = (promise: Promise<unknown>): Promise<'saved' | ErrorCode> =>
  promise.then(
    () => 'saved' as const,
    (error: unknown) => {
      if (!isRegistrarError(error)) {
        throw error;
      }
      return error.code;
    },
  );
