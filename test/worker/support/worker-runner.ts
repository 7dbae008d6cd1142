import type { GitHub } from '../../support/github/server.ts';
import { type Run, runMain } from '../../support/run-action.ts';
import { startIdTokens } from './id-tokens.ts';
import { type Claims, REPOSITORY } from './issuer.ts';
import { PUBLIC_URL, type TestWorker } from './worker.ts';

export type WorkerRunner = {
  /** Runs the main step in a run of its own, newer than all before. */
  readonly run: (job: {
    readonly who?: Claims;
    readonly event: { readonly name: string; readonly payload: unknown };
    readonly inputs: Readonly<Record<string, string>>;
    readonly timeLimitMs?: number;
  }) => Promise<Run>;
  /** The `run_id` that the next run has. */
  readonly nextRun: () => string;
  readonly close: () => Promise<void>;
};

/** The repository's runner, whose jobs use the Worker and prove themselves to it. `directory` holds the Action. */
export async function openWorkerRunner({
  worker,
  github,
  directory,
  workspace,
  workerUrl,
}: {
  readonly worker: TestWorker;
  readonly github: GitHub;
  readonly directory: string;
  readonly workspace: string;
  readonly workerUrl: string;
}): Promise<WorkerRunner> {
  let claims: Claims = {};
  let runs = 100;
  const idTokens = await startIdTokens((audience) => worker.issuer.token(audience, claims));
  const nextRun = () => String(runs + 1);
  return {
    nextRun,
    run: ({ who = {}, event, inputs, timeLimitMs }) => {
      const runId = nextRun();
      runs += 1;
      claims = { ...who, run_id: runId };
      return runMain({
        directory,
        workspace,
        event,
        github: { apiUrl: github.url, repository: REPOSITORY.name, repositoryId: REPOSITORY.id, runId },
        env: idTokens.env,
        inputs: { 'worker-url': workerUrl, audience: PUBLIC_URL, 'insecure-loopback': 'true', ...inputs },
        ...(timeLimitMs !== undefined && { timeLimitMs }),
      });
    },
    close: () => idTokens.close(),
  };
}
