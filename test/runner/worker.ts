import type { Story } from '../demo/story.ts';
import { startAuthorizationServer } from '../support/authorization-server.ts';
import { CA_FILE, startTlsFront } from '../support/https.ts';
import { startProxy } from '../support/proxy.ts';
import { closedWebhook, sendWebhook } from '../worker/support/github-webhook.ts';
import { appSettings, startGitHubWithApp } from '../worker/support/github-with-app.ts';
import { startIdTokens } from '../worker/support/id-tokens.ts';
import { type Claims, pullRequestRun } from '../worker/support/issuer.ts';
import { startWorker, until } from '../worker/support/worker.ts';
import type { WorkflowRun } from './act.ts';
import { makeAppRepository } from './app-repository.ts';
import { contextOf, secretsOf } from './scene.ts';
import { startAnd } from './start-and.ts';

const WORKFLOW = 'worker.yml';
const ENVIRONMENT = 'production';
const NUMBER = 42;
const JOB_TOKEN = 'ghs_runner_token_of_a_job_with_a_worker';
const DAY_MS = 86_400_000;
const PATIENCE_MS = 60_000;

/** examples/worker.yml: the Worker in workerd, which publishes, rotates by schedule, and tears down by webhook. */
export async function playWorker(act: string, story: Story): Promise<void> {
  const { chapter, does, check } = story;
  chapter('examples/worker.yml');
  const server = await startAuthorizationServer();
  const github = await startGitHubWithApp({
    tokens: { [JOB_TOKEN]: { kind: 'job', permissions: { contents: 'read', metadata: 'read' } } },
    permissions: {
      secrets: 'write',
      actions_variables: 'write',
      environments: 'write',
      actions: 'read',
      contents: 'write',
      pull_requests: 'read',
    },
  });
  // The runtime of the Worker takes no proxy: what it is told leads straight to this machine.
  const address = server.fhirBase('r4');
  const entry = {
    name: 'ehr',
    server: address,
    redirect_hosts: ['app.example.org', '*.preview.example.org'],
    scopes: 'any',
    grants: ['authorization_code', 'refresh_token'],
  };
  const worker = await startWorker(server, { ...appSettings(github), SERVERS: JSON.stringify([entry]) });
  const front = await startTlsFront();
  front.forwardTo((await worker.harness.listen()).url.origin);
  const proxy = await startProxy({ routes: { 'registrar.example.org': front.port } });
  let claims: Claims = {};
  const idTokens = await startIdTokens((audience) => worker.issuer.token(audience, claims));
  const app = await makeAppRepository({
    manifest: (text) =>
      text.replaceAll('https://fhir.example.org/r4', address).replace(/^( +)rotate: .*$/mu, '$&\n$1announce: dispatch'),
    action: (text) => text.replace(/(\n {2}insecure-loopback:\n.*\n {4}default: )'false'/u, "$1'true'"),
  });
  const { defaultBranch, id } = github.repository;
  const repository = { id, default_branch: defaultBranch };
  const seen = new Set<string>([JOB_TOKEN]);
  let runs = 1000;
  const startAs = async (who: Claims, run: WorkflowRun) => {
    runs += 1;
    claims = { ...who, run_id: String(runs) };
    const ended = await app.start(act, {
      ...run,
      secrets: { GITHUB_TOKEN: JOB_TOKEN, ...github.secrets(ENVIRONMENT) },
      vars: github.variables(ENVIRONMENT),
      env: {
        ...contextOf(github.repository, github.url, runs),
        ...idTokens.env,
        HTTPS_PROXY: proxy.url,
        NO_PROXY: '127.0.0.1',
        NODE_EXTRA_CA_CERTS: CA_FILE,
      },
    });
    for (const secret of secretsOf(server)) seen.add(secret);
    return ended;
  };
  const secretValues = () => [...seen].filter((value) => value !== '');
  const started = (who: Claims, run: Omit<WorkflowRun, 'workflow'>) =>
    startAnd({ start: (one) => startAs(who, one), secretValues }, story)({ workflow: WORKFLOW, ...run });
  const pull = (state: 'open' | 'closed') =>
    github.pull({ number: NUMBER, state, head: { ref: `feature-${NUMBER}`, sha: '1'.repeat(40) } });
  const held = (clientId: string | undefined) => ({
    clientId,
    clientSecret: server.client(clientId ?? '')?.metadata.client_secret,
  });
  const published = () => ({
    clientId: github.variables(ENVIRONMENT).FHIR_CLIENT_ID,
    clientSecret: github.secrets(ENVIRONMENT).FHIR_CLIENT_SECRET,
  });
  const lastDeployed = async () => (await app.deployed()).at(-1);

  try {
    github.seedEnvironment(ENVIRONMENT);
    does(`Pull request ${NUMBER} is opened`);
    pull('open');
    await started(pullRequestRun(NUMBER), {
      event: 'pull_request',
      payload: {
        action: 'opened',
        number: NUMBER,
        pull_request: {
          number: NUMBER,
          state: 'open',
          head: { ref: `feature-${NUMBER}`, repo: { id } },
          base: { ref: 'main', repo: { id } },
        },
        repository,
      },
    });
    const [preview] = server.clients();
    check('one client is at the server, and the preview was deployed with it', await app.deployed(), [
      { what: `pr-${NUMBER}`, ...held(preview?.clientId) },
    ]);
    check('the job wrote nothing to GitHub', github.count({ token: JOB_TOKEN }), 0);

    does('A push to main');
    const onMain = { environment: ENVIRONMENT };
    const push = { event: 'push', payload: { ref: 'refs/heads/main', repository } };
    await started(onMain, { ...push, job: 'clients' });
    const first = published();
    check('the Worker has published the credentials of a client that exists', first, held(first.clientId));
    await started(onMain, push);
    check('the app was deployed with them', await lastDeployed(), { what: ENVIRONMENT, ...first });

    does('The pull request is closed: no workflow runs, GitHub sends a signed webhook');
    pull('closed');
    check('the webhook was taken', (await sendWebhook(worker, closedWebhook(NUMBER))).ok, true);
    await until(async () => server.client(preview?.clientId ?? '') === undefined, PATIENCE_MS);
    check(
      'its client is gone, that of production is there',
      server.clients().map(({ clientId }) => clientId),
      [first.clientId],
    );

    does('31 days pass; the Worker rotates by itself');
    await worker.edit(`${ENVIRONMENT}/web`, (record) => ({
      ...record,
      ...(record.rotatedAt !== undefined && { rotatedAt: record.rotatedAt - 31 * DAY_MS }),
      clients: record.clients.map((client) => ({ ...client, madeAt: client.madeAt - 31 * DAY_MS })),
    }));
    await worker.cron();
    await until(async () => github.dispatches.length > 0, PATIENCE_MS);
    const second = published();
    check(
      'other credentials are published, of a client that exists, beside the old one',
      [second.clientId === first.clientId, second, held(first.clientId)],
      [false, held(second.clientId), first],
    );
    const [dispatch] = github.dispatches;
    await started(
      { ...onMain, event_name: 'repository_dispatch' },
      {
        event: 'repository_dispatch',
        payload: { action: dispatch?.type, client_payload: dispatch?.payload, branch: 'main', repository },
      },
    );
    check('the workflow that it started deployed the app with the new ones', await lastDeployed(), {
      what: ENVIRONMENT,
      ...second,
    });
    await until(async () => server.client(first.clientId ?? '') === undefined, PATIENCE_MS);
    const record = await worker.record(`${ENVIRONMENT}/web`);
    check(
      'the old client is gone, and the books agree',
      [
        server.clients().map(({ clientId }) => clientId),
        record.clients.map(({ clientId }) => clientId),
        record.suspects,
        record.orphans,
      ],
      [[second.clientId], [second.clientId], [], []],
    );
  } finally {
    await worker.close();
    await Promise.all([proxy.close(), front.close(), idTokens.close(), server.close()]);
    await app.remove();
    await github.close();
  }
}
