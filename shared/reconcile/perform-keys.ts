import { RegistrarError } from '../errors/registrar-error.ts';
import type { Client, NextKey, RegistrationRecord } from '../record/record.ts';
import { keyFor, save, withClient } from './call.ts';
import type { Event } from './event.ts';
import { KEY_SET_SECONDS, withNewestKey } from './key-hosting.ts';
import type { Performed } from './perform.ts';
import type { Ports } from './ports.ts';
import { learn, traitsAt } from './record-queries.ts';
import type { HasNextKey, Step } from './step.ts';
import { HOLD_MS } from './transitions.ts';

/** A server that keeps a set as long as it may has the new one after twice this time. */
const LEAST_WAIT_MS = 2 * KEY_SET_SECONDS * 1000;

const LEAKED = 'the credentials leaked; a server accepts it until it reads the set again';

/** Makes the next key of a client. Saved, and so hosted, before a server is to accept it. */
export async function performNewKey(record: RegistrationRecord, client: Client, ports: Ports): Promise<Performed> {
  const key = await keyFor(record.desired.metadata, ports);
  const now = ports.clock.now();
  const nextKey: NextKey = { ...key, hostedSince: now, tryAt: now };
  const event: Event = { kind: 'key_made', clientId: client.clientId, keyId: key.keyId };
  return save(ports, withClient(record, client, { ...client, nextKey }), { events: [event] });
}

/** Tries the next key. When it is refused, the server may not have read the set again yet: then it is tried later. */
export async function performTryKey(record: RegistrationRecord, client: HasNextKey, ports: Ports): Promise<Performed> {
  const { nextKey } = client;
  const result = await ports.verify({ ...client, key: nextKey }, traitsAt(record, client));
  const now = ports.clock.now();
  const learned = { ...record, traits: learn(record, client, result.traits) };
  const { outcome, reason } = result;
  if (outcome === 'unreachable') {
    return {
      record: learned,
      events: [],
      problem: new RegistrarError('server_no_answer', {
        message: `The new key of ${record.key} could not be tried: ${reason}.`,
        client: record.key,
        server: client.server.address,
      }),
    };
  }
  const tried: Client = {
    ...client,
    nextKey: {
      ...nextKey,
      tryAt: now + Math.max(LEAST_WAIT_MS, now - nextKey.hostedSince),
      verification: { outcome, at: now, reason },
    },
  };
  return {
    record: withClient(learned, client, tried),
    events: [{ kind: 'key_tried', clientId: client.clientId, keyId: nextKey.keyId, outcome, reason }],
  };
}

/** The next key is the one in use now. The one before stays in the set for its overlap; after a leak it leaves at once. */
export function promoteKey(record: RegistrationRecord, client: HasNextKey, now: number): Performed {
  const { key: before, retiringKeys = [] } = client;
  const { nextKey: _n, retiringKeys: _k, ...stays } = withNewestKey(client);
  const { keyId, verification } = client.nextKey;
  const leaked = record.rotation?.reason === 'leak';
  const old = [...retiringKeys, { keyId: before.keyId, publicJwk: before.publicJwk, retiringSince: now }];
  const promoted: Client = {
    ...stays,
    ...(verification && { verification }),
    ...(!leaked && { retiringKeys: old }),
  };
  const { rotation: _o, rotationHeldUntil: _h, ...kept } = withClient(record, client, promoted);
  const { clientId } = client;
  return {
    record: { ...kept, rotatedAt: now },
    events: [
      { kind: 'key_in_use', clientId, keyId },
      ...(leaked ? old.map((key): Event => dropped(clientId, key.keyId, LEAKED)) : []),
    ],
  };
}

/** The next key is taken out of the set again. One that failed also ends its rotation for a day and is a problem. */
export function giveUpKey(
  record: RegistrationRecord,
  { client, reason, failed = false }: Omit<Extract<Step, { readonly kind: 'give_up_key' }>, 'kind'>,
  now: number,
): Performed {
  const { nextKey, ...stays } = client;
  const { rotation: _r, ...rest } = withClient(record, client, stays);
  const event = dropped(client.clientId, nextKey.keyId, reason);
  if (!failed) return { record: rest, events: [event] };
  return {
    record: { ...rest, rotationHeldUntil: now + HOLD_MS },
    events: [event],
    problem: new RegistrarError('credentials_refused', {
      message: `The new key of ${record.key} was not put to use: ${reason}. The one in use stays.`,
      hint: `See whether the server can read ${client.keySet?.uri}, and reads it again when keys change. If it does not, use the rotation strategy replace.`,
      client: record.key,
      server: client.server.address,
    }),
  };
}

/** A key that was replaced is taken out of the set: from now on nothing works with it. */
export function dropKey(
  record: RegistrationRecord,
  { client, keyId, reason }: Omit<Extract<Step, { readonly kind: 'drop_key' }>, 'kind'>,
): Performed {
  const { retiringKeys = [], ...stays } = client;
  const left = retiringKeys.filter((key) => key.keyId !== keyId);
  return {
    record: withClient(record, client, { ...stays, ...(left.length > 0 && { retiringKeys: left }) }),
    events: [dropped(client.clientId, keyId, reason)],
  };
}

function dropped(clientId: string, keyId: string, reason: string): Event {
  return { kind: 'key_dropped', clientId, keyId, reason };
}
