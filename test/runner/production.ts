import { later } from './later.ts';
import type { Scene } from './scene.ts';
import type { Session } from './session.ts';
import { startAnd } from './start-and.ts';

const WORKFLOW = 'production.yml';
const ENVIRONMENT = 'production';
const MONTH_LATER_HOURS = 31 * 24;

/** examples/production.yml: a push, then a night on which the client is due for rotation. */
export async function playProduction(scene: Scene, session: Session): Promise<void> {
  const { github, server, repository, deployed, remembered } = scene;
  const { chapter, does, check, shows } = session.story;
  chapter('examples/production.yml');
  const started = startAnd(scene.start, session);
  const published = () => ({
    clientId: github.variables(ENVIRONMENT).FHIR_CLIENT_ID,
    clientSecret: github.secrets(ENVIRONMENT).FHIR_CLIENT_SECRET,
  });
  const held = (clientId: string | undefined) => ({
    clientId,
    clientSecret: server.client(clientId ?? '')?.metadata.client_secret,
  });
  const push = { workflow: WORKFLOW, event: 'push', payload: { ref: 'refs/heads/main', repository } };
  const schedule = { workflow: WORKFLOW, event: 'schedule', payload: { schedule: '23 4 * * *', repository } };
  // GitHub reads secrets and variables when a job begins, act when it begins itself: what the first job publishes is
  // seen by the second one in a start of its own, before which the first job runs once more and finds nothing to do.
  const lastDeployed = async () => (await deployed()).at(-1);
  github.seedEnvironment(ENVIRONMENT);

  does('A push to main: the job with the clients');
  await started({ ...push, job: 'clients' });
  const first = published();
  check(
    'the GitHub environment has the credentials of the one client',
    [server.clients().length, first],
    [1, held(first.clientId)],
  );
  check('the repository itself has none', [github.variables(), github.secrets()], [{}, {}]);

  does('The job that deploys');
  const writes = () => github.calls.filter(({ method }) => method !== 'GET').length;
  const before = writes();
  await started(push);
  check('the app was deployed with them', await lastDeployed(), { what: ENVIRONMENT, ...first });
  check('and nothing else happened', [server.clients().length, published()], [1, first]);
  shows('writes to GitHub', String(writes() - before));

  does('31 days later, at night: the job with the clients');
  await started({ ...schedule, job: 'clients', env: later(MONTH_LATER_HOURS) });
  const second = published();
  check(
    'other credentials are published, of a client that exists',
    [second.clientId === first.clientId, second],
    [false, held(second.clientId)],
  );
  check('the old client is still there', held(first.clientId), first);

  does('The job that deploys, and says that the app uses the new ones');
  await started({ ...schedule, env: later(MONTH_LATER_HOURS) });
  check('the app was deployed with the new ones', await lastDeployed(), { what: ENVIRONMENT, ...second });
  check(
    'the old client is gone',
    server.clients().map(({ clientId }) => clientId),
    [second.clientId],
  );
  const [record] = await remembered(ENVIRONMENT);
  check(
    'the books agree: one client alive, one deleted, no suspect, no orphan',
    [
      record?.clients.map(({ clientId }) => clientId),
      record?.ledger.map(({ clientId, ended }) => [clientId, ended]),
      record?.suspects,
      record?.orphans,
    ],
    [
      [second.clientId],
      [
        [first.clientId, 'deleted'],
        [second.clientId, undefined],
      ],
      [],
      [],
    ],
  );

  chapter('examples/by-hand.yml');
  const inputs = { environment: ENVIRONMENT, clients: '', 'client-id': '', resolution: '', now: 'false' };
  const byHand = (changes: Partial<typeof inputs> & { readonly command: string }) => ({
    workflow: 'by-hand.yml',
    event: 'workflow_dispatch',
    payload: { inputs: { ...inputs, ...changes }, ref: 'refs/heads/main', repository },
    env: later(MONTH_LATER_HOURS),
  });
  does('The credentials leaked: rotate now');
  await started(byHand({ command: 'rotate', now: 'true' }));
  const third = published();
  check(
    'other credentials are published, and the old client is gone',
    [third, server.clients().map(({ clientId }) => clientId)],
    [held(third.clientId), [third.clientId]],
  );
  does('Production is given up: delete');
  await started(byHand({ command: 'delete' }));
  check(
    'no client is left at the server, and nothing at GitHub',
    [server.clients(), github.variables(ENVIRONMENT), github.secrets(ENVIRONMENT)],
    [[], {}, {}],
  );
}
