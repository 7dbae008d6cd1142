import { printable } from '../errors/printable.ts';
import { whatToLookFor } from '../reconcile/marker.ts';
import type { RegistrationRecord } from '../record/record.ts';

/** A client that is, or may be, still at a server. Printable. */
export type LeftBehind = {
  readonly client_id?: string;
  /** What its operator looks for, where the client_id is not known. */
  readonly look_for?: string;
  readonly server: string;
  readonly why: string;
};

/** Everything of a registration that is or may be still at a server, with what its operator needs to find it. */
export function leftBehind({ server, ...record }: RegistrationRecord): readonly LeftBehind[] {
  const at = printable(server.address);
  const unanswered = record.intent === undefined ? [] : [{ ...record.intent, reason: 'the answer never came' }];
  return [
    ...record.orphans.map(({ clientId, reason }) => ({
      client_id: printable(clientId),
      server: at,
      why: printable(reason),
    })),
    ...record.clients.map(({ clientId, removal }) => ({
      client_id: printable(clientId),
      server: at,
      why: printable(removal?.reason || 'its deletion was not finished'),
    })),
    ...[...record.suspects, ...unanswered].map((suspect) => ({
      look_for: whatToLookFor({ server, ...record }, suspect),
      server: at,
      why: printable(suspect.reason),
    })),
  ];
}

/** One line for people: which client, where, why, and what to do. */
export function describeLeftBehind({ client_id: clientId, look_for: lookFor, server, why }: LeftBehind): string {
  return clientId === undefined
    ? `A client may be at ${server}: ${why}. Ask its operator to look for ${lookFor}, and to delete it.`
    : `Client ${clientId} is still at ${server}: ${why}. Ask its operator to delete it.`;
}
