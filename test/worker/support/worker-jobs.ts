import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pullRequest, pushToMain } from '../../demo/repository.ts';
import { startLatency } from '../../support/latency.ts';
import type { CountedScene } from './counted-scene.ts';
import { type Claims, pullRequestRun } from './issuer.ts';
import { openWorkerRunner } from './worker-runner.ts';

const MANIFEST = 'oauth-clients.yml';

/** A repository whose jobs deploy with the built Action through the Worker, which publishes by itself. */
export type WorkerJobs = {
  readonly deployProduction: () => Promise<void>;
  readonly deployPreview: (pull: number) => Promise<void>;
  /** Requests from jobs to the Worker so far. */
  readonly requests: () => number;
  readonly close: () => Promise<void>;
};

/** `action` is the directory with `action.yml` and the built bundle. */
export async function openWorkerJobs({ worker, server, github }: CountedScene, action: string): Promise<WorkerJobs> {
  const front = await startLatency({ roundTripMs: 0 });
  front.forwardTo((await worker.harness.listen()).url.origin);
  const workspace = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeFile(join(workspace, MANIFEST), manifest(server.issuer));
  const runner = await openWorkerRunner({ worker, github, directory: action, workspace, workerUrl: front.origin });

  const deploy = async (who: Claims, event: { name: string; payload: unknown }, inputs: Record<string, string>) => {
    const run = await runner.run({ who, event, inputs: { manifest: MANIFEST, ...inputs } });
    if (run.conclusion === 'failure') throw new Error(`the step failed:\n${run.log}`);
  };

  return {
    deployProduction: () => deploy({}, pushToMain, { environment: 'production', url: 'https://app.example.org' }),
    deployPreview: (pull) => {
      github.pull({ number: pull, state: 'open', head: { ref: `feature-${pull}`, sha: '1'.repeat(40) } });
      return deploy(pullRequestRun(pull), pullRequest(pull), { url: `https://pr-${pull}.preview.example.org` });
    },
    requests: () => front.requests(),
    close: async () => {
      await Promise.all([front.close(), runner.close(), rm(workspace, { recursive: true, force: true })]);
    },
  };
}

function manifest(server: string): string {
  return `
version: 1
clients:
  web:
    type: confidential
    server: ${server}
    metadata: { redirect_uris: ["\${url}/callback"] }
environments:
  production:
    web: { publish: { github: { variables: { client_id: CLIENT_ID }, secrets: { client_secret: CLIENT_SECRET } } } }
  pr-*:
    web:
      publish:
        github:
          variables: { client_id: PREVIEW_CLIENT_ID }
          secrets: { client_secret: PREVIEW_CLIENT_SECRET }
`;
}
