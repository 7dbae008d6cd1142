import { describe, expect, it, test } from 'vitest';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { askRotation } from '../../shared/reconcile/requests.ts';
import type { Step } from '../../shared/reconcile/step.ts';
import { stopUntriedRotation } from '../../shared/reconcile/untried-rotation.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { client, DAY, desired, ID, KEY, NOW, OWNER, ROTATION, record, target } from './build.ts';
import { world } from './world.ts';

const next = client({ clientId: 'client-2', role: 'next', purpose: 'rotation' });
const keyed = { ...client({ key: KEY }), key: KEY, nextKey: { ...KEY, hostedSince: NOW, tryAt: NOW } };

describe('where credentials are not tried', () => {
  it.each<Step>([
    { kind: 'register', purpose: 'rotation' },
    { kind: 'verify', client: next },
    { kind: 'new_key', client: keyed },
    { kind: 'try_key', client: keyed },
  ])('a rotation stops at %o', (step) => {
    expect(stopUntriedRotation(record(), step)).toEqual({ kind: 'stop', code: 'rotation_untried', client: client() });
    expect(stopUntriedRotation(record({ clients: [] }), step)).toEqual({ kind: 'stop', code: 'rotation_untried' });
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
    expect(stopUntriedRotation(record(), step)).toBe(step);
  });
});

async function untried(start: RegistrationRecord) {
  const scene = world();
  const ports = {
    ...scene.ports,
    untried: true as const,
    verify: async () => ({ outcome: 'unknown' as const, reason: 'not tried', traits: {} }),
  };
  return { ...(await reconcile(start, ports, { patienceMs: 0 })), port: scene.port, saved: scene.saved() };
}

test('a rotation that was asked for is refused before anything is saved, sent or published for it', async () => {
  const wish = desired({ rotation: ROTATION });
  const asked = askRotation(record({ desired: wish }), { reason: 'asked', strategy: 'replace', startedAt: NOW });
  const { problem, record: after, port, saved } = await untried(asked);
  expect(problem).toMatchObject({
    code: 'rotation_untried',
    message: expect.stringContaining('production/web: a rotation is due or was asked for'),
    hint: expect.stringContaining('`verify: false`'),
  });
  expect(port).toEqual(['save']);
  expect([after, saved]).toEqual([record({ desired: wish }), after]);
});

test('a rotation that is due is refused, and what is to be published is published before', async () => {
  const start = record({ desired: desired({ rotation: ROTATION, publish: [target(ID)] }), rotatedAt: NOW - 99 * DAY });
  const { problem, port, record: after } = await untried(start);
  expect(problem?.code).toBe('rotation_untried');
  expect(port).not.toContain('register');
  expect(after.published).toMatchObject([{ item: ID, state: 'written' }]);
});

test('a new client that waits to be tried is neither put to use nor given up', async () => {
  const { verification: _, ...waiting } = next;
  const start = record({ desired: desired({ rotation: ROTATION }), clients: [client(), waiting] });
  const { problem, record: after, port } = await untried(start);
  expect(problem?.code).toBe('rotation_untried');
  expect([after, port]).toEqual([start, []]);
});

test('a first client is made, and published with a warning', async () => {
  const start = { ...record({ clients: [] }), desired: desired({ owner: OWNER }), owner: OWNER, expiresAt: NOW * 2 };
  const { problem, record: after, events } = await untried(start);
  expect(problem).toBeUndefined();
  expect(after.clients).toMatchObject([{ role: 'current', verification: { outcome: 'unknown' } }]);
  expect(events.map(({ kind }) => kind)).toContain('verified');
});
