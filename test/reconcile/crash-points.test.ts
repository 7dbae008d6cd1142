import { describe, expect, it } from 'vitest';
import type { Desired } from '../../shared/manifest/desired.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
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
import {
  ALL,
  CHANGED,
  DAY,
  desired,
  HOUR,
  ID,
  KEY_METADATA,
  METADATA,
  NOW,
  OWNER,
  REDIRECTS,
  ROTATION,
  SECRET,
  SERVER,
  suspect,
  target,
} from './build.ts';
import { FAULTS, type Fault, runWithFault } from './faults.ts';
import { type Kind, unsupported } from './model-server.ts';
import {
  fewSuspects,
  hostedForClients,
  isAsAsked,
  neverLockedOut,
  nothingOvertakes,
  noUnrecordedClient,
  publishedWorks,
} from './rules.ts';
import { type PortCall, type World, world } from './world.ts';

const KINDS: Readonly<Record<string, Kind>> = {
  'that manages clients with tokens that work once': { singleUseTokens: true },
  'that only registers': { unmanaged: true },
  'that replaces the secret at every update': { updateReplacesSecret: true },
  'that replaces the secret at every update and shows it once': { updateReplacesSecret: true, readHidesSecret: true },
  'that lets clients only be read': { readOnly: true },
  'that replaces secret and token at every update': { updateReplacesSecret: true, singleUseTokens: true },
  'that deletes clients and does not update them': { refusesUpdate: unsupported },
  'that keeps what it says it deleted': { keepsDeleted: true },
  'that keeps what it says it deleted, with tokens that work once': { keepsDeleted: true, singleUseTokens: true },
  'that reads hosted keys anew after a while': { keepsKeysMs: 90_000, singleUseTokens: true },
};

type Journey = {
  /** Whether a deploy has come to rest before. */
  readonly deployed: boolean;
  /** What a run begins with: the record as found, with what is asked of it. */
  readonly begin: (
    found: RegistrationRecord | undefined,
    wish: Desired,
    now: number,
    run: number,
    given: HandedOver,
  ) => RegistrationRecord;
  readonly ends?: boolean;
  readonly more?: Partial<Desired>;
  readonly kind?: Kind;
  /** How long after the deploy it begins. */
  readonly later?: number;
  /** A client is made by hand first. */
  readonly byHand?: boolean;
  /** Whose time to live ends: not for a registration that has none. */
  readonly ownedOnly?: boolean;
};

const want = (record: RegistrationRecord | undefined, wish: Desired, now: number) =>
  wantClient({ record, desired: wish, server: SERVER, now });

const end = (record: RegistrationRecord | undefined, wish: Desired, now: number) => {
  const found = record ?? want(record, wish, now);
  return found.ending === undefined ? endRegistration(found, now, 'the pull request was closed').record : found;
};

const rotate = (strategy: 'replace' | 'in-place' | 'keys', reason: 'asked' | 'leak') => {
  const begin: Journey['begin'] = (record, wish, now) => {
    const found = want(record, wish, now);
    return found.rotatedAt === undefined ? askRotation(found, { reason, strategy, startedAt: now }) : found;
  };
  return begin;
};

/** A client with a key that is hosted, whose client_id may not change. */
const KEYS: Partial<Desired> = {
  metadata: KEY_METADATA,
  makeKey: true,
  rotation: { ...ROTATION, everySeconds: 365 * 86_400, strategy: 'keys', clientIdMayChange: false },
};
const INLINE: Partial<Desired> = { ...KEYS, rotation: { ...ROTATION, everySeconds: 365 * 86_400 } };

const JOURNEYS: Readonly<Record<string, Journey>> = {
  'a first deploy': { deployed: false, begin: want },
  'a first deploy that is told to wait': { deployed: false, begin: want, kind: { busyFirst: true } },
  'the same deploy again': { deployed: true, begin: want },
  'changed metadata': {
    deployed: true,
    begin: (record, wish, now) => want(record, { ...wish, metadata: CHANGED }, now),
    more: { update: 'interrupt' },
  },
  'changed metadata by a new client': {
    deployed: true,
    begin: (record, wish, now) => want(record, { ...wish, metadata: CHANGED }, now),
    more: { update: 'replace' },
  },
  'changed metadata and back': {
    deployed: true,
    begin: (record, wish, now, run) => want(record, run === 0 ? { ...wish, metadata: CHANGED } : wish, now),
    more: { update: 'replace' },
  },
  'changed names': {
    deployed: true,
    begin: (record, wish, now) => want(record, { ...wish, publish: [target(ALL, { ...ID, name: 'OTHER_ID' })] }, now),
  },
  'a rotation by a new client': { deployed: true, begin: rotate('replace', 'asked') },
  'a rotation after a leak': { deployed: true, begin: rotate('replace', 'leak') },
  'a rotation in place': { deployed: true, begin: rotate('in-place', 'asked') },
  'a rotation by age': { deployed: true, begin: want, more: { rotation: { ...ROTATION, retire: 'after-overlap' } } },
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
    begin: (record, wish, now, run, world) =>
      rotate('keys', 'asked')(record, { ...wish, metadata: { ...KEY_METADATA, ...REDIRECTS } }, now, run, world),
    more: KEYS,
  },
  'a key that is to be hosted from now on': {
    deployed: true,
    begin: (record, wish, now) => want(record, { ...wish, ...KEYS }, now),
    more: INLINE,
  },
  'a key that is to be hosted from now on, and rotated': {
    deployed: true,
    begin: (record, wish, now, run, world) => rotate('keys', 'asked')(record, { ...wish, ...KEYS }, now, run, world),
    more: INLINE,
  },
  'a hosted key that is to be inline again': {
    deployed: true,
    begin: (record, wish, now) => want(record, { ...wish, ...INLINE }, now),
    more: KEYS,
  },
  'a rotation of keys, then a teardown': {
    deployed: true,
    begin: (record, wish, now, run, world) =>
      run === 0 ? rotate('keys', 'asked')(record, wish, now, run, world) : end(record, wish, now),
    ends: true,
    more: KEYS,
  },
  'changed metadata, then a teardown': {
    deployed: true,
    begin: (record, wish, now, run) =>
      run === 0 ? want(record, { ...wish, metadata: CHANGED }, now) : end(record, wish, now),
    ends: true,
    more: { update: 'interrupt' },
  },
  'a teardown': { deployed: true, begin: end, ends: true },
  'a teardown, then the pull request is opened again': {
    deployed: true,
    begin: (record, wish, now, run) => (run === 0 ? end(record, wish, now) : want(record, wish, now)),
  },
  'the end of its time to live': {
    deployed: true,
    begin: (record) => record as RegistrationRecord,
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
    begin: (record, wish, now, _run, given) => adoptClient(want(record, wish, now), given, now),
    byHand: true,
  },
  'a suspect is found and adopted': {
    deployed: false,
    begin: (record, wish, now, _run, given) => {
      const found = want(record, wish, now);
      if (record !== undefined) return found;
      return adoptSuspect({ ...found, suspects: [suspect({ marker: '', startedAt: now })] }, given, now);
    },
    byHand: true,
  },
  'a suspect is looked for and forgotten': {
    deployed: false,
    begin: (record, wish, now) => {
      const found = want(record, wish, now);
      return record === undefined ? forgetSuspects({ ...found, suspects: [suspect()] }) : found;
    },
  },
  'the end of the job': { deployed: true, begin: end, ends: true, more: { ttl: 'job', publish: [] } },
};

/** Not to become fewer without anybody noticing; docs/reliability.md has the figure. */
const POINTS = 23_131;

const PORTS: readonly PortCall[] = [
  ...(['save', 'register', 'read', 'update', 'remove', 'verify', 'claim', 'write', 'erase'] as const),
  ...(['announce', 'initialAccessToken', 'sleep'] as const),
];

const BRIEF = { patienceMs: 0 };
const PATIENT = { patienceMs: 10 * 60_000 };

/** How a journey may end without a person: nothing else is left to do, or the rules say that somebody has to decide. */
const DECISIONS = ['suspect_found', 'access_refused', 'update_unsupported', 'update_interrupts'];

type Point = {
  readonly journey: Journey;
  readonly kind: Kind;
  readonly owned: boolean;
  readonly index: number;
  readonly fault: Fault;
};

/** One journey with one fault; resolves with whether the fault was reached. */
async function play({ journey, kind, owned, index, fault }: Point): Promise<boolean> {
  const wish = desired({
    publish: [target(ALL, ID, SECRET)],
    rotation: { ...ROTATION, everySeconds: 365 * 86_400 },
    ...(owned && { owner: OWNER, ttl: { seconds: 365 * 86_400 } }),
    ...journey.more,
  });
  const scene = world({ kind: { ...kind, ...journey.kind }, taken: ['secret  FOREIGN'] });
  const given = journey.byHand === true ? await madeByHand(scene) : { clientId: '' };
  let found: RegistrationRecord | undefined;
  if (journey.deployed) {
    const first = await reconcile(want(undefined, wish, scene.now()), scene.ports, PATIENT);
    expect(first.rest).toBe('done');
    found = scene.saved();
    const byAge = wish.rotation?.everySeconds === ROTATION.everySeconds;
    scene.pass(journey.later ?? (byAge ? 30 * DAY : 2 * HOUR));
  }

  const interrupts = { interrupted: kind.updateReplacesSecret === true };
  // What throws in a port is a problem of the run, so what is broken is kept aside.
  let broken: unknown;
  const check = () => {
    try {
      const saved = scene.saved();
      if (saved !== undefined) noUnrecordedClient(scene, saved);
      if (journey.ends !== true) publishedWorks(scene, interrupts);
    } catch (error) {
      broken ??= error;
    }
  };
  let runs = 0;
  const begin = () => journey.begin(found, wish, scene.now(), runs++, given);
  const start = begin();
  const run = await runWithFault(scene, start, { ...PATIENT, kept: found, index, fault, check });
  if (run.hit === undefined) return false;
  reached.add(run.hit);
  if (fault === 'fails') neverLockedOut(scene, scene.saved() ?? start);

  let last = run.outcome;
  for (const pause of [0, 10 * 60_000, HOUR, 2 * DAY]) {
    scene.pass(pause);
    found = scene.saved();
    last = await reconcile(begin(), scene.ports, { ...(pause < 60_000 ? BRIEF : PATIENT), kept: found });
    nothingOvertakes(scene, run);
  }
  if (broken !== undefined) throw broken;
  const record = scene.saved() ?? start;
  noUnrecordedClient(scene, record);
  fewSuspects(record, run);
  expect(scene.names.get('secret  FOREIGN')).toBe('somebody else’s');
  hostedForClients(scene, record);
  if (last?.problem) expect(DECISIONS, last.problem.message).toContain(last.problem.code);
  else expect(last?.rest).toBe('done');
  if (journey.ends === true) {
    expect(record.clients).toEqual([]);
    expect(scene.names.size).toBe(1);
  }
  const left = record.clients.filter(({ role }) => role === 'leaving' || role === 'next');
  expect(left).toEqual([]);
  if (last?.rest === 'done' && journey.ends !== true) {
    publishedWorks(scene, { interrupted: false });
    isAsAsked(scene, record);
  }
  return true;
}

/** A client with a key has no secret that an update could replace; to others hosted keys are nothing. */
function kindsFor({ more }: Journey): readonly [string, Kind][] {
  return Object.entries(KINDS).filter(([, kind]) =>
    more?.makeKey === true ? kind.updateReplacesSecret !== true : kind.keepsKeysMs === undefined,
  );
}

/** The client that somebody made without us, as they hand it over. */
async function madeByHand({ server }: World): Promise<HandedOver> {
  const { registrationEndpoint } = SERVER;
  const answer = await server.api.register({ registrationEndpoint, metadata: METADATA, sendBefore: NOW + HOUR });
  if (answer.kind !== 'client') throw new TypeError('nothing was made');
  const { clientId, clientSecret, registrationAccessToken, registrationClientUri } = answer.information;
  return {
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    ...(registrationAccessToken !== undefined &&
      registrationClientUri !== undefined && { access: { registrationAccessToken, registrationClientUri } }),
  };
}

let points = 0;
const reached = new Set<PortCall>();

describe.each(Object.entries(JOURNEYS))('%s', (_name, journey) => {
  describe.each([
    ['owned', true],
    ['permanent', false],
  ])('of a registration that is %s', (_how, owned) => {
    it.each(kindsFor(journey))('keeps the rules at a server %s, whatever goes wrong and where', async (_what, kind) => {
      if (journey.ownedOnly === true && !owned) return;
      for (const fault of FAULTS) {
        for (let index = 0; ; index += 1) {
          const reached = await play({ journey, kind, owned, index, fault }).catch((error: unknown) => {
            throw new Error(`port call ${index} ${fault}: ${error instanceof Error ? error.message : error}`, {
              cause: error,
            });
          });
          if (!reached) break;
          points += 1;
        }
      }
    });
  });
});

it('has tried every port, at as many points as ever', () => {
  console.info(`${points} crash points`);
  expect([...reached].sort()).toEqual([...PORTS].sort());
  expect(points).toBe(POINTS);
});
