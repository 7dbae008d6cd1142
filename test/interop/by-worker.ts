import { createHmac, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pullRequest, pushToMain } from '../demo/repository.ts';
import type { Story } from '../demo/story.ts';
import { startGitHub } from '../support/github/server.ts';
import { closeServer, listenOnLoopback } from '../support/listen.ts';
import { runMain, runPost } from '../support/run-action.ts';
import { APP_ID, INSTALLATION, PKCS1, PUBLIC_KEY } from '../worker/github-app/support/app.ts';
import { type Claims, pullRequestRun, REPOSITORY } from '../worker/support/issuer.ts';
import { PUBLIC_URL, startWorker, until, WEBHOOK_SECRET } from '../worker/support/worker.ts';
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

  const github = await startGitHub({
    repository: { owner: 'acme', name: 'app', id: Number(REPOSITORY.id), ownerId: Number(REPOSITORY.ownerId) },
    tokens: {},
    app: {
      id: APP_ID,
      publicKey: PUBLIC_KEY,
      installations: [
        {
          ...INSTALLATION,
          account: { id: Number(REPOSITORY.ownerId), login: 'acme' },
          repositories: [Number(REPOSITORY.id)],
        },
      ],
    },
  });
  const pull = (state: 'open' | 'closed') =>
    github.pull({ number: 42, state, head: { ref: 'feature-42', sha: '1'.repeat(40) } });
  pull('open');
  const worker = await startWorker(
    { issuer: server.address },
    {
      GH_APP_ID: APP_ID,
      GH_APP_PRIVATE_KEY: PKCS1,
      GH_API_URL: github.url,
      SERVERS: JSON.stringify([serverEntry(server)]),
    },
  );
  const workerUrl = (await worker.harness.listen()).url.origin;
  let claims: Claims = {};
  const tokens = createServer(async (request, response) => {
    const audience = new URL(request.url ?? '/', 'http://x').searchParams.get('audience') ?? '';
    response.end(JSON.stringify({ value: await worker.issuer.token(audience, claims) }));
  });
  const idTokens = `http://127.0.0.1:${await listenOnLoopback(tokens)}/?v=2`;
  const workspace = await mkdtemp(join(tmpdir(), 'oauth-registrar-interop-'));
  await mkdir(join(workspace, '.github'));
  const write = (callback: string) =>
    writeFile(join(workspace, '.github', 'oauth-clients.yml'), manifest(server, callback));
  let runs = 100;
  const job = async (
    what: string,
    {
      who = {},
      event = pushToMain,
      inputs,
    }: { who?: Claims; event?: typeof pushToMain; inputs: Record<string, string> },
  ) => {
    does(what);
    runs += 1;
    claims = { ...who, run_id: String(runs) };
    const main = await runMain({
      directory: ROOT,
      workspace,
      event,
      github: { apiUrl: github.url, repository: REPOSITORY.name, repositoryId: REPOSITORY.id, runId: String(runs) },
      env: { ACTIONS_ID_TOKEN_REQUEST_URL: idTokens, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-this-job' },
      inputs: { 'worker-url': workerUrl, audience: PUBLIC_URL, 'insecure-loopback': 'true', ...inputs },
      timeLimitMs: 120_000,
    });
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
    const body = JSON.stringify({
      action: 'closed',
      number: 42,
      pull_request: { number: 42, closed_at: new Date().toISOString() },
      repository: { id: Number(REPOSITORY.id) },
    });
    const answer = await worker.harness.fetch('/webhooks/github', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'pull_request',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`,
      },
      body,
    });
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
    await closeServer(tokens);
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
