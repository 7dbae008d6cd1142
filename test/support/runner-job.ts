import type { ActionDefinition } from './action-definition.ts';

export type RunOptions = {
  /** Where action.yml is. */
  readonly directory: string;
  /** `with:` of the step. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly event?: { readonly name: string; readonly payload: unknown };
  readonly github?: Partial<GitHubContext>;
  /** What the job or the machine adds, such as HTTPS_PROXY or NODE_EXTRA_CA_CERTS. */
  readonly env?: Readonly<Record<string, string>>;
  /** Values of `secrets.*`, which the runner masks before the step begins. */
  readonly secrets?: readonly string[];
  /** The checked-out repository; an empty directory unless said. */
  readonly workspace?: string;
  /** A Node 24; the one running this unless said. */
  readonly node?: string;
  /** The process is killed and the run rejected after this time. */
  readonly timeLimitMs?: number;
};

/** The `github` context, as far as an action sees it in its environment. */
export type GitHubContext = {
  readonly repository: string;
  readonly repositoryId: string;
  readonly repositoryOwnerId: string;
  readonly runId: string;
  readonly runNumber: string;
  readonly runAttempt: string;
  readonly sha: string;
  readonly ref: string;
  readonly headRef: string;
  readonly baseRef: string;
  readonly actor: string;
  readonly workflow: string;
  readonly job: string;
  readonly token: string;
  readonly serverUrl: string;
  readonly apiUrl: string;
};

/** What stays the same from the main to the post step. */
export type Job = {
  readonly options: RunOptions;
  readonly definition: ActionDefinition;
  readonly temp: string;
  readonly workspace: string;
  readonly github: GitHubContext;
};

export const DEFAULT_CONTEXT: GitHubContext = {
  repository: 'octo-org/growth-chart',
  repositoryId: '4242',
  repositoryOwnerId: '77',
  runId: '1001',
  runNumber: '7',
  runAttempt: '1',
  sha: '0123456789abcdef0123456789abcdef01234567',
  ref: 'refs/heads/main',
  headRef: '',
  baseRef: '',
  actor: 'octocat',
  workflow: 'Deploy',
  job: 'deploy',
  token: 'ghs_0123456789abcdefghijklmnopqrstuvwxyz',
  serverUrl: 'https://github.com',
  apiUrl: 'https://api.github.com',
};
