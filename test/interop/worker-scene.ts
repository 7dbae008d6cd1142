import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GitHub } from '../support/github/server.ts';
import { appSettings, startGitHubWithApp } from '../worker/support/github-with-app.ts';
import { startWorker, type TestWorker } from '../worker/support/worker.ts';
import { openWorkerRunner, type WorkerRunner } from '../worker/support/worker-runner.ts';
import { manifest } from './manifest.ts';
import type { RunningServer } from './server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The Worker with its App at GitHub, and a repository whose jobs use it. */
export type Scene = {
  readonly github: GitHub;
  readonly worker: TestWorker;
  readonly runner: WorkerRunner;
  /** Writes the manifest that the next job checks out. */
  readonly write: (callback: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

export async function openScene(server: RunningServer): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const github = await startGitHubWithApp();
  opened.defer(github.close);
  const settings = { ...appSettings(github), SERVERS: JSON.stringify([serverEntry(server)]) };
  const worker = await startWorker({ issuer: server.address }, settings);
  opened.defer(worker.close);
  const workerUrl = (await worker.harness.listen()).url.origin;
  const workspace = await mkdtemp(join(tmpdir(), 'oauth-registrar-interop-'));
  opened.defer(() => rm(workspace, { recursive: true }));
  await mkdir(join(workspace, '.github'));
  const runner = await openWorkerRunner({ worker, github, directory: ROOT, workspace, workerUrl });
  opened.defer(runner.close);
  const file = join(workspace, '.github', 'oauth-clients.yml');
  const all = opened.move();
  return {
    github,
    worker,
    runner,
    write: (callback) => writeFile(file, manifest(server, callback)),
    close: () => all.disposeAsync(),
  };
}

function serverEntry(server: RunningServer): Readonly<Record<string, unknown>> {
  return {
    name: 'server',
    server: server.address,
    redirect_hosts: ['app.example.org', '*.preview.example.org'],
    scopes: 'any',
    grants: ['authorization_code', 'refresh_token', 'client_credentials'],
    ...(server.initialAccessToken !== undefined && { initial_access_token: server.initialAccessToken }),
  };
}
