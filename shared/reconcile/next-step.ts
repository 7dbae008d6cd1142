import type { Client, Intent, RegistrationRecord } from '../record/record.ts';
import { sameMetadata } from '../registration/compare-metadata.ts';
import { nextDueTime, overlapEnd, rotationDue } from './due.ts';
import { hostsKeys, wantsKeySet, withNewestKey } from './key-hosting.ts';
import { canRotateKeys, keyGoesOn, keyPromotion, keyRetirement, untriedKey, uselessKey } from './key-steps.ts';
import {
  announcement,
  currentClient,
  isOwned,
  isPublished,
  livesHere,
  nextClient,
  stalePublications,
  wantedPublications,
} from './record-queries.ts';
import { nextRemovalStep } from './removal-step.ts';
import { grantedDifferently, ignoresKeySet } from './sent-metadata.ts';
import type { Step } from './step.ts';
import { isTriedAgain } from './try-token-again.ts';

type Policy = (record: RegistrationRecord, now: number) => Step | undefined;

/**
 * What to do next for one registration. Pure: the record holds what is wanted, what was done and what was seen; `now` is
 * epoch milliseconds. The first policy that has something to say decides.
 */
export function nextStep(record: RegistrationRecord, now: number): Step {
  for (const policy of record.ending === undefined ? LIVING : ENDING) {
    const step = policy(record, now);
    if (step !== undefined) return step;
  }
  const due = nextDueTime(record);
  return { kind: 'done', ...(due !== undefined && { due }) };
}

const inFlight: Policy = ({ intent, call }, now) => {
  const until = Math.max(intent?.limitAt ?? 0, call?.limitAt ?? 0);
  return now < until ? { kind: 'wait', until, why: 'in_flight' } : undefined;
};

const unansweredRegistration: Policy = ({ intent }) => intent && { kind: 'suspect', intent };

const unansweredCall: Policy = ({ call }) => call && { kind: 'lost_call', call };

const backingOff: Policy = ({ backOff }, now) =>
  backOff !== undefined && now < backOff.until ? { kind: 'wait', until: backOff.until, why: 'back_off' } : undefined;

const timeIsOver: Policy = (record, now) =>
  isOwned(record) && record.expiresAt !== undefined && record.expiresAt <= now
    ? { kind: 'end', reason: 'its time to live is over' }
    : undefined;

/** An update whose answer was lost left the token and the metadata unknown. A leak waits for no token to be tried again. */
const unknownState: Policy = ({ clients, rotation }) => {
  const client = clients.find((candidate) => candidate.uncertain === true && candidate.role !== 'leaving');
  if (client?.access === undefined || (isTriedAgain(client) && rotation?.reason === 'leak')) return undefined;
  return { kind: 'read', client };
};

/** What apps may still read is not deleted before something else is published in its place. */
const leaving: Policy = (record, now) =>
  record.clients
    .filter((client) => client.role === 'leaving' && !isPublished(record, client))
    .map((client) => nextRemovalStep(client, now))
    .find((step) => step !== undefined);

const namesToClaim: Policy = (record) =>
  wantedPublications(record).some(({ publication }) => publication === undefined) ? { kind: 'claim' } : undefined;

const firstClient: Policy = (record) =>
  currentClient(record) === undefined && nextClient(record) === undefined ? registering(record, 'first') : undefined;

/** A next client that was made for an older manifest, or whose credentials do not work, is given up. */
const uselessNext: Policy = (record) => {
  const client = nextClient(record);
  if (client === undefined) return undefined;
  if (!fits(record, client)) return { kind: 'retire', client, reason: 'the manifest has changed since it was made' };
  const outcome = client.verification?.outcome;
  if (outcome === 'refused') return { kind: 'retire', client, reason: 'its credentials do not work', failed: true };
  if (outcome === 'unknown' && client.purpose === 'rotation') {
    return { kind: 'retire', client, reason: 'it could not be shown that its credentials work', failed: true };
  }
  return undefined;
};

/** A rotation that was asked for also brings what the manifest changed. */
const askedRotation: Policy = (record) => {
  const client = currentClient(record);
  if (client === undefined || nextClient(record) !== undefined || record.rotation === undefined) return undefined;
  if (client.nextKey !== undefined) return undefined;
  if (record.rotation.strategy === 'keys') return newKey(record, client);
  if (record.rotation.strategy !== 'in-place') return replacing(record, client);
  return canUpdate(record, client) ? { kind: 'update', client, purpose: 'rotation' } : cannotUpdate(client);
};

const changedMetadata: Policy = (record, now) => {
  const client = currentClient(record);
  if (client === undefined || nextClient(record) !== undefined || fits(record, client)) return undefined;
  if (keyGoesOn(client, now)) return undefined;
  const { traits, desired } = record;
  const owned = isOwned(record);
  if (!canUpdate(record, client)) {
    const mayReplace = owned || desired.update === 'replace' || desired.rotation?.clientIdMayChange === true;
    return mayReplace ? registering(record, 'replacement', client) : cannotUpdate(client);
  }
  if (traits.updateReplacesSecret === true && client.clientSecret !== undefined && !owned) {
    if (desired.update === 'replace') return registering(record, 'replacement', client);
    if (desired.update !== 'interrupt') return { kind: 'stop', code: 'update_interrupts', client };
  }
  return { kind: 'update', client, purpose: 'changed' };
};

const unverified: Policy = (record) => {
  const client = nextClient(record) ?? currentClient(record);
  return client !== undefined && client.verification === undefined ? { kind: 'verify', client } : undefined;
};

const refusedCredentials: Policy = (record) => {
  const client = currentClient(record);
  const replaced = nextClient(record) !== undefined || client?.nextKey !== undefined;
  return client?.verification?.outcome === 'refused' && !replaced
    ? { kind: 'stop', code: 'credentials_refused', client }
    : undefined;
};

const grantedOtherwise: Policy = (record) => {
  const client = nextClient(record) ?? currentClient(record);
  if (client === undefined || !record.desired.strict) return undefined;
  return grantedDifferently(client).length > 0 ? { kind: 'stop', code: 'metadata_differs', client } : undefined;
};

const unpublished: Policy = (record) => {
  const client = newestClient(record);
  return client !== undefined && stalePublications(record, client).length > 0 ? { kind: 'publish', client } : undefined;
};

const noLongerPublished: Policy = (record) => {
  const wanted = new Set(wantedPublications(record).map(({ publication }) => publication));
  return record.published.some((publication) => !wanted.has(publication)) ? { kind: 'unpublish' } : undefined;
};

const unannounced: Policy = (record) => {
  const client = newestClient(record);
  if (client === undefined || record.desired.announce === undefined) return undefined;
  if (client.role !== 'next' && client.nextKey?.verification?.outcome !== 'works') return undefined;
  const { clientId, keyId } = announcement(client);
  const { announced } = record;
  return announced?.clientId === clientId && announced.keyId === keyId ? undefined : { kind: 'announce', client };
};

const promotion: Policy = (record) => {
  const client = nextClient(record);
  return client === undefined ? undefined : { kind: 'promote', client };
};

const scheduledRotation: Policy = (record, now) => {
  const client = currentClient(record);
  if (client === undefined || !rotationDue(record, client, now)) return undefined;
  return hostsKeys(record.desired) ? newKey(record, client) : replacing(record, client);
};

const retirement: Policy = (record, now) => {
  const { clients, desired } = record;
  for (const client of clients.filter(({ role }) => role === 'retiring')) {
    if (client.access === undefined)
      return { kind: 'retire', client, reason: 'it cannot be deleted by us in any case' };
    if (desired.rotation?.retire === 'after-overlap' && now >= overlapEnd(record, client)) {
      return { kind: 'retire', client, reason: 'its overlap is over' };
    }
  }
  return undefined;
};

const publishedAtTheEnd: Policy = ({ published }) => (published.length > 0 ? { kind: 'unpublish' } : undefined);

const clientsAtTheEnd: Policy = ({ clients }) => {
  const client = clients.find(({ role }) => role !== 'leaving');
  return client && { kind: 'retire', client, reason: 'the registration ends' };
};

const waitingToRemove: Policy = ({ clients }) => {
  const times = clients.map(({ removal }) => removal?.tryAt).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : { kind: 'wait', until: Math.min(...times), why: 'back_off' };
};

const LIVING: readonly Policy[] = [
  inFlight,
  unansweredRegistration,
  unansweredCall,
  backingOff,
  timeIsOver,
  unknownState,
  leaving,
  namesToClaim,
  firstClient,
  uselessNext,
  uselessKey,
  askedRotation,
  changedMetadata,
  unverified,
  refusedCredentials,
  grantedOtherwise,
  untriedKey,
  unpublished,
  noLongerPublished,
  unannounced,
  promotion,
  keyPromotion,
  scheduledRotation,
  retirement,
  keyRetirement,
];

const ENDING: readonly Policy[] = [
  inFlight,
  unansweredRegistration,
  unansweredCall,
  backingOff,
  publishedAtTheEnd,
  clientsAtTheEnd,
  leaving,
  waitingToRemove,
];

/** One more registration; after one whose answer was lost only for what ends by itself, and only once. */
function registering(record: RegistrationRecord, purpose: Intent['purpose'], client?: Client): Step {
  const { length } = record.suspects;
  return length === 0 || (length === 1 && isOwned(record))
    ? { kind: 'register', purpose }
    : { kind: 'stop', code: 'suspect_found', ...(client && { client }) };
}

/** A new key for the same client; where it has no set that the server reads, first what the manifest changed. */
function newKey(record: RegistrationRecord, client: Client): Step | undefined {
  if (canRotateKeys(record, client)) return { kind: 'new_key', client };
  if (!fits(record, client)) return undefined;
  return ignoresKeySet(client) && record.rotation?.reason !== 'leak'
    ? { kind: 'stop', code: 'key_set_ignored', client }
    : replacing(record, client);
}

/** The client as its credentials are to be published. */
function newestClient(record: RegistrationRecord): Client | undefined {
  const client = nextClient(record) ?? currentClient(record);
  return client && withNewestKey(client);
}

/** A new client beside the old one, where the manifest accepts that the app gets another client_id, or a secret has leaked. */
function replacing(record: RegistrationRecord, client: Client): Step {
  const allowed =
    isOwned(record) || record.desired.rotation?.clientIdMayChange === true || record.rotation?.reason === 'leak';
  return allowed ? registering(record, 'rotation', client) : { kind: 'stop', code: 'rotation_not_allowed', client };
}

function canUpdate(record: RegistrationRecord, client: Client): boolean {
  const refused = client.access === undefined || client.accessSeen === 'refused';
  return livesHere(record, client) && !refused && record.traits.updates !== 'unsupported';
}

function cannotUpdate(client: Client): Step {
  return { kind: 'stop', code: client.accessSeen === 'refused' ? 'access_refused' : 'update_unsupported', client };
}

/** The client is what the manifest asks for, at the server it asks for. */
function fits(record: RegistrationRecord, client: Client): boolean {
  return (
    livesHere(record, client) && sameMetadata(record.desired.metadata, client.requested) && keysFit(record, client)
  );
}

/** A key that was made for it is where the manifest wants it: inline, or in a set that is hosted. */
function keysFit({ desired }: RegistrationRecord, client: Client): boolean {
  return client.key === undefined || (client.keySet !== undefined) === wantsKeySet(desired, client);
}
