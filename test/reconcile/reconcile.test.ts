import { describe, expect, it } from 'vitest';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { endRegistration } from '../../shared/reconcile/transitions.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { ALL, CHANGED, DAY, desired, HOUR, ID, METADATA, NOW, OWNER, SECRET, target } from './build.ts';
import { deployed, PATIENT, wanted } from './deployed.ts';
import { failed, type Kind, silent } from './model-server.ts';
import { world } from './world.ts';

describe('a first deploy', () => {
  it('claims, registers, saves, tries, publishes and saves', async () => {
    const scene = world();
    const wish = desired({ publish: [target(ID, SECRET)] });
    const outcome = await reconcile(wanted(undefined, wish), scene.ports, PATIENT);
    expect(outcome.rest).toBe('done');
    expect(scene.port).toEqual([
      'claim',
      'initialAccessToken',
      'save',
      'register',
      'save',
      'verify',
      'claim',
      'save',
      'write',
      'write',
      'save',
    ]);
    expect(scene.names.get(publicationKey({ target: {}, item: ID }))).toBe('id-1');
    expect(scene.names.get(publicationKey({ target: {}, item: SECRET }))).toBe('secret-2');
    expect(outcome.events.map(({ kind }) => kind)).toEqual(['registered', 'verified', 'published']);
    expect(scene.saved()).toEqual(outcome.record);
    expect(scene.secrets).toContain('secret-2');
  });

  it('publishes with a warning when the credentials could not be tried', async () => {
    const scene = world();
    scene.setGate(async (call, effect) =>
      call === 'verify' ? ({ outcome: 'unknown', reason: 'no grant can be tried', traits: {} } as never) : effect(),
    );
    const outcome = await reconcile(wanted(undefined, desired({ publish: [target(ID)] })), scene.ports, PATIENT);
    expect(outcome.rest).toBe('done');
    expect(outcome.events).toContainEqual({
      kind: 'verified',
      clientId: 'id-1',
      outcome: 'unknown',
      reason: 'no grant can be tried',
    });
    expect(scene.names.size).toBe(1);
  });

  it('publishes nothing when the credentials are refused', async () => {
    const scene = world();
    scene.setGate(async (call, effect) =>
      call === 'verify' ? ({ outcome: 'refused', reason: 'invalid_client', traits: {} } as never) : effect(),
    );
    const outcome = await reconcile(wanted(undefined, desired({ publish: [target(ID)] })), scene.ports, PATIENT);
    expect(outcome.problem?.code).toBe('credentials_refused');
    expect(scene.port).not.toContain('write');
  });

  it('registers nothing when a name is taken', async () => {
    const scene = world({ taken: [publicationKey({ target: {}, item: ID })] });
    const outcome = await reconcile(wanted(undefined, desired({ publish: [target(ID)] })), scene.ports, PATIENT);
    expect(outcome.problem?.code).toBe('secret_exists');
    expect(scene.server.alive()).toEqual([]);
  });

  it('stops after an answer that never came, and makes it a suspect only when the time for it is over', async () => {
    const scene = world();
    scene.answer('register', silent);
    const first = await reconcile(wanted(undefined, desired()), scene.ports, PATIENT);
    expect(first.problem?.code).toBe('registration_unknown');
    expect(first.record.suspects).toEqual([]);
    const early = await reconcile(scene.saved() as RegistrationRecord, scene.ports, { patienceMs: 0 });
    expect(early).toMatchObject({ rest: 'waiting', until: NOW + 125_000 });
    const later = await reconcile(scene.saved() as RegistrationRecord, scene.ports, {
      ...PATIENT,
      inFlightPatienceMs: 200_000,
    });
    expect(later.problem?.code).toBe('suspect_found');
    expect(later.record.suspects).toHaveLength(1);
    expect(scene.port.filter((call) => call === 'register')).toHaveLength(1);
  });

  it('registers once more for a pull request and says so', async () => {
    const scene = world();
    scene.answer('register', failed);
    const start = wanted(undefined, desired({ owner: OWNER }));
    const first = await reconcile(start, scene.ports, PATIENT);
    expect(first.events).toContainEqual({
      kind: 'suspected',
      lookFor: expect.stringContaining('or-'),
      reason: 'answered 500',
    });
    const second = await reconcile(first.record, scene.ports, PATIENT);
    expect(second.rest).toBe('done');
    expect(second.record.suspects).toHaveLength(1);
  });
});

describe('an unchanged deploy', () => {
  it('calls nothing', async () => {
    const { scene, wish, record: found } = await deployed();
    const start = wanted(found, wish);
    expect(start).toBe(found);
    await reconcile(start, scene.ports, { ...PATIENT, kept: found });
    expect(scene.port).toEqual([]);
  });

  it('saves a change that needs no step', async () => {
    const { scene, wish, record: found } = await deployed();
    await reconcile(wanted(found, { ...wish, update: 'replace' }), scene.ports, { ...PATIENT, kept: found });
    expect(scene.port).toEqual(['save']);
    expect(scene.saved()?.desired.update).toBe('replace');
  });
});

describe('a changed manifest', () => {
  it('is one update, and takes the secret away with the method that had one', async () => {
    const { scene, wish, record: found } = await deployed();
    const publicClient = { ...METADATA, token_endpoint_auth_method: 'none' };
    const outcome = await reconcile(wanted(found, { ...wish, metadata: publicClient }), scene.ports, PATIENT);
    expect(outcome.rest).toBe('done');
    expect(scene.port).toEqual(['save', 'update', 'save', 'verify', 'save', 'write', 'erase', 'save']);
    expect(outcome.events.map(({ kind }) => kind)).toEqual([
      'updated',
      'secret_gone',
      'verified',
      'published',
      'unpublished',
    ]);
    expect([...scene.names.values()]).toEqual(['id-1']);
    expect(JSON.stringify(scene.saved())).not.toContain('secret-2');
  });

  it('shows once that updates replace the secret, and asks the next time', async () => {
    const { scene, wish, record: found } = await deployed({}, { updateReplacesSecret: true });
    const first = await reconcile(wanted(found, { ...wish, metadata: CHANGED }), scene.ports, PATIENT);
    expect(first.record.traits.updateReplacesSecret).toBe(true);
    expect(scene.names.get(publicationKey({ target: {}, item: SECRET }))).toBe(scene.server.find('id-1')?.secret);
    const second = await reconcile(wanted(first.record, wish), scene.ports, PATIENT);
    expect(second.problem?.code).toBe('update_interrupts');
    expect(second.problem?.message).toContain('redirect_uris');
  });

  it('writes a name anew that now holds another part, and does not take it away', async () => {
    const { scene, wish, record: found } = await deployed();
    const publish = [target(ID, { ...SECRET, field: 'json' })];
    const outcome = await reconcile(wanted(found, { ...wish, publish }), scene.ports, PATIENT);
    expect(outcome.record.published).toHaveLength(2);
    expect(scene.port).not.toContain('erase');
    expect(scene.names.get(publicationKey({ target: {}, item: SECRET }))).toContain('"client_secret":"secret-2"');
  });

  it('keeps the new client of a manifest that changed back until the old one is published again', async () => {
    const {
      scene,
      wish,
      record: found,
    } = await deployed(
      { update: 'replace', publish: [target(ALL)] },
      { refusesUpdate: { kind: 'unsupported', refusal: { status: 405 } } },
    );
    scene.answer('write', new RegistrarError('publish_failed', { message: 'Not written.' }));
    const stuck = await reconcile(wanted(found, { ...wish, metadata: CHANGED }), scene.ports, PATIENT);
    expect(stuck.problem?.code).toBe('publish_failed');
    scene.port.length = 0;
    const back = await reconcile(wanted(stuck.record, wish), scene.ports, PATIENT);
    expect(back.rest).toBe('done');
    expect(scene.port.indexOf('write')).toBeLessThan(scene.port.indexOf('remove'));
    expect(back.record.clients.map(({ clientId }) => clientId)).toEqual(['id-1']);
  });
});

describe('a teardown', () => {
  it('takes back what was published, deletes the client and sees that it is gone', async () => {
    const { scene, record: found } = await deployed();
    const ending = endRegistration(found, NOW, 'the pull request was closed').record;
    const outcome = await reconcile(ending, scene.ports, PATIENT);
    expect(outcome.rest).toBe('done');
    const read = ['save', 'read', 'save'];
    expect(scene.port).toEqual(['erase', 'erase', 'save', 'remove', 'save', ...read, ...read, 'save']);
    expect(outcome.record).toMatchObject({ clients: [], published: [], ledger: [{ ended: 'deleted' }] });
    expect(outcome.record.traits.removes).toBe('supported');
    expect(scene.server.alive()).toEqual([]);
  });

  it('happens by itself when the time to live is over', async () => {
    const { scene, record: found } = await deployed({ owner: OWNER, ttl: { seconds: 86_400 } });
    scene.pass(DAY);
    const outcome = await reconcile(found, scene.ports, PATIENT);
    expect(outcome.events[0]).toEqual({ kind: 'ending', reason: 'its time to live is over' });
    expect(scene.server.alive()).toEqual([]);
  });

  it.each<[string, Kind, RegExp]>([
    ['gives no token', { unmanaged: true }, /no registration access token/u],
    ['cannot delete', { readOnly: true }, /cannot delete it/u],
    ['does not do what it says', { keepsDeleted: true }, /still answers with it/u],
  ])('leaves an orphan where the server %s', async (_what, kind, reason) => {
    const { scene, record: found } = await deployed({}, kind);
    const outcome = await reconcile(endRegistration(found, NOW, 'over').record, scene.ports, PATIENT);
    expect(outcome.rest).toBe('done');
    expect(outcome.record.orphans).toMatchObject([{ clientId: 'id-1', reason: expect.stringMatching(reason) }]);
    expect(outcome.record.ledger).toMatchObject([{ ended: 'orphan' }]);
  });

  it('waits for a server that does not answer and holds nothing else up', async () => {
    const { scene, record: found } = await deployed();
    scene.answer('remove', failed, silent);
    const outcome = await reconcile(endRegistration(found, NOW, 'over').record, scene.ports, { patienceMs: 3 * HOUR });
    expect(outcome.rest).toBe('done');
    expect(scene.slept.length).toBe(2);
    expect(scene.slept[1]).toBe(65_000);
  });
});
