import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuthorizationServer } from '../support/authorization-server.ts';
import { completeCodeFlow } from '../support/real-client.ts';
import { type Run, runPost } from '../support/run-action.ts';
import { closedWebhook, sendWebhook } from '../worker/support/github-webhook.ts';
import { appSettings, startGitHubWithApp } from '../worker/support/github-with-app.ts';
import { type Claims, pullRequestRun } from '../worker/support/issuer.ts';
import { startWorker, until } from '../worker/support/worker.ts';
import { openWorkerRunner } from '../worker/support/worker-runner.ts';
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
  const github = await startGitHubWithApp();
  const pull = (state: 'open' | 'closed') =>
    github.pull({ number: 42, state, head: { ref: 'feature-42', sha: '1'.repeat(40) } });
  pull('open');
  const worker = await startWorker(server, appSettings(github));
  const workerUrl = (await worker.harness.listen()).url.origin;
  const workspace = await mkdtemp(join(tmpdir(), 'oauth-registrar-demo-'));
  await mkdir(join(workspace, '.github'));
  await writeFile(join(workspace, '.github', 'oauth-clients.yml'), manifest(server.issuer));
  const runner = await openWorkerRunner({ worker, github, directory: ROOT, workspace, workerUrl });

  const job = async (
    who: Claims,
    event: { name: string; payload: unknown },
    inputs: Record<string, string>,
  ): Promise<Run> => {
    const main = await runner.run({ who, event, inputs });
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
  const answer = await sendWebhook(worker, closedWebhook(42));
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
  const view = (await worker.send('GET', 'pr-42/web', { claims: { ...pullRequestRun(42), run_id: runner.nextRun() } }))
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
  await runner.close();
  await rm(workspace, { recursive: true });
}
