import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Sink } from '../shared/publish/sink.ts';
import type { Announcer } from '../shared/reconcile/ports.ts';

const refuse = async (): Promise<never> => {
  throw new RegistrarError('input_invalid', {
    message: 'The manifest publishes credentials, but a client with ttl job is deleted before anybody could read them.',
    hint: 'Remove `publish` for this client, or give it a ttl such as 14d.',
  });
};

/** The sink of clients that end with the job: their credentials are outputs only. */
export const noPublishing: Sink = { claim: refuse, write: refuse, erase: async () => {} };

export const noAnnouncing: Announcer = async () => {};
