import type { JsonObject } from '../ports/ports.ts';
import type { Call, Client, Intent, RegistrationRecord, Suspect } from '../record/record.ts';
import { sameMetadata } from '../registration/compare-metadata.ts';
import { whatToLookFor } from './marker.ts';
import type { Performed } from './perform.ts';
import { removalOf } from './removal-step.ts';

/** The intent whose answer never came becomes a suspect: a client may exist. */
export function suspectIntent(record: RegistrationRecord, intent: Intent, now: number, reason: string): Performed {
  const { intent: _i, ...rest } = record;
  const { limitAt: _l, ...kept } = intent;
  const suspect: Suspect = { ...kept, reason, since: now };
  return {
    record: { ...rest, suspects: [...record.suspects, suspect] },
    events: [{ kind: 'suspected', lookFor: whatToLookFor(record, intent), reason }],
  };
}

/**
 * A call whose answer never came: an update or a read leaves the client uncertain, so that it is read next; a deletion
 * that may have worked is remembered, because a refusal then proves it.
 */
export function lostCall(record: RegistrationRecord, call: Call): Performed {
  const { call: _c, ...rest } = record;
  const after = (client: Client): Client =>
    client.role === 'leaving' ? afterLostRemoval(client, call) : afterLostUpdate(client, call);
  return {
    record: {
      ...rest,
      clients: record.clients.map((client) => (client.clientId === call.clientId ? after(client) : client)),
    },
    events: [],
  };
}

/** A read or an update may have replaced the registration access token: a refusal of the old one then proves nothing. */
function afterLostRemoval(client: Client, { verb, startedAt }: Call): Client {
  const { refused: _, ...removal } = removalOf(client, startedAt);
  return verb === 'remove'
    ? { ...client, removal: { ...removal, unanswered: true } }
    : { ...client, removal, uncertain: true };
}

/** Whatever was sent may be in force or not: the metadata, a new key, a new secret. Nothing that was shown before counts. */
function afterLostUpdate(client: Client, { verb, requested, key, keySet }: Call): Client {
  const { verification: _v, uncertain: _u, ...rest } = client;
  // A token that was refused before and is not the newest for sure was tried again once, and stays refused.
  if (verb === 'read' && client.accessSeen === 'refused') return rest;
  const newKey = key !== undefined && key.keyId !== client.key?.keyId;
  const moved = keySet?.id !== client.keySet?.id;
  return {
    ...rest,
    uncertain: true,
    ...(requested &&
      (moved || !sameMetadata(requested, client.requested)) && { requested: unknownValues(requested, client) }),
    ...(newKey && { key, edition: client.edition + 1 }),
    // Hosted as long as the server may read it.
    ...(keySet && { keySet }),
  };
}

/** Every member that was asked for before or now, with none of the values: they fit no manifest. */
function unknownValues(requested: JsonObject, client: Client): JsonObject {
  return Object.fromEntries(Object.keys({ ...client.requested, ...requested }).map((member) => [member, null]));
}
