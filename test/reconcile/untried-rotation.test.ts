import { describe, expect, it, test } from 'vitest';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { askRotation } from '../../shared/reconcile/requests.ts';
import type { Step } from '../../shared/reconcile/step.ts';
import { stopRegistration } from '../../shared/reconcile/transitions.ts';
import { stopUntriedRotation } from '../../shared/reconcile/untried-rotation.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { client, DAY, desired, HOUR, ID, KEY, NOW, OWNER, ROTATION, record, target } from './build.ts';
import { world } from './world.ts';

const LEAK = { reason: 'leak', strategy: 'replace', startedAt: NOW } as const;
const next = client({ clientId: 'client-2', role: 'next', purpose: 'rotation' });
const keyed = { ...client({ key: KEY }), key: KEY, nextKey: { ...KEY, hostedSince: NOW, tryAt: NOW } };

describe('where credentials are not tried', () => {
  it.each<Step>([
    { kind: 'register', purpose: 'rotation' },
    { kind: 'verify', client: next },
    { kind: 'new_key', client: keyed },
    { kind: 'try_key', client: keyed },
  ])('a rotation stops at %o', (step) => {
    const stop = { kind: 'stop', code: 'rotation_untried' };
    expect(stopUntriedRotation(record({ rotation: LEAK }), step)).toEqual({ ...stop, client: client() });
    expect(stopUntriedRotation(record({ rotation: LEAK, clients: [] }), step)).toEqual(stop);
    // Nobody asked for it: it waits.
    expect(stopUntriedRotation(record(), step)).toEqual({ kind: 'done' });
  });

  it.each<Step>([
    { kind: 'register', purpose: 'first' },
    { kind: 'register', purpose: 'replacement' },
    { kind: 'verify', client: client() },
    { kind: 'verify', client: { ...next, purpose: 'replacement' } },
    { kind: 'promote', client: next },
    { kind: 'update', client: client(), purpose: 'rotation' },
    { kind: 'done' },
  ])('all else goes on: %o', (step) => {
    expect(stopUntriedRotation(record({ rotation: LEAK }), step)).toBe(step);
  });
});

async function untried(start: RegistrationRecord) {
  const scene = world();
  const ports = {
    ...scene.ports,
    untried: true as const,
    verify: async () => ({ outcome: 'unknown' as const, reason: 'not tried', traits: {} }),
  };
  return {
    ...(await reconcile(start, ports, { patienceMs: 0 })),
    port: scene.port,
    saved: scene.saved(),
    lines: scene.lines,
  };
}

test('a rotation that was asked for is refused before anything is saved, sent or published for it', async () => {
  const wish = desired({ rotation: ROTATION });
  const asked = askRotation(record({ desired: wish }), { reason: 'asked', strategy: 'replace', startedAt: NOW });
  const { problem, record: after, port, saved } = await untried(asked);
  expect(problem).toMatchObject({
    code: 'rotation_untried',
    message: expect.stringContaining('Nothing was made for it'),
    hint: expect.stringContaining('`verify: false`'),
  });
  expect(port).toEqual(['save']);
  expect([after, saved]).toEqual([record({ desired: wish }), after]);
});

test.each([
  ['by age', { desired: desired({ rotation: ROTATION, publish: [target(ID)] }), rotatedAt: NOW - 99 * DAY }],
  [
    'because the secret of a preview ends soon',
    {
      desired: desired({ owner: OWNER, publish: [target(ID)] }),
      owner: OWNER,
      expiresAt: NOW + 9 * DAY,
      clients: [client({ clientSecretExpiresAt: (NOW + HOUR) / 1000 })],
    },
  ],
])('a rotation that is due %s waits, and what is to be published is published', async (_why, start) => {
  const { rest, problem, port, record: after, lines } = await untried(record(start));
  expect([rest, problem]).toEqual(['done', undefined]);
  expect(port).not.toContain('register');
  expect(after.published).toMatchObject([{ item: ID, state: 'written' }]);
  expect(lines).toEqual([expect.stringMatching(/production\/web: a rotation is due; it waits for a run without/u)]);
});

test('a new client that waits to be tried is neither put to use nor given up, and a leak is remembered', async () => {
  const { verification: _, ...waiting } = next;
  const wish = desired({ rotation: ROTATION });
  const start = record({ desired: wish, clients: [client(), waiting], rotation: LEAK });
  const { problem, record: after, port } = await untried(start);
  expect(problem).toMatchObject({ code: 'rotation_untried', message: expect.stringContaining('made for it waits') });
  expect([after, port]).toEqual([start, []]);
  const unasked = record({ desired: wish, clients: [client(), waiting] });
  expect(await untried(unasked)).toMatchObject({ rest: 'done', record: unasked, port: [] });
});

test('a new key that waits to be tried keeps its leak remembered', () => {
  const start = record({ clients: [keyed], rotation: { ...LEAK, strategy: 'keys' } });
  expect(stopRegistration(start, 'rotation_untried', keyed).record).toBe(start);
});

test('a client whose secret leaked leaves at once, also when a run that does not try came in between', async () => {
  const scene = world();
  const made = await reconcile(record({ clients: [] }), scene.ports, { patienceMs: 0 });
  const dies = async (): Promise<never> => {
    throw new Error('the process ends');
  };
  const asked = askRotation(made.record, LEAK);
  const broken = await reconcile(asked, { ...scene.ports, verify: dies }, { patienceMs: 0 });
  expect(broken.record.clients.map(({ role }) => role)).toEqual(['current', 'next']);
  const between = await reconcile(broken.record, { ...scene.ports, untried: true }, { patienceMs: 0 });
  expect(between.problem?.code).toBe('rotation_untried');
  const { rest, record: after } = await reconcile(between.record, scene.ports, { patienceMs: 0 });
  expect([rest, after.clients.map(({ role }) => role)]).toEqual(['done', ['current']]);
});

test('a first client is made, and published with a warning', async () => {
  const start = { ...record({ clients: [] }), desired: desired({ owner: OWNER }), owner: OWNER, expiresAt: NOW * 2 };
  const { problem, record: after, events } = await untried(start);
  expect(problem).toBeUndefined();
  expect(after.clients).toMatchObject([{ role: 'current', verification: { outcome: 'unknown' } }]);
  expect(events.map(({ kind }) => kind)).toContain('verified');
});
