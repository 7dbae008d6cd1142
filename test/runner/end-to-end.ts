import type { Scene } from './scene.ts';
import type { Session } from './session.ts';
import { startAnd } from './start-and.ts';

/** examples/e2e.yml: a client that lives as long as the job, which its post step ends. */
export async function playEndToEnd(scene: Scene, session: Session): Promise<void> {
  const { github, server, repository, deployed } = scene;
  const { chapter, does, check } = session.story;
  chapter('examples/e2e.yml');
  const started = startAnd(scene.start, session);
  does('Somebody starts it');
  const calls = github.calls.length;
  const { log } = await started({
    workflow: 'e2e.yml',
    event: 'workflow_dispatch',
    payload: { ref: 'refs/heads/main', repository },
  });
  const [handed] = await deployed();
  check(
    'the tests of the app ran, with credentials',
    [handed?.what, handed?.clientId !== '', handed?.clientSecret !== ''],
    ['e2e', true, true],
  );
  check('the runner shows its secret as ***', log.includes('client-secret=***'), true);
  check('its client is gone', [server.clients(), server.count({ method: 'DELETE' })], [[], 1]);
  check('GitHub was asked nothing', github.calls.length - calls, 0);
}
