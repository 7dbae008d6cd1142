import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Client, RegistrationRecord, RotationUnderWay } from '../record/record.ts';
import type { Access } from '../registration/answer.ts';
import { replaceClient, whyWithheld } from './adopt-answer.ts';
import { rotatesKeys } from './key-hosting.ts';
import { currentClient, livesHere, nextClient } from './record-queries.ts';
import { tryTokenAgain } from './try-token-again.ts';

/**
 * The record with a rotation asked for. One that is under way, or whose old client has not retired yet, is that
 * rotation: the record is given back unchanged, unless the credentials leaked.
 *
 * Throws `registration_not_found` when there is no client to rotate.
 */
export function askRotation(
  record: RegistrationRecord,
  asked: Pick<RotationUnderWay, 'reason' | 'strategy' | 'startedAt' | 'run'>,
): RegistrationRecord {
  if (currentClient(record) === undefined)
    throw nothingThere(record, 'has no client in use, so there is nothing to rotate');
  const underWay =
    record.rotation !== undefined ||
    nextClient(record) !== undefined ||
    record.clients.some((client) => client.role === 'retiring' || rotatesKeys(client));
  if (underWay && asked.reason !== 'leak') return record;
  const { rotationHeldUntil: _h, backOff: _b, ...rest } = record;
  if (asked.strategy !== 'in-place') return { ...rest, rotation: asked };
  return { ...rest, clients: record.clients.map(tryTokenAgain), rotation: asked };
}

/**
 * The record after somebody said which client the deployed app uses, and with which key: the clients and keys it
 * replaced are to be deleted.
 *
 * Throws `not_confirmable` when that client or key is not the current one, or when no key is named and an old one waits:
 * then an old one may still be in use.
 */
export function confirmUse(record: RegistrationRecord, clientId: string, keyId?: string): RegistrationRecord {
  const current = currentClient(record);
  if (current?.clientId !== clientId) {
    const known = record.clients.some((client) => client.clientId === clientId);
    throw new RegistrarError('not_confirmable', {
      message: known
        ? `${record.key}: client ${printable(clientId)} is one that was replaced; the current one is ${current?.clientId ?? 'not there yet'}. Nothing was retired.`
        : `${record.key} has no client ${printable(clientId)}. Nothing was retired.`,
      client: record.key,
    });
  }
  refuseOtherKey(record, current, keyId);
  const replaced = current.retiringKeys?.map((key) => ({ ...key, replaced: true }));
  return {
    ...record,
    clients: record.clients.map((client): Client => {
      if (client.role === 'retiring') return { ...client, role: 'leaving' };
      return client === current && replaced ? { ...client, retiringKeys: replaced } : client;
    }),
  };
}

/** The client_id stays when keys are rotated, so that it says nothing of the key an app uses. */
function refuseOtherKey({ key }: RegistrationRecord, current: Client, keyId: string | undefined): void {
  const inUse = current.key?.keyId;
  if (keyId === undefined ? (current.retiringKeys ?? []).length === 0 : keyId === inUse) return;
  throw new RegistrarError('not_confirmable', {
    message:
      keyId === undefined
        ? `${key}: the client is the same, and its key was replaced: which one the app uses is not said. Nothing was retired.`
        : `${key}: ${printable(keyId)} is not the key of client ${printable(current.clientId)} that is current (${inUse ?? 'it has none'}). Nothing was retired.`,
    hint: 'Give `key-id` too: the output `key-id` of the step whose credentials the deployed app uses. If it still uses the old key, deploy it first.',
    client: key,
  });
}

/** A client that was made by somebody else, as it is handed over. */
export type HandedOver = {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly access?: Access;
};

/**
 * The record with a client taken over as its current one. With `access` it is managed from now on; without, it is
 * watched: verified and published, and replaced on request, when it becomes an orphan. For a client that is known
 * already, another access takes the place of one that is missing or was refused, and a secret given with it that of the old.
 *
 * Throws `input_invalid` when the registration has a client already, or the one that is known is at another server.
 */
export function adoptClient(
  record: RegistrationRecord,
  given: HandedOver,
  now: number,
  run?: string,
): RegistrationRecord {
  const known = record.clients.find(({ clientId }) => clientId === given.clientId);
  if (known !== undefined) return withNewAccess(record, known, given);
  if (currentClient(record) !== undefined) {
    throw new RegistrarError('input_invalid', {
      message: `${record.key} has a client already (${currentClient(record)?.clientId}), so no other can be adopted.`,
      hint: 'Delete that registration first, or adopt under another name.',
      client: record.key,
    });
  }
  refuseElsewhere(record, given);
  const client: Client = {
    clientId: given.clientId,
    role: 'current',
    edition: 1,
    server: record.server,
    purpose: 'adopted',
    accessSeen: 'untried',
    // What it was made with is read first; without access nobody can tell, or change it.
    requested: given.access === undefined ? record.desired.metadata : {},
    granted: {},
    marker: '',
    madeAt: now,
    ...(given.clientSecret !== undefined && { clientSecret: given.clientSecret }),
    ...(given.access && { access: given.access, uncertain: true }),
    ...(run !== undefined && { madeByRun: run }),
  };
  return {
    ...record,
    clients: [...record.clients, client],
    orphans: record.orphans.filter(({ clientId }) => clientId !== given.clientId),
    ledger: [
      ...record.ledger,
      {
        clientId: given.clientId,
        server: record.server.address,
        madeAt: now,
        ...(run !== undefined && { madeByRun: run }),
      },
    ],
  };
}

/** A client that could not be managed any more is read first, as one that is adopted. */
function withNewAccess(record: RegistrationRecord, known: Client, given: HandedOver): RegistrationRecord {
  const { access } = given;
  const isManaged = known.access !== undefined && known.accessSeen !== 'refused';
  const isKnown = access?.registrationAccessToken === known.access?.registrationAccessToken;
  if (access === undefined || isManaged || isKnown) return record;
  if (!livesHere(record, known)) {
    throw new RegistrarError('input_invalid', {
      message: `${record.key}: client ${printable(known.clientId)} is at ${known.server.address}, and the manifest names ${record.server.address}. Its registration access token was not taken.`,
      hint: 'Adopt it while the manifest names the server where the client is.',
      client: record.key,
    });
  }
  refuseElsewhere(record, given);
  const { accessWithheld: _w, ...client } = withSecret(known, given);
  return {
    ...record,
    clients: replaceClient(record.clients, known, { ...client, access, accessSeen: 'untried', uncertain: true }),
  };
}

function withSecret(known: Client, { clientSecret }: HandedOver): Client {
  if (clientSecret === undefined || clientSecret === known.clientSecret) return known;
  const { verification: _v, clientSecretExpiresAt: _x, ...client } = known;
  return { ...client, clientSecret, edition: known.edition + 1 };
}

/** The record after a person looked for its suspects and found nothing, or nothing worth keeping. */
export function forgetSuspects(record: RegistrationRecord): RegistrationRecord {
  if (record.suspects.length === 0) throw nothingThere(record, 'has no suspect to resolve');
  return { ...record, suspects: [] };
}

/**
 * The record after a person found the client of a suspect: it becomes the current one where there is none, else it is
 * deleted if it can be and listed as an orphan if not.
 */
export function adoptSuspect(
  record: RegistrationRecord,
  given: HandedOver,
  now: number,
  run?: string,
): RegistrationRecord {
  const [suspect] = record.suspects;
  if (suspect === undefined) throw nothingThere(record, 'has no suspect to resolve');
  const cleared = { ...record, suspects: record.suspects.slice(1) };
  // A client that is known already is no other one that may be deleted.
  if (record.clients.some(({ clientId }) => clientId === given.clientId)) return cleared;
  const free = currentClient(record) === undefined;
  const there = { ...cleared, server: suspect.server, ...(!free && { clients: [] }) };
  const adopted = adoptClient(there, given, now, run);
  const client = adopted.clients.find(({ clientId }) => clientId === given.clientId) as Client;
  const known: Client = {
    ...client,
    requested: suspect.requested,
    marker: suspect.marker,
    ...(suspect.key && { key: suspect.key }),
    ...(suspect.keySet && { keySet: suspect.keySet }),
  };
  return {
    ...adopted,
    server: record.server,
    clients: free
      ? adopted.clients.map((candidate) => (candidate === client ? known : candidate))
      : [...record.clients, { ...known, role: 'leaving' }],
  };
}

function nothingThere(record: RegistrationRecord, what: string): RegistrarError {
  return new RegistrarError('registration_not_found', { message: `${record.key} ${what}.`, client: record.key });
}

/** A token that is handed over goes only where one that was answered would (RFC 7592 section 2). */
function refuseElsewhere(record: RegistrationRecord, { access }: HandedOver): void {
  const obstacle = access && whyWithheld(record, record, access.registrationClientUri);
  if (obstacle === undefined) return;
  throw new RegistrarError('configuration_endpoint_elsewhere', {
    message: `${record.key}: nothing was adopted, because ${obstacle}.`,
    client: record.key,
  });
}
