import { closedWebhook, sendWebhook } from '../worker/support/github-webhook.ts';
import { type Claims, pullRequestRun } from '../worker/support/issuer.ts';
import { until } from '../worker/support/worker.ts';
import type { Ended, WorkflowRun } from './act.ts';
import type { Session } from './session.ts';
import { startAnd } from './start-and.ts';
import { openWorkerScene, type WorkerScene } from './worker-scene.ts';

const WORKFLOW = 'worker.yml';
const ENVIRONMENT = 'production';
const ON_MAIN: Claims = { environment: ENVIRONMENT };
const NUMBER = 42;
const DAY_MS = 86_400_000;
const PATIENCE_MS = 60_000;

type Credentials = { readonly clientId: string | undefined; readonly clientSecret: unknown };

/** What the parts of the story share. */
type Play = WorkerScene &
  Pick<Session, 'story'> & {
    readonly started: (who: Claims, run: Omit<WorkflowRun, 'workflow'>) => Promise<Ended>;
    readonly pull: (state: 'open' | 'closed') => void;
    /** A client at the server, with its secret. */
    readonly held: (clientId: string | undefined) => Credentials;
    /** In the GitHub environment. */
    readonly published: () => Credentials;
  };

/** examples/worker.yml: the Worker in workerd, which publishes, rotates by schedule, and tears down by webhook. */
export async function playWorker(act: string, session: Session): Promise<void> {
  session.story.chapter('examples/worker.yml');
  await using scene = await openWorkerScene(act, session.secrets);
  const { github, server, startAs } = scene;
  github.seedEnvironment(ENVIRONMENT);
  const play: Play = {
    ...scene,
    story: session.story,
    started: (who, run) => startAnd((one) => startAs(who, one), session)({ workflow: WORKFLOW, ...run }),
    pull: (state) => github.pull({ number: NUMBER, state, head: { ref: `feature-${NUMBER}`, sha: '1'.repeat(40) } }),
    held: (clientId) => ({ clientId, clientSecret: server.client(clientId ?? '')?.metadata.client_secret }),
    published: () => ({
      clientId: github.variables(ENVIRONMENT).FHIR_CLIENT_ID,
      clientSecret: github.secrets(ENVIRONMENT).FHIR_CLIENT_SECRET,
    }),
  };
  const preview = await openPreview(play);
  const first = await deployProduction(play);
  await closePreview(play, preview, first);
  await rotate(play, first);
}

async function openPreview(play: Play): Promise<string | undefined> {
  const { story, pull, started, server, held, deployed, callsOfJobs, repository } = play;
  const { id } = repository;
  story.does(`Pull request ${NUMBER} is opened`);
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
  story.check('one client is at the server, and the preview was deployed with it', await deployed(), [
    { what: `pr-${NUMBER}`, ...held(preview?.clientId) },
  ]);
  story.check('the job wrote nothing to GitHub', callsOfJobs(), 0);
  return preview?.clientId;
}

async function deployProduction({ story, started, published, held, deployed, repository }: Play): Promise<Credentials> {
  story.does('A push to main');
  const push = { event: 'push', payload: { ref: 'refs/heads/main', repository } };
  await started(ON_MAIN, { ...push, job: 'clients' });
  const first = published();
  story.check('the Worker has published the credentials of a client that exists', first, held(first.clientId));
  await started(ON_MAIN, push);
  story.check('the app was deployed with them', (await deployed()).at(-1), { what: ENVIRONMENT, ...first });
  return first;
}

async function closePreview(play: Play, preview: string | undefined, production: Credentials): Promise<void> {
  const { story, pull, worker, server } = play;
  story.does('The pull request is closed: no workflow runs, GitHub sends a signed webhook');
  pull('closed');
  story.check('the webhook was taken', (await sendWebhook(worker, closedWebhook(NUMBER))).ok, true);
  await until(async () => server.client(preview ?? '') === undefined, PATIENCE_MS);
  story.check(
    'its client is gone, that of production is there',
    server.clients().map(({ clientId }) => clientId),
    [production.clientId],
  );
}

async function rotate(play: Play, first: Credentials): Promise<void> {
  const { story, worker, github, server, started, published, held, deployed, repository } = play;
  story.does('31 days pass; the Worker rotates by itself');
  await worker.edit(`${ENVIRONMENT}/web`, (record) => ({
    ...record,
    ...(record.rotatedAt !== undefined && { rotatedAt: record.rotatedAt - 31 * DAY_MS }),
    clients: record.clients.map((client) => ({ ...client, madeAt: client.madeAt - 31 * DAY_MS })),
  }));
  await worker.cron();
  await until(async () => github.dispatches.length > 0, PATIENCE_MS);
  const second = published();
  story.check(
    'other credentials are published, of a client that exists, beside the old one',
    [second.clientId === first.clientId, second, held(first.clientId)],
    [false, held(second.clientId), first],
  );
  const [dispatch] = github.dispatches;
  await started(
    { ...ON_MAIN, event_name: 'repository_dispatch' },
    {
      event: 'repository_dispatch',
      payload: { action: dispatch?.type, client_payload: dispatch?.payload, branch: 'main', repository },
    },
  );
  story.check('the workflow that it started deployed the app with the new ones', (await deployed()).at(-1), {
    what: ENVIRONMENT,
    ...second,
  });
  await until(async () => server.client(first.clientId ?? '') === undefined, PATIENCE_MS);
  const record = await worker.record(`${ENVIRONMENT}/web`);
  story.check(
    'the old client is gone, and the books agree',
    [
      server.clients().map(({ clientId }) => clientId),
      record.clients.map(({ clientId }) => clientId),
      record.suspects,
      record.orphans,
    ],
    [[second.clientId], [second.clientId], [], []],
  );
}
