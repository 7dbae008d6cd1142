import type { Announcer } from '../../shared/reconcile/ports.ts';
import type { Publisher } from './publisher.ts';

/** Type of the event that a workflow listens for. */
const EVENT_TYPE = 'oauth-client-rotated';

/** Starts the workflows of the repository that wait for new credentials (`repository_dispatch`). */
export function announceWith(publisher: Publisher): Announcer {
  return async ({ desired: { environment, name } }, { clientId }) => {
    if (publisher.kind === 'unreachable') throw publisher.error;
    const { app, repository } = publisher;
    await app.dispatch(repository, { type: EVENT_TYPE, payload: { environment, name, client_id: clientId } });
  };
}
