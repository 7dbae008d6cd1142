import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import type { GitHub } from '../../support/github/server.ts';
import { type Run, runPost } from '../../support/run-action.ts';
import { closedWebhook, sendWebhook } from '../../worker/support/github-webhook.ts';
import { appSettings, startGitHubWithApp } from '../../worker/support/github-with-app.ts';
import { type IdTokens, startIdTokens } from '../../worker/support/id-tokens.ts';
import { type Claims, pullRequestRun, REPOSITORY } from '../../worker/support/issuer.ts';
import { PUBLIC_URL, startWorker, type TestWorker, until } from '../../worker/support/worker.ts';
import { codesOf, main, type Step } from '../support/built-action.ts';
import { builtAction } from './support/through-worker.ts';

const PAT = 'github_pat_0123456789abcdef';

let server: AuthorizationServer;
let worker: TestWorker;
let github: GitHub;
let idTokens: IdTokens;
let run: Claims;
let workerUrl: string;

beforeEach(async () => {
  server = await startAuthorizationServer();
  github = await startGitHubWithApp({
    tokens: { [PAT]: { kind: 'fine-grained', permissions: { secrets: 'write', variables: 'write' } } },
  });
  run = pullRequestRun(42);
  pull('open');
});

afterEach(() => Promise.all([worker.close(), server.close(), github.close(), idTokens.close()]));

const pull = (state: 'open' | 'closed') =>
  github.pull({ number: 42, state, head: { ref: 'feature-42', sha: '1'.repeat(40) } });

async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  worker = await startWorker(server, settings);
  workerUrl = (await worker.harness.listen()).url.origin;
  idTokens = await startIdTokens((audience) => worker.issuer.token(audience, run));
}

const withApp = () => appSettings(github);

const manifest = () => `
version: 1
clients:
  web:
    server: ${server.issuer}
    type: confidential
    metadata:
      client_name: Growth chart
      redirect_uris: [https://app.example.org/callback]
    publish:
      github: { variables: { client_id: WEB_ID }, secrets: { client_secret: WEB_SECRET } }
environments:
  production:
    web:
      rotate: { client_id: may_change }
`;

async function action({ inputs, ...step }: Step = {}): Promise<Run> {
  return main({
    directory: await builtAction(),
    manifest: manifest(),
    github: { apiUrl: github.url, repository: REPOSITORY.name, repositoryId: REPOSITORY.id },
    env: idTokens.env,
    inputs: { 'worker-url': workerUrl, audience: PUBLIC_URL, 'pull-request': '42', ttl: '', ...inputs },
    ...step,
  });
}

it('a preview is deployed, deployed again, and torn down by a signed webhook; the App publishes', async () => {
  await start(withApp());
  const first = await action();
  expect(codesOf(first)).toEqual([]);
  expect(github.secrets()).toEqual({ WEB_SECRET: first.outputs['client-secret'] });
  expect(github.variables()).toEqual({ WEB_ID: first.outputs['client-id'] });
  const calls = github.calls.length;
  const again = await action();
  expect(again.outputs).toMatchObject({ changed: 'false', 'client-id': first.outputs['client-id'] });
  expect(github.calls.length).toBe(calls);

  pull('closed');
  const answer = await sendWebhook(worker, closedWebhook(42));
  expect([answer.status, await answer.json()]).toEqual([202, { status: 'taken' }]);
  await until(async () => Object.keys(github.secrets()).length === 0 && server.clients().length === 0);
  expect(github.variables()).toEqual({});
  expect(codesOf(await action())).toEqual(['owner_ended']);
  expect(server.clients()).toEqual([]);
});

it('without the App the job publishes, and the Worker knows', async () => {
  await start();
  const inputs = { 'secrets-token': PAT };
  const first = await action({ inputs });
  expect(codesOf(first)).toEqual([]);
  expect(github.secrets()).toEqual({ WEB_SECRET: first.outputs['client-secret'] });
  const calls = github.calls.length;
  const again = await action({ inputs });
  expect(codesOf(again)).toEqual([]);
  expect(github.calls.length).toBe(calls);
});

it('without the App nothing that is somebody else’s is overwritten, however often it is tried', async () => {
  await start();
  github.seedSecret('WEB_SECRET', 'theirs');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(codesOf(await action({ inputs: { 'secrets-token': PAT } }))).toEqual(['secret_exists']);
  }
  expect(github.secrets()).toEqual({ WEB_SECRET: 'theirs' });
  expect(github.variables()).toEqual({});
});

it('without the App a name that a preview left is its own again, unless somebody made or changed it since', async () => {
  await start();
  const inputs = { 'secrets-token': PAT };
  const runs = (runId: number) => {
    run = pullRequestRun(42, { run_id: String(runId) });
  };
  runs(100);
  expect(codesOf(await action({ inputs }))).toEqual([]);
  expect(codesOf(await action({ inputs: { command: 'delete' } }))).toEqual([]);
  expect(Object.keys(github.secrets())).toEqual(['WEB_SECRET']);

  runs(101);
  const again = await action({ inputs });
  expect(codesOf(again), again.log).toEqual([]);
  expect(github.secrets()).toEqual({ WEB_SECRET: again.outputs['client-secret'] });
  expect(codesOf(await action({ inputs: { command: 'delete' } }))).toEqual([]);

  github.seedSecret('WEB_SECRET', 'made by a person since');
  for (const runId of [102, 103]) {
    runs(runId);
    const refused = await action({ inputs });
    expect(codesOf(refused), refused.log).toEqual(['secret_exists']);
    expect(github.secrets()).toEqual({ WEB_SECRET: 'made by a person since' });
    // Nor by leaving it once more does it become ours.
    if (runId === 102) expect(codesOf(await action({ inputs: { command: 'delete' } }))).toEqual([]);
  }
});

it('production is rotated, published and retired', async () => {
  await start(withApp());
  run = {};
  const inputs = { 'pull-request': '', environment: 'production' };
  const first = await action({ inputs });
  expect(codesOf(first)).toEqual([]);
  run = { run_id: '101' };
  const rotated = await action({ inputs: { ...inputs, command: 'rotate' } });
  expect(codesOf(rotated)).toEqual([]);
  expect(rotated.outputs['client-id']).not.toBe(first.outputs['client-id']);
  expect(github.variables()).toEqual({ WEB_ID: rotated.outputs['client-id'] });
  expect(server.clients()).toHaveLength(2);
  const retired = await action({
    inputs: { ...inputs, command: 'retire', 'client-id': rotated.outputs['client-id'] ?? '' },
  });
  expect(codesOf(retired)).toEqual([]);
  expect(server.clients().map(({ clientId }) => clientId)).toEqual([rotated.outputs['client-id']]);
});

it('a client of the job alone is gone after it', async () => {
  await start();
  const alone = manifest().replace(/ {4}publish:\n.*\n/u, '');
  const main = await action({ manifest: alone, inputs: { ttl: 'job' } });
  expect(codesOf(main)).toEqual([]);
  expect(server.clients()).toHaveLength(1);
  const post = await runPost(main);
  expect(post.log).toContain('web: gone');
  expect(server.clients()).toEqual([]);
});

it('a run that does not reach production is told so', async () => {
  await start();
  const run = await action({ inputs: { 'pull-request': '', environment: 'production' } });
  expect(codesOf(run)).toEqual(['not_allowed']);
  expect(server.clients()).toEqual([]);
});
