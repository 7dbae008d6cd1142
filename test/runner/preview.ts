import type { Scene } from './scene.ts';
import type { Session } from './session.ts';
import { startAnd } from './start-and.ts';

const NUMBER = 42;
const WORKFLOW = 'preview.yml';

/** examples/preview.yml: a pull request is opened, pushed to and closed; another one is only ever swept. */
export async function playPreview(scene: Scene, session: Session): Promise<void> {
  const { github, server, repository, deployed, remembered } = scene;
  const { chapter, does, check } = session.story;
  chapter('examples/preview.yml');
  const started = startAnd(scene.start, session);
  const pull = (number: number, state: 'open' | 'closed') =>
    github.pull({ number, state, head: { ref: `feature-${number}`, sha: 'a'.repeat(40) } });
  const event = (action: string, number = NUMBER) => ({
    workflow: WORKFLOW,
    event: 'pull_request',
    payload: {
      action,
      number,
      pull_request: {
        number,
        state: action === 'closed' ? 'closed' : 'open',
        head: { ref: `feature-${number}`, repo: { id: repository.id } },
        base: { ref: 'main', repo: { id: repository.id } },
      },
      repository,
    },
  });

  does(`Pull request ${NUMBER} is opened`);
  pull(NUMBER, 'open');
  await started(event('opened'));
  const [client] = server.clients();
  check('one client is at the server, with the address of the preview', client?.metadata.redirect_uris, [
    `https://pr-${NUMBER}.preview.example.org/callback`,
  ]);
  check('the preview was deployed with its credentials', await deployed(), [
    { what: `pr-${NUMBER}`, clientId: client?.clientId, clientSecret: client?.metadata.client_secret },
  ]);
  check('nothing was published', [github.variables(), github.secrets()], [{}, {}]);

  does('A commit is pushed to it');
  const posts = server.count({ method: 'POST', path: '/reg' });
  await started(event('synchronize'));
  check('it is the same client', server.count({ method: 'POST', path: '/reg' }) - posts, 0);
  check(
    'and it was deployed again',
    (await deployed()).map(({ what }) => what),
    [`pr-${NUMBER}`, `pr-${NUMBER}`],
  );

  does('It is closed');
  pull(NUMBER, 'closed');
  await started(event('closed'));
  check('no client is left at the server', server.clients(), []);
  check(
    'nothing was deployed by that',
    (await deployed()).map(({ what }) => what),
    [`pr-${NUMBER}`, `pr-${NUMBER}`],
  );

  does('Another is opened, and closed without a run of the workflow; the nightly schedule comes');
  pull(43, 'open');
  await started(event('opened', 43));
  check('one client is at the server', server.clients().length, 1);
  pull(43, 'closed');
  await started({ workflow: WORKFLOW, event: 'schedule', payload: { schedule: '17 3 * * *', repository } });
  check('no client is left at the server', server.clients(), []);
  const records = (await Promise.all([`pr-${NUMBER}`, 'pr-43'].map(remembered))).flat();
  check(
    'the ledger has the end of both, and there is no suspect and no orphan',
    records.map(({ ledger, suspects, orphans }) => [ledger.map(({ ended }) => ended), suspects, orphans]),
    [
      [['deleted'], [], []],
      [['deleted'], [], []],
    ],
  );

  chapter('examples/by-hand.yml, for a preview');
  const byHand = (command: string, now = false) => ({
    workflow: 'by-hand.yml',
    event: 'workflow_dispatch',
    payload: {
      inputs: { command, environment: 'pr-44', clients: '', 'client-id': '', resolution: '', now: String(now) },
      ref: 'refs/heads/main',
      repository,
    },
  });
  does('Another is opened, and its credentials leak: rotate now');
  pull(44, 'open');
  await started(event('opened', 44));
  const [leaked] = server.clients();
  await started(byHand('rotate', true));
  const [renewed, ...others] = server.clients();
  check(
    'another client is there instead, with the address of the preview',
    [renewed?.clientId === leaked?.clientId, others, renewed?.metadata.redirect_uris],
    [false, [], ['https://pr-44.preview.example.org/callback']],
  );
  does('A commit is pushed to it');
  await started(event('synchronize', 44));
  check('the preview was deployed with the new credentials', (await deployed()).at(-1), {
    what: 'pr-44',
    clientId: renewed?.clientId,
    clientSecret: renewed?.metadata.client_secret,
  });
  does('It is given up: delete');
  await started(byHand('delete'));
  check('no client is left at the server', server.clients(), []);
}
