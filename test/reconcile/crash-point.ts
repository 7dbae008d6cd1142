import { expect } from 'vitest';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import { isUnsent } from '../../shared/publish/unsent.ts';
import { type Outcome, reconcile } from '../../shared/reconcile/reconcile.ts';
import type { HandedOver } from '../../shared/reconcile/requests.ts';
import { wantClient } from '../../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import {
  ALL,
  CHANGED,
  DAY,
  desired,
  HOUR,
  ID,
  METADATA,
  NOW,
  OWNER,
  ROTATION,
  SECRET,
  SERVER,
  target,
} from './build.ts';
import { type Fault, runWithFault, WITHOUT_EFFECT } from './faults.ts';
import { FIRST_RUN, FOREIGN_NAME, type Journey, want } from './journeys.ts';
import type { Kind } from './model-server.ts';
import {
  fewSuspects,
  foreignStays,
  hostedForClients,
  isAsAsked,
  isPublished,
  neverLockedOut,
  nothingOvertakes,
  noUnrecordedClient,
  publishedWorks,
} from './rules.ts';
import { endsAreTrue, everythingMasked, livingAreAlive, nothingSecretShown, toldIsTrue } from './told.ts';
import { FOREIGN, type PortCall, type World, world } from './world.ts';

const BRIEF = { patienceMs: 0 };
const PATIENT = { patienceMs: 10 * 60_000 };

/** How a journey may end without a person: nothing else is left to do, or the rules say that somebody has to decide. */
const DECISIONS = ['suspect_found', 'access_refused', 'update_unsupported', 'update_interrupts'];

export type Point = {
  readonly journey: Journey;
  readonly kind: Kind;
  readonly owned: boolean;
  readonly index: number;
  readonly fault: Fault;
};

/** One journey with one fault; resolves with the port call that went wrong, nothing when the journey has fewer. */
export async function play({ journey, kind, owned, index, fault }: Point): Promise<PortCall | undefined> {
  const wish = desired({
    publish: [target(ALL, ID, SECRET)],
    rotation: { ...ROTATION, everySeconds: 365 * 86_400 },
    ...(owned && { owner: OWNER, ttl: { seconds: 365 * 86_400 } }),
    ...journey.more,
  });
  const foreign = new Set([FOREIGN_NAME]);
  const scene = world({ kind: { ...kind, ...journey.kind }, taken: [...foreign], initialAccessToken: 'initial-token' });
  const given = journey.byHand === true ? await madeByHand(scene) : { clientId: '' };
  let found: RegistrationRecord | undefined;
  if (journey.deployed) {
    const start = want({ found, wish, now: scene.now(), run: -1, given });
    const first = await reconcile(start, scene.ports, PATIENT);
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
      const kept = scene.kept();
      if (kept !== undefined) {
        noUnrecordedClient(scene, kept);
        endsAreTrue(scene, kept);
        everythingMasked(scene, kept);
      }
      if (journey.ends !== true) publishedWorks(scene, interrupts);
      foreignStays(scene, foreign);
    } catch (error) {
      broken ??= error;
    }
  };
  const checkTold = (outcome: Outcome | undefined) => {
    nothingSecretShown(scene, { outcome, record: scene.kept() });
    if (outcome !== undefined) toldIsTrue(scene, outcome.events);
  };
  let runs = 0;
  const begin = () => journey.begin({ found, wish, now: scene.now(), run: runs++, given });
  const start = begin();
  const run = await runWithFault(scene, start, { ...PATIENT, kept: found, index, fault, check });
  if (run.hit === undefined) return undefined;
  const lostNothing = WITHOUT_EFFECT.has(fault) && run.hit !== 'save';
  if (lostNothing) neverLockedOut(scene, scene.saved() ?? start);
  checkTold(run.outcome);
  if (journey.namesTaken === true) for (const name of takeNames(scene)) foreign.add(name);

  let last: Outcome | undefined;
  for (const pause of [0, 10 * 60_000, HOUR, 2 * DAY]) {
    scene.pass(pause);
    found = scene.saved();
    last = await reconcile(begin(), scene.ports, { ...(pause < 60_000 ? BRIEF : PATIENT), kept: found });
    nothingOvertakes(scene, run);
    if (last.events.length > 0 || last.problem !== undefined) checkTold(last);
  }
  if (broken !== undefined) throw broken;
  const record = scene.saved() ?? start;
  noUnrecordedClient(scene, record);
  fewSuspects(record, run);
  livingAreAlive(scene, record);
  hostedForClients(scene, record);
  if (last?.problem) {
    const decisions = [...DECISIONS, ...(journey.asksForForeign === true ? ['secret_exists'] : [])];
    expect(decisions, last.problem.message).toContain(last.problem.code);
    if (lostNothing) expect(last.problem.code).not.toBe('access_refused');
  } else expect(last?.rest).toBe('done');
  if (journey.ends === true) {
    expect(record.clients).toEqual([]);
    expect([...scene.names.keys()]).toEqual([...foreign]);
  }
  if (lostNothing && deletes(kind)) expect(record.orphans).toEqual([]);
  const left = record.clients.filter(({ role }) => role === 'leaving' || role === 'next');
  expect(left).toEqual([]);
  if (last?.rest === 'done' && journey.ends !== true) {
    publishedWorks(scene, { interrupted: false });
    isAsAsked(scene, record);
  }
  if (journey.asksForForeign === true && journey.namesTaken !== true) {
    if (journey.deployed) expect(isPublished(scene)).toBe(true);
    else expect(scene.server.calls).toEqual([]);
  }
  await playedAgain(scene, record, async () => {
    found = record;
    if (last?.rest === 'done') await reconcile(begin(), scene.ports, { ...BRIEF, kept: found });
    const late = { record, desired: { ...wish, metadata: CHANGED }, server: SERVER, now: scene.now() };
    const older = { runId: FIRST_RUN - 1, attempt: 1 };
    expect(() => wantClient({ ...late, by: older })).toThrow(expect.objectContaining({ code: 'superseded' }));
  });
  return run.hit;
}

/** Rule 5: what comes again, or late, changes nothing; a token that is refused is tried once more. */
async function playedAgain(scene: World, record: RegistrationRecord, events: () => Promise<void>): Promise<void> {
  const lockedOut = record.clients.some(({ role, accessSeen }) => role === 'current' && accessSeen === 'refused');
  const names = [...scene.names];
  const calls = scene.server.calls.length;
  await events();
  expect([...scene.names]).toEqual(names);
  const reads = scene.server.calls.slice(calls).map(({ verb }) => verb);
  expect(reads).toEqual(lockedOut && reads.length > 0 ? ['read'] : []);
  if (lockedOut) expect(scene.saved()?.clients).toEqual(record.clients);
  else expect(scene.saved()).toBe(record);
}

/** Somebody makes what was claimed for us and never written. */
function takeNames(scene: World): readonly string[] {
  const unsent = (scene.saved()?.published ?? []).filter(isUnsent).map(publicationKey);
  const free = unsent.filter((name) => !scene.names.has(name));
  for (const name of free) scene.names.set(name, FOREIGN);
  return free;
}

function deletes({ unmanaged, readOnly, keepsDeleted }: Kind): boolean {
  return unmanaged !== true && readOnly !== true && keepsDeleted !== true;
}

/** The client that somebody made without us, as they hand it over. */
async function madeByHand({ server, ports }: World): Promise<HandedOver> {
  const { registrationEndpoint } = SERVER;
  const answer = await server.api.register({ registrationEndpoint, metadata: METADATA, sendBefore: NOW + HOUR });
  if (answer.kind !== 'client') throw new TypeError('nothing was made');
  const { clientId, clientSecret, registrationAccessToken, registrationClientUri } = answer.information;
  // As a home does with what it is given.
  ports.protect([clientSecret, registrationAccessToken].filter((secret) => secret !== undefined));
  return {
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    ...(registrationAccessToken !== undefined &&
      registrationClientUri !== undefined && { access: { registrationAccessToken, registrationClientUri } }),
  };
}
