import type { AuthorizationServer } from '../support/authorization-server.ts';
import type { GitHub } from '../support/github/server.ts';
import { CA_FILE, startTlsFront } from '../support/https.ts';
import { startProxy } from '../support/proxy.ts';
import { PKCS1 } from '../worker/github-app/support/app.ts';
import { appSettings, startGitHubWithApp } from '../worker/support/github-with-app.ts';
import { startIdTokens } from '../worker/support/id-tokens.ts';
import type { Claims } from '../worker/support/issuer.ts';
import { KEY, OPERATOR_TOKEN, startWorker, type TestWorker, WEBHOOK_SECRET } from '../worker/support/worker.ts';
import type { Ended, WorkflowRun } from './act.ts';
import { type Deployed, makeAppRepository } from './app-repository.ts';
import { replace } from './replace.ts';
import { contextOf } from './scene.ts';
import type { Secrets } from './secrets.ts';
import { learnFrom, startServer } from './stand-ins.ts';

const JOB_TOKEN = 'ghs_runner_token_of_a_job_with_a_worker';

/** A repository with the examples, and beside it GitHub with the App, an authorization server and the Worker in workerd. */
export type WorkerScene = {
  readonly github: GitHub;
  readonly server: AuthorizationServer;
  readonly worker: TestWorker;
  readonly repository: { readonly id: number; readonly default_branch: string };
  /** Starts a workflow whose jobs have id-tokens with these claims, and what is published to their environment. */
  readonly startAs: (who: Claims, run: WorkflowRun) => Promise<Ended>;
  readonly deployed: () => Promise<readonly Deployed[]>;
  /** Calls to GitHub with the token of the job. */
  readonly callsOfJobs: () => number;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export async function openWorkerScene(act: string, secrets: Secrets): Promise<WorkerScene> {
  await using opened = new AsyncDisposableStack();
  const open = <T extends { readonly close: () => Promise<void> }>(resource: T): T =>
    opened.adopt(resource, ({ close }) => close());
  const github = open(
    await startGitHubWithApp({
      tokens: { [JOB_TOKEN]: { kind: 'job', permissions: { contents: 'read', metadata: 'read' } } },
      permissions: {
        secrets: 'write',
        actions_variables: 'write',
        environments: 'write',
        actions: 'read',
        contents: 'write',
        pull_requests: 'read',
      },
    }),
  );
  const server = open(await startServer(secrets));
  // The runtime of the Worker takes no proxy: what it is told leads straight to this machine.
  const address = server.fhirBase('r4');
  const entry = {
    name: 'ehr',
    server: address,
    redirect_hosts: ['app.example.org', '*.preview.example.org'],
    scopes: 'any',
    grants: ['authorization_code', 'refresh_token'],
  };
  const worker = open(await startWorker(server, { ...appSettings(github), SERVERS: JSON.stringify([entry]) }));
  const front = open(await startTlsFront());
  front.forwardTo((await worker.harness.listen()).url.origin);
  const proxy = open(await startProxy({ routes: { 'registrar.example.org': front.port } }));
  let claims: Claims = {};
  const idTokens = open(
    await startIdTokens(async (audience) => {
      const token = await worker.issuer.token(audience, claims);
      secrets.add(token);
      return token;
    }),
  );
  const app = await makeAppRepository({
    manifest: (text) =>
      replace(replace(text, 'https://fhir.example.org/r4', address), /^( +)rotate: .*$/mu, '$&\n$1announce: dispatch'),
    action: (text) => replace(text, /(\n {2}insecure-loopback:\n.*\n {4}default: )'false'/u, "$1'true'"),
  });
  opened.defer(app.remove);
  learnFrom(github, secrets);
  secrets.add(JOB_TOKEN, idTokens.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN, KEY, OPERATOR_TOKEN, WEBHOOK_SECRET, PKCS1);

  let runs = 1000;
  const startAs = async (who: Claims, run: WorkflowRun): Promise<Ended> => {
    runs += 1;
    claims = { ...who, run_id: String(runs) };
    const environment = String(who.environment ?? '');
    return await app.start(act, {
      ...run,
      secrets: { GITHUB_TOKEN: JOB_TOKEN, ...github.secrets(environment) },
      vars: github.variables(environment),
      env: {
        ...contextOf(github.repository, github.url, runs),
        ...idTokens.env,
        HTTPS_PROXY: proxy.url,
        NO_PROXY: '127.0.0.1',
        NODE_EXTRA_CA_CERTS: CA_FILE,
      },
    });
  };
  const { defaultBranch, id } = github.repository;
  const kept = opened.move();
  return {
    github,
    server,
    worker,
    repository: { id, default_branch: defaultBranch },
    startAs,
    deployed: app.deployed,
    callsOfJobs: () => github.count({ token: JOB_TOKEN }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
