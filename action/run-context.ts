import { readFileSync } from 'node:fs';
import type { Payload } from './binding/event-payload.ts';
import type { IdTokenRequest } from './worker/id-token.ts';

/** The run as the runner describes it in its environment. */
export type RunContext = {
  readonly eventName: string;
  readonly payload: Payload;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
  readonly owner: string;
  readonly repo: string;
  readonly repositoryId: string;
  readonly workspace: string;
  readonly apiUrl: string;
  readonly runId: number;
  readonly runAttempt: number;
  /** Run and attempt, for the ledger. */
  readonly run: string;
  /** Absent where the job has no `id-token: write`. */
  readonly idTokenRequest?: IdTokenRequest;
};

/** The one reader of the runner's environment variables. */
export function readRunContext(env: NodeJS.ProcessEnv): RunContext {
  const [owner = '', repo = ''] = (env.GITHUB_REPOSITORY ?? '').split('/');
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  return {
    eventName: env.GITHUB_EVENT_NAME ?? '',
    payload: readPayload(env.GITHUB_EVENT_PATH),
    ref: env.GITHUB_REF ?? '',
    sha: env.GITHUB_SHA ?? '',
    actor: env.GITHUB_ACTOR ?? '',
    owner,
    repo,
    repositoryId: env.GITHUB_REPOSITORY_ID ?? '',
    workspace: env.GITHUB_WORKSPACE ?? process.cwd(),
    apiUrl: env.GITHUB_API_URL ?? 'https://api.github.com',
    runId: Number(env.GITHUB_RUN_ID ?? '0'),
    runAttempt: Number(env.GITHUB_RUN_ATTEMPT ?? '1'),
    run: `${env.GITHUB_RUN_ID ?? '0'}.${env.GITHUB_RUN_ATTEMPT ?? '1'}`,
    ...(url && token && { idTokenRequest: { url, token } }),
  };
}

function readPayload(path: string | undefined): Payload {
  if (path === undefined || path === '') return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Payload;
  } catch {
    return {};
  }
}
