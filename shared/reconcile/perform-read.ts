import type { Client, RegistrationRecord, Removal } from '../record/record.ts';
import type { Access, Answer, ClientInformation } from '../registration/answer.ts';
import { sameMetadata } from '../registration/compare-metadata.ts';
import { adoptAnswer } from './adopt-answer.ts';
import { answerError } from './answer-error.ts';
import { type BegunRecord, beginCall, jitter, protect, save, withClient } from './call.ts';
import { wantsKeySet } from './key-hosting.ts';
import type { Performed } from './perform.ts';
import type { Ports } from './ports.ts';
import { learn } from './record-queries.ts';
import { afterConfirm, afterRemove } from './removal-step.ts';
import { sentMetadata } from './sent-metadata.ts';
import { isTriedAgain } from './try-token-again.ts';

/** Reads a client: to learn what a lost update did, or to see that a deleted one is gone (RFC 7592 section 2.1). */
export async function performRead(record: RegistrationRecord, client: Client, ports: Ports): Promise<Performed> {
  const begun = await beginCall(record, client, 'read', ports);
  const answer = await ports.api.read(client.access as Access);
  const { call: _c, ...ended } = begun;
  const reading = { begun, ended, client, answer };
  return client.role === 'leaving' ? afterReadingLeaving(reading, ports) : afterReadingUncertain(reading, ports);
}

type Reading = {
  /** The record while the call was under way, and after it. */
  readonly begun: BegunRecord;
  readonly ended: RegistrationRecord;
  readonly client: Client;
  readonly answer: Answer;
};

function afterReadingLeaving({ begun, ended, client, answer }: Reading, ports: Ports): Promise<Performed> {
  const next = afterConfirm(client, answer, ports.clock.now(), jitter(ports));
  const removal = notBeforeLimit(next, answer, begun);
  if (answer.kind !== 'client') {
    // The read may have replaced the token, in an answer that never came: then its refusal proves nothing.
    const uncertain = answer.kind === 'unknown' && { uncertain: true };
    return save(ports, withClient(ended, client, { ...client, ...uncertain, removal }));
  }
  const { record, client: read } = adoptAnswer(ended, client, answer.information, 'read');
  protect(read, ports);
  const kept = withClient(record, read, { ...read, removal });
  return save(
    ports,
    client.removal?.accepted === true ? kept : { ...kept, traits: learn(kept, client, { removes: 'unsupported' }) },
  );
}

function afterReadingUncertain({ begun, ended, client, answer }: Reading, ports: Ports): Promise<Performed> {
  const { uncertain: _u, ...certain } = client;
  if (answer.kind !== 'client' && isTriedAgain(client)) {
    const mayGoOn = answer.kind === 'unknown' && !answer.answered;
    return save(ports, withClient(mayGoOn ? begun : ended, client, certain));
  }
  switch (answer.kind) {
    case 'client': {
      const { record, client: read, events } = adoptAnswer(ended, client, answer.information, 'read');
      protect(read, ports);
      const requested = isInForce(record, read, answer.information) ? record.desired.metadata : read.requested;
      return save(ports, withClient(record, read, { ...read, requested }), { events });
    }
    case 'refused':
    case 'missing':
      return save(ports, withClient(ended, client, { ...certain, accessSeen: 'refused' }));
    case 'forbidden':
    case 'rejected':
    case 'unsupported':
      // There are servers that update and never let read.
      return save(ports, withClient(ended, client, certain));
    case 'unknown':
      return save(ports, answer.answered ? ended : begun, { problem: answerError(ended, 'read', answer) });
    default:
      return save(ports, ended, { problem: answerError(ended, 'read', answer) });
  }
}

/** The server holds what the manifest wants of all that was ever asked, and shows the secret if there is one. */
function isInForce(record: RegistrationRecord, client: Client, { clientSecret, metadata }: ClientInformation): boolean {
  const sent = Object.keys(client.requested).length > 0;
  if (sent && client.clientSecret !== undefined && clientSecret === undefined) return false;
  const key = record.desired.makeKey ? client.key : undefined;
  const keySet = wantsKeySet(record.desired, client) ? client.keySet : undefined;
  const wanted = sentMetadata({ ...client, requested: record.desired.metadata, key, keySet });
  const asked = new Set([...Object.keys(client.requested), ...Object.keys(wanted)]);
  const held = Object.fromEntries(Object.entries(metadata).filter(([member]) => asked.has(member)));
  return sameMetadata(wanted, held);
}

/** Deletes a client (RFC 7592 section 2.3). Whether it worked is decided from what follows, not from one answer. */
export async function performRemove(record: RegistrationRecord, client: Client, ports: Ports): Promise<Performed> {
  const begun = await beginCall(record, client, 'remove', ports);
  const answer = await ports.api.remove(client.access as Access);
  const { call: _c, ...ended } = begun;
  const removal = notBeforeLimit(afterRemove(client, answer, ports.clock.now(), jitter(ports)), answer, begun);
  // A yes shows that the token was the newest, whatever became of earlier calls.
  const { uncertain: _u, ...certain } = client;
  const seen = answer.kind === 'removed' || answer.kind === 'client' ? certain : client;
  return save(ports, withClient(ended, client, { ...seen, removal }));
}

/** While an unanswered call may still be under way nothing more is sent for the client; the rest need not wait for it. */
function notBeforeLimit(removal: Removal, answer: Answer, { call }: BegunRecord): Removal {
  const over = answer.kind !== 'unknown' || answer.answered;
  return over ? removal : { ...removal, tryAt: Math.max(removal.tryAt, call.limitAt) };
}
