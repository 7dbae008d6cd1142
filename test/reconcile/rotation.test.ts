import { describe, expect, it } from 'vitest';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { overlapEnd } from '../../shared/reconcile/due.ts';
import { client, DAY, desired, ID, KEY, NOW, publication, record, SECRET, target } from './build.ts';
import { doStep } from './one-step.ts';
import { world } from './world.ts';

const next = client({ clientId: 'client-2', role: 'next', purpose: 'rotation' });
const { verification: _, ...untried } = next;
const asked = (reason: 'asked' | 'leak') => ({ rotation: { reason, strategy: 'replace', startedAt: NOW } }) as const;

describe('a next client', () => {
  it('becomes the current one, and the other retires', async () => {
    const { record: after, events } = await doStep(
      world(),
      'promote',
      record({ clients: [client(), next], ...asked('asked') }),
    );
    expect(after.clients).toEqual([client({ role: 'retiring', retiringSince: NOW }), { ...next, role: 'current' }]);
    expect(after).not.toHaveProperty('rotation');
    expect(after.rotatedAt).toBe(NOW);
    expect(events).toEqual([{ kind: 'promoted', clientId: 'client-2', retiring: 'client-1' }]);
  });

  it('takes the place of one that leaked at once', async () => {
    const { record: after } = await doStep(world(), 'promote', record({ clients: [client(), next], ...asked('leak') }));
    expect(after.clients).toMatchObject([{ role: 'leaving' }, { role: 'current' }]);
  });

  it('leaves older ones as they are, and may be the only one', async () => {
    const old = client({ clientId: 'client-0', role: 'retiring' });
    const { record: after, events } = await doStep(world(), 'promote', record({ clients: [old, next] }));
    expect(after.clients).toEqual([old, { ...next, role: 'current' }]);
    expect(events).toEqual([{ kind: 'promoted', clientId: 'client-2' }]);
  });

  it('that could not be reached is tried again', async () => {
    const scene = world();
    scene.answer('verify', { outcome: 'unreachable', reason: 'answered 503', traits: {} } as never);
    const before = record({ clients: [client(), untried] });
    const { record: after, problem } = await doStep(scene, 'verify', before);
    expect(problem).toMatchObject({ code: 'server_no_answer', message: expect.stringContaining('answered 503') });
    expect(after).toEqual(before);
  });

  it.each([
    ['rotation', false],
    ['replacement', true],
  ] as const)('of a %s that does not work leaves, and its like is not made for a day', async (purpose, holds) => {
    const failing = { ...next, purpose, verification: { outcome: 'refused', at: NOW, reason: '' } } as const;
    const {
      record: after,
      problem,
      events,
    } = await doStep(world(), 'retire', record({ clients: [client(), failing], ...asked('asked') }));
    expect(problem).toMatchObject({ code: 'credentials_refused', message: expect.stringContaining('do not work') });
    expect(after.clients).toMatchObject([{ role: 'current' }, { role: 'leaving' }]);
    expect(after).not.toHaveProperty('rotation');
    expect(after.rotationHeldUntil).toBe(NOW + DAY);
    expect(after.backOff).toEqual(holds ? { failures: 1, until: NOW + DAY } : undefined);
    expect(events).toMatchObject([{ kind: 'retired', clientId: 'client-2' }]);
  });

  it('that only came too late leaves without a problem, and the rotation goes on', async () => {
    const late = { ...next, requested: {}, verification: { outcome: 'unknown', at: NOW, reason: '' } } as const;
    const { record: after, problem } = await doStep(
      world(),
      'retire',
      record({ clients: [client(), late], ...asked('asked') }),
    );
    expect(problem).toBeUndefined();
    expect(after.rotation).toEqual(asked('asked').rotation);
  });

  it('is announced', async () => {
    const before = record({ clients: [client(), next], desired: desired({ announce: 'dispatch' }) });
    const { record: after, events } = await doStep(world(), 'announce', before);
    expect(after.announced).toEqual({ clientId: 'client-2', at: NOW });
    expect(events).toEqual([{ kind: 'announced', clientId: 'client-2' }]);
  });

  it('stays next when it cannot be announced', async () => {
    const scene = world();
    scene.answer('announce', new TypeError('no such thing'));
    const before = record({ clients: [client(), next], desired: desired({ announce: 'dispatch' }) });
    const { record: after, problem } = await doStep(scene, 'announce', before);
    expect(after).toBe(before);
    expect(problem).toMatchObject({ code: 'internal', client: 'production/web' });
  });
});

it('an overlap ends at once where none is asked for', () => {
  expect(overlapEnd(record(), client({ retiringSince: NOW }))).toBe(NOW);
});

describe('publishing', () => {
  const failing = new RegistrarError('publish_failed', { message: 'Not written.' });
  const environment = { ...target(ID, SECRET), environment: 'production' };
  const claimed = [ID, SECRET].map((item) =>
    publication(item, undefined, { target: { kind: 'github', environment: 'production' } }),
  );
  const before = record({ desired: desired({ publish: [environment] }), published: claimed });

  it('says in whose name each value is before it is written', async () => {
    const scene = world();
    scene.answer('write', failing, failing);
    const { record: after, events, problem } = await doStep(scene, 'publish', before);
    expect(scene.saved()?.published.map(({ of }) => of)).toEqual(['client-1#1?', 'client-1#1?']);
    expect(after.published).toEqual(scene.saved()?.published);
    expect(events).toEqual([]);
    expect(problem).toBe(failing);
  });

  it('keeps what was written when another was not', async () => {
    const scene = world();
    scene.answer('write', failing);
    const { record: after, events } = await doStep(scene, 'publish', before);
    expect(after.published.map(({ state, of }) => [state, of])).toEqual([
      ['claimed', 'client-1#1?'],
      ['written', 'client-1#1'],
    ]);
    expect(events).toEqual([
      { kind: 'published', clientId: 'client-1', names: ['secret FHIR_CLIENT_SECRET (environment production)'] },
    ]);
  });

  it('claims in each environment what is asked for there', async () => {
    const scene = world();
    const wish = desired({ publish: [environment, target(ID)] });
    const { record: after } = await doStep(scene, 'claim', record({ desired: wish }));
    expect(after.published.map(({ target: { environment: where }, item }) => [where, item])).toEqual([
      ['production', ID],
      ['production', SECRET],
      [undefined, ID],
    ]);
  });

  it('writes a made key', async () => {
    const scene = world();
    const item = { kind: 'secret', name: 'KEY', field: 'private_key' } as const;
    await doStep(
      scene,
      'publish',
      record({
        clients: [client({ key: KEY })],
        desired: desired({ publish: [target(item)] }),
        published: [publication(item)],
      }),
    );
    expect([...scene.names.values()]).toEqual([KEY.privateKey]);
  });

  it('keeps what could not be taken back', async () => {
    const scene = world();
    scene.answer('erase', failing);
    const written = claimed.map((entry) => ({ ...entry, state: 'written' as const, of: 'client-1#1' }));
    const there = { ...before, desired: desired(), published: written };
    const { record: after, events, problem } = await doStep(scene, 'unpublish', there);
    expect(after.published).toEqual(written.slice(0, 1));
    expect(events).toEqual([{ kind: 'unpublished', names: ['secret FHIR_CLIENT_SECRET (environment production)'] }]);
    expect(problem).toBe(failing);
    scene.answer('erase', failing);
    expect((await doStep(scene, 'unpublish', after)).events).toEqual([]);
  });

  it('leaves alone what was claimed and never written: it may be somebody else’s', async () => {
    const scene = world();
    const { record: after, events } = await doStep(scene, 'unpublish', { ...before, desired: desired() });
    expect(after.published).toEqual([]);
    expect(events).toEqual([]);
    expect(scene.port).not.toContain('erase');
  });

  it('looks again at a name of an earlier run before its first write', async () => {
    const scene = world();
    const taken = new RegistrarError('secret_exists', { message: 'It is there.' });
    scene.answer('claim', taken);
    const { problem } = await doStep(scene, 'publish', before);
    expect(problem).toBe(taken);
    expect(scene.port).not.toContain('write');
  });
});
