import { evaluateDefault } from './action-definition.ts';
import type { Files } from './runner-files.ts';
import type { Job } from './runner-job.ts';

/** INPUT_* variables: what the step gives, else the defaults of action.yml. */
export function inputsOf(job: Job): {
  readonly env: Readonly<Record<string, string>>;
  readonly unexpected: readonly string[];
} {
  const given = new Map(Object.entries(job.options.inputs ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const github = { ...job.github, repository_id: job.github.repositoryId };
  const env: Record<string, string> = {};
  const put = (name: string, value: string): void => {
    env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
  };
  for (const [name, fallback] of job.definition.inputs) {
    if (fallback !== undefined) put(name, evaluateDefault(fallback, github));
    else put(name, '');
  }
  for (const [name, value] of given) put(name, value);
  const known = new Set([...job.definition.inputs.keys()].map((name) => name.toLowerCase()));
  return { env, unexpected: [...given.keys()].filter((name) => !known.has(name)) };
}

/** What every step finds in its environment. */
export function environmentOf(job: Job, files: Files): Record<string, string> {
  const { github, options } = job;
  const [owner = ''] = github.repository.split('/');
  return {
    PATH: process.env.PATH ?? '',
    HOME: job.temp,
    LANG: 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTOR: github.actor,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_BASE_REF: github.baseRef,
    GITHUB_ENV: files.env,
    GITHUB_EVENT_NAME: options.event?.name ?? 'push',
    GITHUB_EVENT_PATH: files.event,
    GITHUB_GRAPHQL_URL: `${github.apiUrl}/graphql`,
    GITHUB_HEAD_REF: github.headRef,
    GITHUB_JOB: github.job,
    GITHUB_OUTPUT: files.output,
    GITHUB_PATH: files.path,
    GITHUB_REF: github.ref,
    GITHUB_REF_NAME: github.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REF_TYPE: github.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    GITHUB_REPOSITORY: github.repository,
    GITHUB_REPOSITORY_ID: github.repositoryId,
    GITHUB_REPOSITORY_OWNER: owner,
    GITHUB_REPOSITORY_OWNER_ID: github.repositoryOwnerId,
    GITHUB_RUN_ATTEMPT: github.runAttempt,
    GITHUB_RUN_ID: github.runId,
    GITHUB_RUN_NUMBER: github.runNumber,
    GITHUB_SERVER_URL: github.serverUrl,
    GITHUB_SHA: github.sha,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_TRIGGERING_ACTOR: github.actor,
    GITHUB_WORKFLOW: github.workflow,
    GITHUB_WORKSPACE: job.workspace,
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'test runner',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: job.temp,
    RUNNER_TOOL_CACHE: job.temp,
  };
}
