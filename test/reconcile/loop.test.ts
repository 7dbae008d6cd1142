import { describe, expect, it } from 'vitest';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { CHANGED, desired, HOUR, ID, intent, NOW, record, target } from './build.ts';
import { deployed, PATIENT, wanted } from './deployed.ts';
import { busy, failed, silent } from './model-server.ts';
import { world } from './world.ts';

describe('failures that pass', () => {
  it('are tried again within the patience, ever more slowly', async () => {
    const { scene, wish, record: found } = await deployed();
    scene.answer('update', ...Array.from({ length: 99 }, () => failed));
    const outcome = await reconcile(wanted(found, { ...wish, metadata: CHANGED }), scene.ports, PATIENT);
    expect(outcome.problem?.code).toBe('server_error');
    expect(outcome.rest).toBe('stopped');
    expect(outcome.until).toBeGreaterThan(NOW + PATIENT.patienceMs);
    expect(scene.port.filter((call) => call === 'update').length).toBeLessThan(8);
  });

  it('come later and later also where every answer is lost', async () => {
    const { scene, wish, record: found } = await deployed();
    const lost = Array.from({ length: 99 }, () => silent);
    scene.answer('update', ...lost);
    scene.answer('read', ...lost);
    let start = wanted(found, { ...wish, metadata: CHANGED });
    const waits: number[] = [];
    for (let runs = 0; runs < 24; runs += 1) {
      const { record: left, until = scene.now() } = await reconcile(start, scene.ports, { patienceMs: 0 });
      waits.push(until - scene.now());
      scene.pass(until - scene.now());
      start = left;
    }
    expect(Math.max(...waits)).toBeGreaterThan(HOUR / 2);
  });

  it('wait as long as the server asks', async () => {
    const scene = world();
    scene.answer('register', busy);
    const outcome = await reconcile(wanted(undefined, desired()), scene.ports, PATIENT);
    expect(outcome.rest).toBe('done');
    expect(outcome.record.backOff).toBeUndefined();
    expect(scene.slept).toEqual([7_000]);
  });
});

describe('a record that cannot be saved', () => {
  const unwritable = new RegistrarError('state_unwritable', { message: 'Not saved.' });

  it('sends nothing after an intent that was not saved', async () => {
    const scene = world();
    scene.answer('save', unwritable, unwritable);
    const outcome = await reconcile(wanted(undefined, desired()), scene.ports, PATIENT);
    expect(outcome.problem?.code).toBe('state_unwritable');
    expect(scene.port).not.toContain('register');
  });

  it('keeps what the server answered and tries once more to save it', async () => {
    const { scene, wish, record: found } = await deployed({}, { singleUseTokens: true });
    let saves = 0;
    scene.setGate(async (call, effect) => {
      if (call === 'save' && ++saves === 2) throw new RegistrarError('rate_limited', { message: 'Slow down.' });
      return effect();
    });
    const outcome = await reconcile(wanted(found, { ...wish, metadata: CHANGED }), scene.ports, PATIENT);
    expect(outcome.problem?.code).toBe('rate_limited');
    expect(scene.port).toEqual(['save', 'update', 'save', 'save']);
    expect(scene.saved()?.clients[0]?.access?.registrationAccessToken).toBe(scene.server.find('id-1')?.token);
  });

  it('keeps the intent when the answer cannot be taken in', async () => {
    const scene = world();
    const protect = () => {
      throw new TypeError('a defect');
    };
    const outcome = await reconcile(wanted(undefined, desired()), { ...scene.ports, protect }, PATIENT);
    expect(outcome.problem?.code).toBe('internal');
    expect(outcome.record.intent).toBeDefined();
    expect(scene.saved()?.intent).toEqual(outcome.record.intent);
    expect(scene.server.alive()).toHaveLength(1);
  });

  it('names the client that was registered', async () => {
    const scene = world();
    let saves = 0;
    scene.setGate(async (call, effect) => {
      if (call === 'save' && ++saves > 1) throw unwritable;
      return effect();
    });
    const outcome = await reconcile(wanted(undefined, desired()), scene.ports, PATIENT);
    expect(outcome.problem).toMatchObject({ code: 'state_unwritable', message: expect.stringContaining('id-1') });
    expect(scene.saved()?.intent).toBeDefined();
  });

  it('does not overwrite what another run saved', async () => {
    const scene = world();
    let saves = 0;
    scene.setGate(async (call, effect) => {
      if (call === 'save' && ++saves > 1) throw new RegistrarError('run_again', { message: 'Another run was faster.' });
      return effect();
    });
    const outcome = await reconcile(wanted(undefined, desired()), scene.ports, PATIENT);
    expect(outcome.problem?.code).toBe('run_again');
    expect(saves).toBe(2);
  });

  it('is a problem also when everything else is done', async () => {
    const { scene, wish, record: found } = await deployed();
    scene.answer('save', new TypeError('disk full'));
    const outcome = await reconcile(wanted(found, { ...wish, update: 'replace' }), scene.ports, {
      ...PATIENT,
      kept: found,
    });
    expect(outcome).toMatchObject({ rest: 'stopped', problem: { code: 'internal' } });
  });
});

describe('the loop', () => {
  it('leaves everything saved when it is to stop', async () => {
    const scene = world();
    let asked = 0;
    const outcome = await reconcile(wanted(undefined, desired()), scene.ports, {
      ...PATIENT,
      stopping: () => ++asked > 1,
    });
    expect(outcome.problem?.code).toBe('cancelled');
    expect(scene.saved()?.clients).toHaveLength(1);
  });

  it('gives up when it does not come to rest', async () => {
    const scene = world();
    scene.setGate(async (call, effect) => (call === 'claim' ? ([] as never) : effect()));
    const outcome = await reconcile(wanted(undefined, desired({ publish: [target(ID)] })), scene.ports, PATIENT);
    expect(outcome.problem).toMatchObject({
      code: 'internal',
      message: expect.stringContaining('did not come to rest'),
    });
  });

  it('is not as patient with other waiting as with calls in flight', async () => {
    const scene = world();
    const patience = { patienceMs: 0, inFlightPatienceMs: HOUR };
    const held = await reconcile(record({ backOff: { failures: 1, until: NOW + 1 } }), scene.ports, patience);
    expect(held.rest).toBe('waiting');
    const flying = await reconcile(record({ intent: intent({ limitAt: NOW + 1 }) }), scene.ports, patience);
    expect(flying.record.suspects).toHaveLength(1);
  });
});
