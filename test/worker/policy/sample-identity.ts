import type { Identity } from '../../../worker/identity/identity.ts';

/** A run of a push to main of the repository that the sample policy lists, some of it changed. */
export function run(changes: Partial<Identity> = {}): Identity {
  return {
    issuer: 'https://token.actions.githubusercontent.com',
    repositoryId: '2002',
    repository: 'acme/app',
    ownerId: '1001',
    eventName: 'push',
    ref: 'refs/heads/main',
    refType: 'branch',
    runId: 9001,
    attempt: 1,
    jti: '5f1d2c6e',
    expiresAt: 0,
    ...changes,
  };
}

export const pushOf = (branch: string): Identity => run({ ref: `refs/heads/${branch}` });

export const pullRequestRun = (number: number, changes: Partial<Identity> = {}): Identity => {
  const { refType: _, ...rest } = run();
  return { ...rest, eventName: 'pull_request', ref: `refs/pull/${number}/merge`, pullRequest: number, ...changes };
};

export const runOf = (eventName: string, changes: Partial<Identity> = {}): Identity => run({ eventName, ...changes });
