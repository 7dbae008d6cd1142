import { RegistrarError } from '../errors/registrar-error.ts';
import type { Client, KeyPair, KeySet, RegistrationRecord } from '../record/record.ts';
import type { Access, Answer } from '../registration/answer.ts';
import { changedMembers } from '../registration/compare-metadata.ts';
import { updateBody } from '../registration/request-body.ts';
import { adoptAnswer, differenceEvent, replaceClient } from './adopt-answer.ts';
import { answerError } from './answer-error.ts';
import { beginCall, keyFor, protect, save, withClient } from './call.ts';
import { newKeySet, wantsKeySet } from './key-hosting.ts';
import { lostCall } from './lost-answer.ts';
import type { Performed } from './perform.ts';
import type { Ports } from './ports.ts';
import { additions, sentMetadata } from './sent-metadata.ts';

/** Updates a client with everything the server answered last and the wanted changes (RFC 7592 section 2.2). */
export async function performUpdate(
  record: RegistrationRecord,
  client: Client,
  purpose: 'changed' | 'rotation',
  ports: Ports,
): Promise<Performed> {
  const { desired, traits } = record;
  const newKey = desired.makeKey && (client.key === undefined || purpose === 'rotation');
  const key = newKey ? await keyFor(desired.metadata, ports) : client.key;
  const keySet = wantsKeySet(desired, client) ? (client.keySet ?? newKeySet(ports, desired)) : undefined;
  const body = updateBody({
    clientId: client.clientId,
    granted: client.granted,
    before: sentMetadata(client),
    wanted: desired.metadata,
    additions: additions({ marker: client.marker, key: desired.makeKey ? key : undefined, keySet }),
    ...(traits.updateWantsSecret === true &&
      client.clientSecret !== undefined && { clientSecret: client.clientSecret }),
  });
  const begun = await beginCall(record, client, 'update', ports, {
    requested: desired.metadata,
    ...(key && { key }),
    ...(keySet && { keySet }),
  });
  const answer = await ports.api.update(client.access as Access, body);
  const { call: _c, ...ended } = begun;
  const problemOf = (failed: Answer) => answerError(record, 'update', failed);

  switch (answer.kind) {
    case 'client': {
      const wanted = withKey({ ...client, requested: desired.metadata }, desired.makeKey ? key : undefined, keySet);
      const adopted = adoptAnswer(
        { ...ended, clients: replaceClient(ended.clients, client, wanted) },
        wanted,
        answer.information,
        'update',
      );
      const rotated =
        purpose === 'rotation'
          ? finishInPlace(adopted.record, client, adopted.client, ports.clock.now())
          : { record: adopted.record };
      protect(adopted.client, ports);
      const members = changedMembers(client.requested, desired.metadata);
      return save(ports, rotated.record, {
        events: [
          { kind: 'updated', clientId: adopted.client.clientId, members },
          ...adopted.events,
          ...differenceEvent(adopted.client),
        ],
        ...(rotated.problem && { problem: rotated.problem }),
      });
    }
    case 'refused':
      return save(ports, withClient(ended, client, { ...client, accessSeen: 'refused' }));
    case 'missing':
    case 'unsupported':
      return save(
        ports,
        traits.updates === 'supported'
          ? withClient(ended, client, { ...client, accessSeen: 'refused' })
          : { ...ended, traits: { ...traits, updates: 'unsupported' } },
      );
    case 'rejected':
    case 'forbidden':
      if (
        wantsSecret(answer.refusal.description) &&
        client.clientSecret !== undefined &&
        traits.updateWantsSecret === undefined
      ) {
        return save(ports, { ...ended, traits: { ...traits, updateWantsSecret: true } });
      }
      return save(ports, purpose === 'rotation' ? withoutRotation(ended) : ended, { problem: problemOf(answer) });
    case 'unknown':
      return save(ports, answer.answered ? lostCall(begun, begun.call).record : begun, { problem: problemOf(answer) });
    default:
      return save(ports, ended, { problem: problemOf(answer) });
  }
}

/** What is still rotated in a hosted set stays with the set. */
function withKey(client: Client, key: KeyPair | undefined, keySet: KeySet | undefined): Client {
  const { key: before, keySet: _s, nextKey, retiringKeys, ...rest } = client;
  if (key === undefined) return rest;
  return {
    ...rest,
    key,
    ...(keySet && { keySet, ...(nextKey && { nextKey }), ...(retiringKeys && { retiringKeys }) }),
    edition: before?.keyId === key.keyId ? rest.edition : rest.edition + 1,
  };
}

function finishInPlace(
  record: RegistrationRecord,
  before: Client,
  after: Client,
  now: number,
): Omit<Performed, 'events'> {
  const rest = withoutRotation(record);
  const rotated = after.clientSecret !== before.clientSecret || after.key?.keyId !== before.key?.keyId;
  if (rotated) return { record: { ...rest, rotatedAt: now } };
  return {
    record: rest,
    problem: new RegistrarError('update_unsupported', {
      message: `The server took the update of ${record.key} and kept the old secret, so nothing was rotated.`,
      hint: 'Use the rotation strategy `replace`, which makes a new client beside the old one.',
      client: record.key,
      server: record.server.address,
    }),
  };
}

/** Asked for once; kept, it would keep everything else from being done. */
function withoutRotation({ rotation: _r, ...rest }: RegistrationRecord): RegistrationRecord {
  return rest;
}

function wantsSecret(description: string | undefined): boolean {
  return description?.includes('client_secret') ?? false;
}
