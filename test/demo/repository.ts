import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { rememberedIn } from '../support/remembered.ts';
import { type Run, runMain, runPost } from '../support/run-action.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const JOB_TOKEN = 'ghs_demo_token_of_the_job';
const SECRETS_TOKEN = 'github_pat_demo_token_that_may_write_secrets';

/** A repository on the GitHub stand-in, and jobs in it. */
export type Repository = {
  readonly github: GitHub;
  readonly key: string;
  /** Writes the manifest that the next job checks out. */
  readonly write: (manifest: string) => Promise<void>;
  /** One job with one step: main, then post. */
  readonly job: (job: {
    readonly event: Event;
    readonly inputs?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
  }) => Promise<Run>;
  /** What the sealed state of an environment remembers. */
  readonly remembered: (environment: string) => Promise<readonly RegistrationRecord[]>;
  readonly close: () => Promise<void>;
};

export type Event = { readonly name: string; readonly payload: unknown };

export const pullRequest = (number: number, action = 'opened'): Event => ({
  name: 'pull_request',
  payload: {
    action,
    number,
    pull_request: {
      number,
      state: action === 'closed' ? 'closed' : 'open',
      head: { repo: { id: 4242 } },
      base: { repo: { id: 4242 } },
    },
    repository: { id: 4242, default_branch: 'main' },
  },
});

export const pushToMain: Event = {
  name: 'push',
  payload: { ref: 'refs/heads/main', repository: { id: 4242, default_branch: 'main' } },
};

export async function openRepository(): Promise<Repository> {
  const key = randomBytes(32).toString('base64');
  const github = await startGitHub({
    tokens: {
      [JOB_TOKEN]: { kind: 'job', permissions: { contents: 'write', 'pull-requests': 'read', metadata: 'read' } },
      [SECRETS_TOKEN]: {
        kind: 'fine-grained',
        permissions: { secrets: 'write', variables: 'write', environments: 'write', actions: 'read', metadata: 'read' },
      },
    },
  });
  const { owner, name, id } = github.repository;
  const workspace = await mkdtemp(join(tmpdir(), 'oauth-registrar-demo-'));
  await mkdir(join(workspace, '.github'));
  let runs = 1000;

  return {
    github,
    key,
    write: (manifest) => writeFile(join(workspace, '.github', 'oauth-clients.yml'), manifest),
    job: async ({ event, inputs = {}, env = {} }) => {
      runs += 1;
      const main = await runMain({
        directory: ROOT,
        workspace,
        event,
        env,
        github: {
          repository: `${owner}/${name}`,
          repositoryId: String(id),
          apiUrl: github.url,
          token: JOB_TOKEN,
          runId: String(runs),
        },
        secrets: [key, SECRETS_TOKEN],
        inputs: { 'state-key': key, 'secrets-token': SECRETS_TOKEN, 'insecure-loopback': 'true', ...inputs },
      });
      await runPost(main);
      return main;
    },
    remembered: (environment) =>
      rememberedIn({
        repository: github.repository,
        environment,
        url: github.url,
        token: JOB_TOKEN,
        key: key,
      }),
    close: async () => {
      await github.close();
      await rm(workspace, { recursive: true });
    },
  };
}
