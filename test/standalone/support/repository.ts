import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import type { StandaloneStore } from '../../../action/standalone/git-store.ts';
import type { StandaloneState } from '../../../shared/record/codec.ts';
import type { RegistrationRecord } from '../../../shared/record/record.ts';
import { type GitHub, type GitHubOptions, startGitHub } from '../../support/github/server.ts';
import { openKept } from '../../support/remembered.ts';
import { type Run, type RunningAction, startMain } from '../../support/run-action.ts';
import type { GitHubContext, RunOptions } from '../../support/runner-job.ts';
import { atTheEnd } from './closing.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const JOB_TOKEN = 'ghs_canary_token_of_the_job_0123456789';
const SECRETS_TOKEN = 'github_pat_canary_that_may_write_secrets_0123';
/** Reads the contents only. */
export const READING_TOKEN = 'ghs_token_that_may_only_read_0123456789';
/** Writes secrets of the repository, and nothing else. */
export const NARROW_TOKEN = 'github_pat_that_may_write_little_0123456789';
export const APP_TOKEN = 'ghs_token_of_an_app_0123456789';
const PUBLISHING = { secrets: 'write', variables: 'write', environments: 'write', metadata: 'read' } as const;

// Every step is a process of its own; on a busy machine they take their time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

export type Job = {
  readonly event?: { readonly name: string; readonly payload: unknown };
  /** Content of the checked-out manifest; nothing is checked out without it. */
  readonly manifest?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Id of the run; each job is a newer one unless said. */
  readonly runId?: number;
  readonly attempt?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly github?: Partial<GitHubContext>;
};

/** A repository on the GitHub stand-in, and jobs in it, each a process of its own. */
export type Repository = {
  readonly github: GitHub;
  readonly key: string;
  readonly job: (job?: Job) => Promise<Run>;
  readonly start: (job?: Job) => Promise<RunningAction>;
  /** What is remembered of an environment. */
  readonly state: (environment: string) => Promise<StandaloneState>;
  readonly record: (environment: string, name?: string) => Promise<RegistrationRecord>;
  readonly store: (environment: string) => Promise<StandaloneStore>;
  /** How many calls changed something at GitHub. */
  readonly writes: () => number;
};

const event = (name: string, payload: object = {}) => ({
  name,
  payload: { repository: { id: 4242, default_branch: 'main' }, ...payload },
});

export const PUSH = event('push', { ref: 'refs/heads/main' });
export const SCHEDULE = event('schedule');

export const pullRequest = (number: number, action = 'synchronize', name = 'pull_request') =>
  event(name, {
    action,
    number,
    pull_request: {
      number,
      state: action === 'closed' ? 'closed' : 'open',
      head: { repo: { id: 4242 } },
      base: { repo: { id: 4242 } },
    },
  });

export async function openRepository(options: Partial<GitHubOptions> = {}): Promise<Repository> {
  const key = randomBytes(32).toString('base64');
  const github = await startGitHub({
    tokens: {
      [JOB_TOKEN]: { kind: 'job', permissions: { contents: 'write', 'pull-requests': 'read', metadata: 'read' } },
      [READING_TOKEN]: { kind: 'job', permissions: { contents: 'read', metadata: 'read' } },
      [SECRETS_TOKEN]: {
        kind: 'fine-grained',
        permissions: { ...PUBLISHING, actions: 'read', administration: 'write' },
      },
      [NARROW_TOKEN]: { kind: 'fine-grained', permissions: { secrets: 'write', metadata: 'read' } },
      [APP_TOKEN]: { kind: 'app', permissions: PUBLISHING },
    },
    ...options,
  });
  const folder = await mkdtemp(join(tmpdir(), 'standalone-'));
  atTheEnd(async () => {
    await github.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { owner, name, id } = github.repository;
  let runs = 1000;

  const optionsOf = async ({ event = PUSH, manifest, inputs, runId, attempt = 1, env, github: context }: Job) => {
    runs = Math.max(runs + 1, runId ?? 0);
    const workspace = join(folder, `${runs}-${attempt}-${randomBytes(4).toString('hex')}`);
    const files = manifest === undefined ? {} : { '.github/oauth-clients.yml': manifest, '.git/HEAD': 'ref: x\n' };
    await mkdir(workspace, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), text);
    }
    return {
      directory: ROOT,
      workspace,
      event,
      github: {
        repository: `${owner}/${name}`,
        repositoryId: String(id),
        apiUrl: github.url,
        token: JOB_TOKEN,
        runId: String(runId ?? runs),
        runAttempt: String(attempt),
        ...context,
      },
      secrets: [key, SECRETS_TOKEN],
      inputs: { 'state-key': key, 'secrets-token': SECRETS_TOKEN, 'insecure-loopback': 'true', ...inputs },
      ...(env && { env }),
    } satisfies RunOptions;
  };

  const start = async (job: Job = {}) => startMain(await optionsOf(job));
  const store = (environment: string) =>
    openKept({ repository: { owner, name, id }, environment, url: github.url, token: JOB_TOKEN, key });
  const state = async (environment: string) => (await store(environment)).load();

  return {
    github,
    key,
    start,
    job: async (job = {}) => (await start(job)).finished,
    store,
    state,
    record: async (environment, client = 'web') => {
      const record = (await state(environment)).registrations[`${environment}/${client}`];
      if (record === undefined) throw new Error(`nothing is remembered of ${environment}/${client}`);
      return record;
    },
    writes: () => github.calls.filter(({ method }) => method !== 'GET').length,
  };
}
