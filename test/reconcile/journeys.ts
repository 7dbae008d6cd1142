import type { Desired, PublishItem } from '../../shared/manifest/desired.ts';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import {
  adoptClient,
  adoptSuspect,
  askRotation,
  forgetSuspects,
  type HandedOver,
} from '../../shared/reconcile/requests.ts';
import { endRegistration } from '../../shared/reconcile/transitions.ts';
import { wantClient } from '../../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { ALL, CHANGED, DAY, ID, KEY_METADATA, REDIRECTS, ROTATION, SECRET, SERVER, suspect, target } from './build.ts';
import { type Kind, unsupported } from './model-server.ts';

/** The kinds of servers there are. */
const KINDS: Readonly<Record<string, Kind>> = {
  'that manages clients with tokens that work once': { singleUseTokens: true },
  'that only registers': { unmanaged: true },
  'that names the token at the registration only': { omitsToken: true },
  'that replaces the secret at every update': { updateReplacesSecret: true },
  'that replaces the secret at every update and shows it once': { updateReplacesSecret: true, readHidesSecret: true },
  'that lets clients only be read': { readOnly: true },
  'that replaces secret and token at every update': { updateReplacesSecret: true, singleUseTokens: true },
  'that deletes clients and does not update them': { refusesUpdate: unsupported },
  'that keeps what it says it deleted': { keepsDeleted: true },
  'that keeps what it says it deleted, with tokens that work once': { keepsDeleted: true, singleUseTokens: true },
  'that reads hosted keys anew after a while': { keepsKeysMs: 90_000, singleUseTokens: true },
};

/** The run that deployed first; what comes later has higher numbers. */
export const FIRST_RUN = 7;

/** What a run begins with: the record as found, what is to be, and how often it was begun before. */
export type Beginning = {
  readonly found: RegistrationRecord | undefined;
  readonly wish: Desired;
  readonly now: number;
  readonly run: number;
  /** The client that was made by hand. */
  readonly given: HandedOver;
};

export type Journey = {
  /** Whether a deploy has come to rest before. */
  readonly deployed: boolean;
  /** The record as found, with what is asked of it. */
  readonly begin: (beginning: Beginning) => RegistrationRecord;
  readonly ends?: boolean;
  readonly more?: Partial<Desired>;
  readonly kind?: Kind;
  /** How long after the deploy it begins. */
  readonly later?: number;
  /** A client is made by hand first. */
  readonly byHand?: boolean;
  /** Whose time to live ends: not for a registration that has none. */
  readonly ownedOnly?: boolean;
  /** Somebody makes the names that were claimed and never written, once something has gone wrong. */
  readonly namesTaken?: boolean;
  /** A name is asked for that is somebody else’s: a person has to decide. */
  readonly asksForForeign?: boolean;
};

/** A deploy of the wish, or of what is made of it. */
function wants(change: (wish: Desired, run: number) => Desired = (wish) => wish) {
  return ({ found, wish, now, run }: Beginning): RegistrationRecord =>
    wantClient({
      record: found,
      desired: change(wish, run),
      server: SERVER,
      now,
      by: { runId: FIRST_RUN + 1 + run, attempt: 1 },
    });
}

export const want = wants();

function end(beginning: Beginning): RegistrationRecord {
  const found = beginning.found ?? want(beginning);
  return found.ending === undefined
    ? endRegistration(found, beginning.now, 'the pull request was closed').record
    : found;
}

function rotate(strategy: 'replace' | 'in-place' | 'keys', reason: 'asked' | 'leak', deploy = want) {
  return (beginning: Beginning): RegistrationRecord => {
    const found = deploy(beginning);
    const asked = { reason, strategy, startedAt: beginning.now };
    return found.rotatedAt === undefined ? askRotation(found, asked) : found;
  };
}

/** First the one, and after something has gone wrong the other. */
function then(first: Journey['begin'], second: Journey['begin']): Journey['begin'] {
  return (beginning) => (beginning.run === 0 ? first(beginning) : second(beginning));
}

const changed = wants((wish) => ({ ...wish, metadata: CHANGED }));
const renamed = (item: PublishItem) => wants((wish) => ({ ...wish, publish: [target(ALL, item)] }));
const OTHER_ID = { ...ID, name: 'OTHER_ID' };
const TAKEN = { ...SECRET, name: 'FOREIGN' };

/** A name that is somebody else’s from the start. */
export const FOREIGN_NAME = publicationKey({ target: {}, item: TAKEN });

/** A client with a key that is hosted, whose client_id may not change. */
const KEYS: Partial<Desired> = {
  metadata: KEY_METADATA,
  makeKey: true,
  rotation: { ...ROTATION, everySeconds: 365 * 86_400, strategy: 'keys', clientIdMayChange: false },
};
const INLINE: Partial<Desired> = { ...KEYS, rotation: { ...ROTATION, everySeconds: 365 * 86_400 } };

export const JOURNEYS: Readonly<Record<string, Journey>> = {
  'a first deploy': { deployed: false, begin: want },
  'a first deploy that is told to wait': { deployed: false, begin: want, kind: { busyFirst: true } },
  'the same deploy again': { deployed: true, begin: want },
  'changed metadata': { deployed: true, begin: changed, more: { update: 'interrupt' } },
  'changed metadata by a new client': { deployed: true, begin: changed, more: { update: 'replace' } },
  'changed metadata and back': { deployed: true, begin: then(changed, want), more: { update: 'replace' } },
  'changed names': { deployed: true, begin: renamed(OTHER_ID) },
  'a rotation by a new client': { deployed: true, begin: rotate('replace', 'asked') },
  'a rotation after a leak': { deployed: true, begin: rotate('replace', 'leak') },
  'a rotation in place': { deployed: true, begin: rotate('in-place', 'asked') },
  'a rotation by age': { deployed: true, begin: want, more: { rotation: { ...ROTATION, retire: 'after-overlap' } } },
  'changed metadata, then a teardown': {
    deployed: true,
    begin: then(changed, end),
    ends: true,
    more: { update: 'interrupt' },
  },
  'a teardown': { deployed: true, begin: end, ends: true },
  'a teardown, then the pull request is opened again': { deployed: true, begin: then(end, want) },
  'the end of its time to live': {
    deployed: true,
    begin: ({ found }) => found as RegistrationRecord,
    ends: true,
    more: { ttl: { seconds: 86_400 } },
    later: 2 * DAY,
    ownedOnly: true,
  },
  'a secret whose time ends soon': {
    deployed: true,
    begin: want,
    kind: { secretSeconds: 90 * 86_400 },
    later: 85 * DAY,
  },
  'a rotation that is announced': {
    deployed: true,
    begin: rotate('replace', 'asked'),
    more: { announce: 'dispatch' },
  },
  'a client made by hand is adopted': {
    deployed: false,
    begin: (beginning) => adoptClient(want(beginning), beginning.given, beginning.now),
    byHand: true,
  },
  'a suspect is found and adopted': {
    deployed: false,
    begin: (beginning) => {
      const found = want(beginning);
      if (beginning.found !== undefined) return found;
      const { given, now } = beginning;
      return adoptSuspect({ ...found, suspects: [suspect({ marker: '', startedAt: now })] }, given, now);
    },
    byHand: true,
  },
  'a suspect is looked for and forgotten': {
    deployed: false,
    begin: (beginning) => {
      const found = want(beginning);
      return beginning.found === undefined ? forgetSuspects({ ...found, suspects: [suspect()] }) : found;
    },
  },
  'the end of the job': { deployed: true, begin: end, ends: true, more: { ttl: 'job', publish: [] } },
  'a first deploy that asks for a name of somebody else': {
    deployed: false,
    begin: renamed(TAKEN),
    asksForForeign: true,
  },
  'names changed to one of somebody else': { deployed: true, begin: renamed(TAKEN), asksForForeign: true },
  'names changed to one of somebody else, then a teardown': {
    deployed: true,
    begin: then(renamed(TAKEN), end),
    ends: true,
  },
  'a first deploy whose names somebody takes meanwhile': {
    deployed: false,
    begin: want,
    namesTaken: true,
    asksForForeign: true,
  },
  'changed names that somebody takes meanwhile, then a teardown': {
    deployed: true,
    begin: then(renamed(OTHER_ID), end),
    ends: true,
    namesTaken: true,
  },
};

/** The same of clients whose keys are hosted. */
export const KEY_JOURNEYS: Readonly<Record<string, Journey>> = {
  'a first deploy with a hosted key': { deployed: false, begin: want, more: KEYS },
  'a rotation of keys': { deployed: true, begin: rotate('keys', 'asked'), more: KEYS },
  'a rotation of keys after a leak': { deployed: true, begin: rotate('keys', 'leak'), more: KEYS },
  'a rotation of keys by age': {
    deployed: true,
    begin: want,
    more: { ...KEYS, rotation: { ...ROTATION, strategy: 'keys', clientIdMayChange: false, retire: 'after-overlap' } },
  },
  'a rotation of keys with changed metadata': {
    deployed: true,
    begin: rotate(
      'keys',
      'asked',
      wants((wish) => ({ ...wish, metadata: { ...KEY_METADATA, ...REDIRECTS } })),
    ),
    more: KEYS,
  },
  'a key that is to be hosted from now on': {
    deployed: true,
    begin: wants((wish) => ({ ...wish, ...KEYS })),
    more: INLINE,
  },
  'a key that is to be hosted from now on, and rotated': {
    deployed: true,
    begin: rotate(
      'keys',
      'asked',
      wants((wish) => ({ ...wish, ...KEYS })),
    ),
    more: INLINE,
  },
  'a hosted key that is to be inline again': {
    deployed: true,
    begin: wants((wish) => ({ ...wish, ...INLINE })),
    more: KEYS,
  },
  'a rotation of keys, then a teardown': {
    deployed: true,
    begin: then(rotate('keys', 'asked'), end),
    ends: true,
    more: KEYS,
  },
};

/** A client with a key has no secret that an update could replace; to others hosted keys are nothing. */
export function kindsFor({ more }: Journey): readonly [string, Kind][] {
  return Object.entries(KINDS).filter(([, kind]) =>
    more?.makeKey === true ? kind.updateReplacesSecret !== true : kind.keepsKeysMs === undefined,
  );
}
