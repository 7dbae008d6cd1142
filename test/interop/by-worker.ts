import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pullRequest, pushToMain } from '../demo/repository.ts';
import type { Story } from '../demo/story.ts';
import { runPost } from '../support/run-action.ts';
import { closedWebhook, sendWebhook } from '../worker/support/github-webhook.ts';
import { appSettings, startGitHubWithApp } from '../worker/support/github-with-app.ts';
import { type Claims, pullRequestRun } from '../worker/support/issuer.ts';
import { startWorker, until } from '../worker/support/worker.ts';
import { openWorkerRunner } from '../worker/support/worker-runner.ts';
import { manifest, secretMethod } from './manifest.ts';
import type { RunningServer } from './server.ts';
import { type Credentials, tokenEndpoint } from './token-endpoint.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const APP = 'https://app.example.org';
const DAY_MS = 86_400_000;
const PATIENCE_MS = 60_000;

/** The journey by the Worker in workerd: deploy, change, scheduled rotation, retire, and a teardown by webhook. */
export async function journeyByWorker(server: RunningServer, { does, check, shows }: Story): Promise<void> {
  const before = new Set((await server.clients()).map(({ clientId }) => clientId));
  const held = async () => (await server.clients()).filter(({ clientId }) => !before.has(clientId));
  const heldIds = async () => (await held()).map(({ clientId }) => clientId).sort();

  const github = await startGitHubWithApp();
  const pull = (state: 'open' | 'closed') =>
    github.pull({ number: 42, state, head: { ref: 'feature-42', sha: '1'.repeat(40) } });
  pull('open');
  const worker = await startWorker(
    { issuer: server.address },
    {
      ...appSettings(github),
      SERVERS: JSON.stringify([serverEntry(server)]),
    },
  );
  const workerUrl = (await worker.harness.listen()).url.origin;
  const workspace = await mkdtemp(join(tmpdir(), 'oauth-registrar-interop-'));
  await mkdir(join(workspace, '.github'));
  const write = (callback: string) =>
    writeFile(join(workspace, '.github', 'oauth-clients.yml'), manifest(server, callback));
  const runner = await openWorkerRunner({ worker, github, directory: ROOT, workspace, workerUrl });
  const job = async (
    what: string,
    {
      who = {},
      event = pushToMain,
      inputs,
    }: { who?: Claims; event?: typeof pushToMain; inputs: Record<string, string> },
  ) => {
    does(what);
    const main = await runner.run({ who, event, inputs, timeLimitMs: 120_000 });
    await runPost(main);
    for (const { level, message } of main.annotations) if (level === 'error') shows('error', message);
    return main;
  };
  const production = (what: string, inputs: Record<string, string> = {}) =>
    job(what, { inputs: { environment: 'production', url: APP, ...inputs } });
  const published = (): Credentials => ({
    clientId: github.variables().FHIR_CLIENT_ID ?? '',
    clientSecret: github.secrets().FHIR_CLIENT_SECRET ?? '',
  });

  try {
    await write('/callback');
    const preview = await job('Worker: a pull request gets a preview', {
      who: pullRequestRun(42),
      event: pullRequest(42),
      inputs: { url: 'https://pr-42.preview.example.org' },
    });
    check('the step succeeded', preview.exitCode, 0);
    const first = await production('Worker: production is deployed');
    check('the step succeeded', first.exitCode, 0);
    check(
      'both clients are in the books',
      await heldIds(),
      [preview.outputs['client-id'], first.outputs['client-id']].sort(),
    );

    await write('/signed-in');
    const changed = await production('Worker: another redirect URI');
    check('the step succeeded', changed.exitCode, 0);
    const old = published();
    check(
      'the books have the new redirect URI for the published client',
      (await held()).find(({ clientId }) => clientId === old.clientId)?.redirectUris,
      [`${APP}/signed-in`],
    );
    if (old.clientId !== first.outputs['client-id']) {
      await production('Worker: the app uses the new client: retire', { command: 'retire', 'client-id': old.clientId });
    }

    const tokenUrl = (await worker.record('production/web')).server.tokenEndpoint ?? '';
    const endpoint = tokenEndpoint({
      url: tokenUrl,
      method: secretMethod(server),
      redirectUri: `${APP}/signed-in`,
    });
    const verifiable = await endpoint.tellsApart(old);
    does('Worker: 31 days pass');
    await worker.edit('production/web', (record) => ({
      ...record,
      ...(record.rotatedAt !== undefined && { rotatedAt: record.rotatedAt - 31 * DAY_MS }),
      clients: record.clients.map((client) => ({ ...client, madeAt: client.madeAt - 31 * DAY_MS })),
    }));
    await worker.cron();
    await until(async () => {
      const { clients, rotation, rotationHeldUntil } = await worker.record('production/web');
      if (!verifiable) return rotationHeldUntil !== undefined;
      const current = clients.find(({ role }) => role === 'current')?.clientId;
      return current !== old.clientId && rotation === undefined;
    }, PATIENCE_MS);
    const fresh = published();
    if (verifiable) {
      check(
        'old and new credentials both work while they overlap',
        [await endpoint.tellsApart(old), await endpoint.tellsApart(fresh)],
        [true, true],
      );
      check(
        'old and new client are both in the books',
        (await heldIds()).filter((id) => [old.clientId, fresh.clientId].includes(id)).length,
        2,
      );
      const retired = await production('Worker: the app uses the new ones: retire', {
        command: 'retire',
        'client-id': fresh.clientId,
      });
      check('the step succeeded', retired.exitCode, 0);
    } else {
      check('new credentials that cannot be tried are not put to use', fresh, old);
    }

    does('Worker: the pull request closes, and GitHub sends a signed webhook');
    pull('closed');
    const answer = await sendWebhook(worker, closedWebhook(42));
    check('the webhook was taken', answer.ok, true);
    await production('Worker: production is given up: delete', { command: 'delete' });
    const records = async () => Promise.all(['production/web', 'pr-42/web'].map(worker.record));
    await until(async () => (await records()).every(({ clients }) => clients.length === 0), PATIENCE_MS);
    const all = await records();
    const orphans = all.flatMap((one) => one.orphans.map(({ clientId }) => clientId)).sort();
    check('what is left at the server is the list of orphans', await heldIds(), orphans);
    check('nothing is suspected', all.flatMap(({ suspects }) => suspects).length, 0);
    check('no secret is left at GitHub', Object.keys(github.secrets()), []);
    shows('orphans', String(orphans.length));
  } finally {
    await worker.close();
    await github.close();
    await runner.close();
    await rm(workspace, { recursive: true });
  }
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
