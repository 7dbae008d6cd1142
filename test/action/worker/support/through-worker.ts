import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { bundle } from '../../../../action/build.ts';
import type { Run } from '../../../support/run-action.ts';
import { main, ROOT, type Step } from '../../support/built-action.ts';
import type { FakeWorker } from './fake-worker.ts';

let built: Promise<string> | undefined;

/** A directory with the Action as it is now: the committed bundle may be older. */
export function builtAction(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'built-action-'));
  const dist = join(directory, 'action/dist');
  await mkdir(dist, { recursive: true });
  for (const [name, text] of await bundle(ROOT)) await writeFile(join(dist, name), text);
  await copyFile(join(ROOT, 'action.yml'), join(directory, 'action.yml'));
  return directory;
}

afterAll(async () => {
  if (built !== undefined) await rm(await built, { recursive: true, force: true });
});

export const MANIFEST = `
version: 1
clients:
  web:
    server: https://fhir.example.org/r4
    type: confidential
    metadata:
      client_name: Growth chart
      redirect_uris: [https://app.example.org/callback]
`;

/** The main step of a job that has `id-token: write` and a Worker; of pull request 42 unless said. */
export async function mainThrough(worker: FakeWorker, { inputs, env, ...step }: Step = {}): Promise<Run> {
  return main({
    directory: await builtAction(),
    manifest: MANIFEST,
    inputs: { 'worker-url': worker.url, 'pull-request': '42', ttl: '', ...inputs },
    env: { ...worker.idTokenEnv, ...env },
    ...step,
  });
}
