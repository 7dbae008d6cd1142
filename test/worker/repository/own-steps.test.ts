import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Overview } from '../../../worker/repository/calls.ts';
import { atOwnSteps, type Journey } from '../support/at-own-steps.ts';
import { REPOSITORY } from '../support/issuer.ts';
import type { Plan, Seen } from '../support/own-steps/ways.ts';
import { environmentOf, openSteppedScene, type SteppedScene } from '../support/stepped-scene.ts';
import { KEY, OTHER_KEY, until } from '../support/worker.ts';

let scene: SteppedScene;
let number = 0;
/** Deployed once, for journeys that leave them as they were. */
let kept: { readonly production: string; readonly preview: string } | undefined;

const preview = () => `pr-${number}/web`;
const PRODUCTION = 'production/web';
const OPEN = 1001;
const CLOSED = 1002;

beforeAll(async () => {
  scene = await openSteppedScene();
});

afterAll(() => scene.close());

type Told = { readonly status: number; readonly body: { readonly error?: string } };

/** What was asked is done, or the object ended in the middle of it. */
function doneOrBrokenOff({ status, body }: Told): void {
  expect([
    [200, undefined],
    [503, 'worker_restarted'],
  ]).toContainEqual([status, body.error]);
}

/** Asks again for as long as the object is not there. */
async function askedUntilTold<T extends Told>(ask: () => Promise<T>): Promise<T> {
  for (let asks = 0; asks < 3; asks += 1) {
    const told = await ask();
    if (!['worker_restarted', 'internal'].includes(told.body.error ?? '')) return told;
  }
  throw new Error('nobody answers');
}

async function empty(): Promise<void> {
  await scene.worker.lose();
  await scene.worker.forgetInventory();
  scene.server.reset();
  kept = undefined;
}

async function newPreview(): Promise<void> {
  await empty();
  number += 1;
  scene.pull(number, 'open');
}

const rotate = () =>
  scene.worker.send('POST', `${preview()}/rotate`, { body: { now: true }, claims: scene.claims(number) });

const end = () => scene.worker.send('DELETE', preview(), { claims: scene.claims(number) });

async function close(pullRequest: number): Promise<void> {
  scene.pull(pullRequest, 'closed');
  const object = await scene.worker.object();
  await object.takeDelivery({
    id: `github:closed ${pullRequest}`,
    receivedAt: scene.worker.now(),
    event: {
      kind: 'owner_ended',
      repositoryId: REPOSITORY.id,
      at: scene.worker.now(),
      owner: { kind: 'pull_request', number: pullRequest },
    },
  });
}

/** Nothing is left of the preview, at the server and at GitHub. */
async function isGone(at: string, made: string): Promise<void> {
  const { body } = await scene.worker.send('GET', preview(), { claims: scene.claims(number) });
  expect(body.registration, at).toMatchObject({ status: 'ended', orphans: [], suspects: [], published: [] });
  expect(scene.server.client(made), at).toBeUndefined();
  const environment = environmentOf(preview());
  expect(
    scene.github.environments().map(({ name }) => name),
    at,
  ).not.toContain(environment);
  await scene.accountedFor(at);
}

/** Production, a preview of an open pull request and the end of one of a closed one, all known to the inventory. */
async function deployed(): Promise<{ readonly production: string; readonly preview: string }> {
  if (kept !== undefined) return kept;
  await empty();
  for (const each of [OPEN, CLOSED]) scene.pull(each, 'open');
  const production = await scene.inUse('at first', PRODUCTION);
  const open = await scene.inUse('at first', `pr-${OPEN}/web`, OPEN);
  await scene.inUse('at first', `pr-${CLOSED}/web`, CLOSED);
  await close(CLOSED);
  await scene.worker.pass(1_000);
  await scene.accountedFor('at first');
  kept = { production, preview: open };
  return kept;
}

async function standAsBefore(at: string): Promise<void> {
  expect(await scene.inUse(at, PRODUCTION), at).toBe(kept?.production);
  expect(await scene.inUse(at, `pr-${OPEN}/web`, OPEN), at).toBe(kept?.preview);
  await scene.accountedFor(at);
}

let made = '';
let keys: readonly [string, string] = [OTHER_KEY, KEY];

const JOURNEYS: readonly Journey[] = [
  {
    title: 'a first deploy',
    points: 69,
    before: newPreview,
    work: async () => doneOrBrokenOff(await scene.deploy(preview(), number)),
    afterwards: async (at) => {
      await scene.noneUnknown(at);
      await scene.inUse(at, preview(), number);
      await scene.accountedFor(at);
    },
  },
  {
    title: 'a rotation',
    points: 47,
    before: async () => {
      await newPreview();
      made = await scene.inUse('at first', preview(), number);
    },
    work: async () => doneOrBrokenOff(await rotate()),
    afterwards: async (at) => {
      await scene.noneUnknown(at);
      // Nothing was saved when it ended, and who asked was told to ask again.
      if ((await scene.inUse(at, preview(), number)) === made) expect((await rotate()).status, at).toBe(200);
      await scene.worker.rest();
      expect(scene.server.client(made), at).toBeUndefined();
      const client = await scene.inUse(at, preview(), number);
      const told = scene.github.dispatches.filter(({ payload }) => payload.environment === environmentOf(preview()));
      expect(told.at(-1), at).toMatchObject({ type: 'oauth-client-rotated', payload: { client_id: client } });
      await scene.accountedFor(at);
    },
  },
  {
    title: 'a teardown that a run asks for',
    points: 41,
    before: async () => {
      await newPreview();
      made = await scene.inUse('at first', preview(), number);
    },
    work: async () => doneOrBrokenOff(await end()),
    afterwards: async (at) => {
      // The same.
      if (scene.server.client(made) !== undefined) expect((await end()).status, at).toBe(200);
      await isGone(at, made);
    },
  },
  {
    title: 'a teardown by a webhook',
    points: 67,
    before: async () => {
      await newPreview();
      made = await scene.inUse('at first', preview(), number);
    },
    work: async () => {
      // A delivery that was not taken comes again.
      await close(number).catch(() => close(number));
    },
    afterwards: (at) => isGone(at, made),
  },
  {
    title: 'a restore',
    points: 99,
    before: async () => {
      await deployed();
      await scene.worker.lose();
    },
    work: async () => {
      const calls = scene.server.requests.length;
      const restore = () =>
        scene.worker.operator<Overview & { error?: string }>('POST', 'restore', { repository: REPOSITORY.id });
      const { status, body } = await askedUntilTold(restore);
      // Somebody whose first request was done and not answered is told that there is something.
      if (status !== 200) expect([status, body.error]).toEqual([409, 'repository_in_use']);
      await scene.worker.rest();
      const held = await askedUntilTold(() => scene.deploy(PRODUCTION));
      expect([held.status, held.body.error]).toEqual([503, 'repository_restored']);
      expect(scene.server.requests.length).toBe(calls);
      const release = () => scene.worker.operator<{ error?: string }>('POST', 'release', { repository: REPOSITORY.id });
      expect((await askedUntilTold(release)).status).toBe(200);
    },
    afterwards: async (at) => {
      await standAsBefore(at);
      const late = await scene.deploy(`pr-${CLOSED}/web`, CLOSED);
      expect([late.status, late.body.error], at).toEqual([409, 'owner_ended']);
      await scene.accountedFor(at);
    },
  },
  {
    title: 'a change of encryption keys',
    points: 89,
    before: async () => {
      await deployed();
    },
    work: async () => {
      await scene.worker.withKeys(...keys);
      await scene.worker.cron();
      await scene.worker.rest();
      doneOrBrokenOff(await scene.deploy(PRODUCTION));
    },
    afterwards: async (at) => {
      const [first, second] = keys;
      await scene.worker.withKeys(first);
      await standAsBefore(at);
      const ids = await scene.worker.sql('SELECT DISTINCT key_id FROM registrations');
      expect(ids, at).toHaveLength(1);
      keys = [second, first];
    },
  },
];

/** A preview in use, whose pull request is then closed: the first step is the transaction that keeps the delivery. */
async function closedAt(plan?: Plan): Promise<Seen> {
  await newPreview();
  await scene.inUse('at first', preview(), number);
  await scene.worker.rest();
  await scene.worker.count(plan);
  await close(number).catch(() => {});
  if (plan === undefined) await scene.worker.rest();
  return scene.worker.countNoMore();
}

test.each([
  { way: 'before', kept: 0 },
  { way: 'unconfirmed', kept: 0 },
  { way: 'confirmed', kept: 1 },
] as const)('of a transaction the platform keeps $kept when the object ends: $way', async ({ way, kept }) => {
  const { endedAt } = await closedAt({ step: 0, way });
  expect(endedAt).toBe('transaction');
  const deliveries = await scene.worker.sql('SELECT id FROM deliveries');
  expect(deliveries).toHaveLength(kept);
});

test('the platform itself rings an alarm again that was broken off', async () => {
  const { steps } = await closedAt();
  const begins = steps.indexOf('alarm begins');
  await newPreview();
  await scene.inUse('at first', preview(), number);
  await scene.worker.rest();
  await scene.worker.count({ step: begins, way: 'before' });
  await close(number);
  await until(async () => {
    const [row] = await scene.worker.sql('SELECT status FROM registrations WHERE key = ?', preview());
    return row?.status === 'ended';
  });
  const { steps: met, endedAt } = await scene.worker.countNoMore();
  expect(endedAt).toBe('alarm begins');
  expect(met.filter((step) => step === 'alarm begins').length).toBeGreaterThan(1);
});

test.each(JOURNEYS)('$title keeps the rules wherever the object ends', { timeout: 1_800_000 }, async (journey) => {
  await atOwnSteps(scene.worker, journey);
});
