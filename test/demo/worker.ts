import { createHmac, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuthorizationServer } from '../support/authorization-server.ts';
import { startGitHub } from '../support/github/server.ts';
import { closeServer, listenOnLoopback } from '../support/listen.ts';
import { completeCodeFlow } from '../support/real-client.ts';
import { type Run, runMain, runPost } from '../support/run-action.ts';
import { APP_ID, INSTALLATION, PKCS1, PUBLIC_KEY } from '../worker/github-app/support/app.ts';
import { type Claims, pullRequestRun, REPOSITORY } from '../worker/support/issuer.ts';
import { PUBLIC_URL, startWorker, until, WEBHOOK_SECRET } from '../worker/support/worker.ts';
import { pullRequest, pushToMain } from './repository.ts';
import type { Story } from './story.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DAY = 86_400_000;

const manifest = (server: string) => `version: 1
clients:
  web:
    server: ${server}
    type: confidential
    metadata:
      client_name: Growth chart (\${environment})
      redirect_uris: ["\${url}/callback"]
      scope: openid fhirUser patient/*.rs
environments:
  production:
    web:
      publish:
        github: { variables: { client_id: FHIR_CLIENT_ID }, secrets: { client_secret: FHIR_CLIENT_SECRET } }
      rotate: { every: 30d, overlap: 24h, client_id: may_change }
  pr-*:
    web:
      publish:
        github: { variables: { client_id: "PREVIEW_CLIENT_ID" }, secrets: { client_secret: "PREVIEW_CLIENT_SECRET" } }
`;

/** The Worker in the real runtime: the job holds an id-token and nothing else. */
export async function playWorker(server: AuthorizationServer, { chapter, does, shows, check }: Story): Promise<void> {
  chapter('4  The Worker: nothing that manages clients is in a job');
  server.reset();
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
  const worker = await startWorker(server, { GH_APP_ID: APP_ID, GH_APP_PRIVATE_KEY: PKCS1, GH_API_URL: github.url });
  const workerUrl = (await worker.harness.listen()).url.origin;
  let claims: Claims = {};
  const tokens = createServer(async (request, response) => {
    const audience = new URL(request.url ?? '/', 'http://x').searchParams.get('audience') ?? '';
    response.end(JSON.stringify({ value: await worker.issuer.token(audience, claims) }));
  });
  const idTokens = `http://127.0.0.1:${await listenOnLoopback(tokens)}/?v=2`;
  const workspace = await mkdtemp(join(tmpdir(), 'oauth-registrar-demo-'));
  await mkdir(join(workspace, '.github'));
  await writeFile(join(workspace, '.github', 'oauth-clients.yml'), manifest(server.issuer));
  let runs = 100;

  const job = async (
    who: Claims,
    event: { name: string; payload: unknown },
    inputs: Record<string, string>,
  ): Promise<Run> => {
    runs += 1;
    claims = { ...who, run_id: String(runs) };
    const main = await runMain({
      directory: ROOT,
      workspace,
      event,
      github: { apiUrl: github.url, repository: REPOSITORY.name, repositoryId: REPOSITORY.id, runId: String(runs) },
      env: { ACTIONS_ID_TOKEN_REQUEST_URL: idTokens, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-this-job' },
      inputs: { 'worker-url': workerUrl, audience: PUBLIC_URL, 'insecure-loopback': 'true', ...inputs },
    });
    for (const line of main.log.trim().split('\n')) shows('log', line);
    await runPost(main);
    return main;
  };
  const preview = () => job(pullRequestRun(42), pullRequest(42), { url: 'https://pr-42.preview.example.org' });
  const production = (inputs: Record<string, string> = {}) =>
    job({}, pushToMain, { environment: 'production', url: 'https://app.example.org', ...inputs });
  const works = async (clientId: string, clientSecret: string) => {
    const got = await completeCodeFlow({
      issuer: server.issuer,
      clientId,
      clientSecret,
      redirectUri: 'https://app.example.org/callback',
      scope: 'openid patient/*.rs',
    });
    return typeof got.access_token;
  };
  const published = () => ({
    id: github.variables().FHIR_CLIENT_ID ?? '',
    secret: github.secrets().FHIR_CLIENT_SECRET ?? '',
  });

  does('A pull request deploys its preview through the Worker, which publishes by itself');
  const first = await preview();
  check('the step succeeded', first.exitCode, 0);
  check(
    'GitHub has the credentials that the step handed out',
    [github.variables().PREVIEW_CLIENT_ID, github.secrets().PREVIEW_CLIENT_SECRET],
    [first.outputs['client-id'], first.outputs['client-secret']],
  );

  does('Production is deployed, and 31 days pass');
  await production();
  const old = published();
  await worker.edit('production/web', (record) => ({
    ...record,
    clients: record.clients.map((client) => ({ ...client, madeAt: client.madeAt - 31 * DAY })),
  }));
  await worker.cron();
  await until(
    async () =>
      published().id !== old.id && (await worker.send('GET', 'production/web')).body.registration.retiring.length === 1,
  );
  const fresh = published();
  check(
    'the schedule has replaced what is published',
    [fresh.id === old.id, fresh.secret === old.secret],
    [false, false],
  );
  check(
    'both credentials work',
    [await works(old.id, old.secret), await works(fresh.id, fresh.secret)],
    ['string', 'string'],
  );

  does('The app was deployed again with the new ones: retire');
  await production({ command: 'retire', clients: 'web', 'client-id': fresh.id });
  check(
    'the old client is gone, the new one stays',
    [server.client(old.id), server.client(fresh.id)?.clientId],
    [undefined, fresh.id],
  );

  does('The pull request closes: GitHub sends a signed webhook');
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
  shows('answer', `${answer.status} ${await answer.text()}`);
  await until(async () => server.clients().length === 1 && github.secrets().PREVIEW_CLIENT_SECRET === undefined);
  check(
    'the server holds production alone',
    server.clients().map(({ clientId }) => clientId),
    [fresh.id],
  );
  check(
    'GitHub has nothing of the preview',
    [Object.keys(github.variables()), Object.keys(github.secrets())],
    [['FHIR_CLIENT_ID'], ['FHIR_CLIENT_SECRET']],
  );

  does('A deploy that was queued arrives after the teardown');
  const late = await preview();
  check(
    'it is refused, and says why',
    [late.exitCode, late.annotations.map(({ title }) => title)],
    [1, ['oauth-registrar: owner_ended']],
  );
  check('nothing came back', server.clients().length, 1);

  does('The books');
  const kv = await worker.kv();
  await until(async () => (await kv.list()).keys.some(({ name }) => name.includes('pr-42')));
  const values = await Promise.all((await kv.list()).keys.map(async ({ name }) => (await kv.get(name)) ?? ''));
  check(
    'no secret is in the inventory in the clear',
    values.filter((value) => value.includes(fresh.secret)),
    [],
  );
  const view = (await worker.send('GET', 'pr-42/web', { claims: { ...pullRequestRun(42), run_id: String(runs + 1) } }))
    .body;
  check('the preview has ended', view.registration?.status, 'ended');
  const ledger = (
    await worker.operator<{ repositories: readonly { entries: readonly { ended?: string }[] }[] }>('GET', 'ledger')
  ).body;
  const entries = ledger.repositories.flatMap((repository) => repository.entries);
  check(
    'the ledger tells of three clients, two of them deleted',
    [entries.length, entries.filter(({ ended }) => ended === 'deleted').length],
    [3, 2],
  );

  await worker.close();
  await github.close();
  await closeServer(tokens);
  await rm(workspace, { recursive: true });
}
