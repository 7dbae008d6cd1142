import { describe, expect, it } from 'vitest';
import type { Desired } from '../../shared/manifest/desired.ts';
import { nextDueTime } from '../../shared/reconcile/due.ts';
import { hostedSets } from '../../shared/reconcile/key-hosting.ts';
import { nextStep } from '../../shared/reconcile/next-step.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { adoptSuspect, askRotation, confirmUse } from '../../shared/reconcile/requests.ts';
import { endRegistration, stopRegistration } from '../../shared/reconcile/transitions.ts';
import type { Client, RegistrationRecord } from '../../shared/record/record.ts';
import { ALL, client, DAY, desired, HOUR, intent, KEY, KEY_METADATA, NOW, ROTATION, record, target } from './build.ts';
import { deployed, PATIENT, wanted } from './deployed.ts';
import type { Kind } from './model-server.ts';
import { doStep } from './one-step.ts';
import { world } from './world.ts';

const ROTATE_KEYS: Desired['rotation'] = {
  everySeconds: 30 * 86_400,
  overlapSeconds: 86_400,
  strategy: 'keys',
  clientIdMayChange: false,
  retire: 'confirmed',
};
const WISH: Partial<Desired> = {
  metadata: KEY_METADATA,
  makeKey: true,
  publish: [target(ALL)],
  rotation: ROTATE_KEYS,
};
const INLINE: Partial<Desired> = { ...WISH, rotation: { ...ROTATION, clientIdMayChange: false } };

const asked = (found: RegistrationRecord, now: number, reason: 'asked' | 'leak' = 'asked') =>
  askRotation(found, { reason, strategy: 'keys', startedAt: now });
const currentOf = ({ clients }: RegistrationRecord): Client => clients.find(({ role }) => role === 'current') as Client;
const keyOf = (found: RegistrationRecord): string => currentOf(found).key?.keyId ?? '';

const SET = { id: 'set-1-', uri: 'https://registrar.example.org/clients/set-1-/jwks.json' };
const { clientSecret: _s, ...secretless } = client();
const hosted = (more: Partial<Client> = {}): Client => ({
  ...secretless,
  key: KEY,
  keySet: SET,
  requested: KEY_METADATA,
  granted: { ...KEY_METADATA, jwks_uri: SET.uri },
  ...more,
});
const keyed = (current: Client = hosted(), more: Partial<RegistrationRecord> = {}) =>
  record({ desired: desired({ ...WISH, publish: [] }), clients: [current], ...more });
const NEXT = { ...KEY, keyId: 'key-2', publicJwk: { ...KEY.publicJwk, kid: 'key-2' }, hostedSince: NOW, tryAt: NOW };
const outcome = (what: 'works' | 'refused' | 'unknown') => ({
  verification: { outcome: what, at: NOW, reason: 'so it was' },
});

async function hostedDeploy(kind: Kind = {}, more: Partial<Desired> = {}) {
  const { scene, wish, record: first } = await deployed({ ...WISH, ...more }, kind);
  return { scene, wish, first, before: keyOf(first), uri: currentOf(first).keySet?.uri ?? '' };
}

describe('a client whose keys are hosted', () => {
  it('is registered with the address of its set, in which its key is before the server is asked', async () => {
    const { scene, first, before, uri } = await hostedDeploy();
    const [held] = scene.server.alive();
    expect(held?.metadata).toMatchObject({ jwks_uri: uri });
    expect(held?.metadata).not.toHaveProperty('jwks');
    expect(scene.hosted(uri)).toEqual([before]);
    expect(currentOf(first).verification?.outcome).toBe('works');
    expect(hostedSets(record({ clients: [], intent: intent({ key: KEY, keySet: SET }) }))).toEqual([
      { id: SET.id, keys: [KEY.publicJwk] },
    ]);
    expect(JSON.stringify(hostedSets(first))).not.toContain('PRIVATE');
  });

  it('is not registered where nothing hosts keys', async () => {
    const { newKeySet: _, ...ports } = world().ports;
    const { problem } = await reconcile(wanted(undefined, desired(WISH)), ports, PATIENT);
    expect(problem).toMatchObject({ code: 'input_invalid', hint: expect.stringContaining('worker-url') });
  });

  it('that was made while its answer was lost has its set again when it is adopted', () => {
    const { limitAt: _l, ...suspect } = { ...intent({ key: KEY, keySet: SET }), reason: 'no answer', since: NOW };
    const lost = record({ clients: [], suspects: [suspect] });
    expect(hostedSets(lost)).toEqual([]);
    expect(hostedSets(adoptSuspect(lost, { clientId: 'client-7' }, NOW))).toMatchObject([{ id: SET.id }]);
  });

  it('whose key is refused: people are told where the server has to read it', () => {
    const { problem } = stopRegistration(keyed(), 'credentials_refused', hosted(outcome('refused')));
    expect(problem?.hint).toContain(SET.uri);
  });
});

describe('a rotation of keys', () => {
  it('keeps the client, asks the server for nothing, and hosts both keys until the new one is confirmed', async () => {
    const { scene, first, before, uri } = await hostedDeploy();
    const rotated = await reconcile(asked(first, scene.now()), scene.ports, { ...PATIENT, kept: first });
    expect(rotated.rest).toBe('done');
    const after = keyOf(rotated.record);
    expect(after).not.toBe(before);
    expect(scene.hosted(uri)).toEqual([after, before]);
    expect(JSON.parse([...scene.names.values()][0] ?? '')).toMatchObject({ client_id: 'id-1', key_id: after });
    expect(scene.server.calls.map(({ verb }) => verb)).toEqual(['register']);
    expect(rotated.events.map(({ kind }) => kind)).toEqual(['key_made', 'key_tried', 'published', 'key_in_use']);
    expect(currentOf(rotated.record)).not.toHaveProperty('nextKey');
    expect(rotated.record).not.toHaveProperty('rotation');

    const confirmed = confirmUse(rotated.record, 'id-1', after);
    const retired = await reconcile(confirmed, scene.ports, { ...PATIENT, kept: rotated.record });
    expect(scene.hosted(uri)).toEqual([after]);
    expect(retired.events).toEqual([
      { kind: 'key_dropped', clientId: 'id-1', keyId: before, reason: 'the app uses the key that replaced it' },
    ]);
    expect(scene.server.acceptsKey('id-1', before)).toBe(false);
  });

  it('saves and hosts the new key before it is tried, and publishes nothing before it works', async () => {
    const { scene, first } = await hostedDeploy();
    await reconcile(asked(first, scene.now()), scene.ports, { ...PATIENT, kept: first });
    expect(scene.port.slice(0, 4)).toEqual(['save', 'verify', 'save', 'write']);
  });

  it('after a leak takes the old key out at once, and says so', async () => {
    const { scene, first, before, uri } = await hostedDeploy();
    const { record: after, events } = await reconcile(asked(first, scene.now(), 'leak'), scene.ports, PATIENT);
    expect(scene.hosted(uri)).toEqual([keyOf(after)]);
    expect(events).toContainEqual({
      kind: 'key_dropped',
      clientId: 'id-1',
      keyId: before,
      reason: 'the credentials leaked; a server accepts it until it reads the set again',
    });
  });

  it('comes by age, and with after-overlap ends by time alone; none begins during an overlap', async () => {
    const { scene, first, before, uri } = await hostedDeploy(
      {},
      { rotation: { ...ROTATE_KEYS, retire: 'after-overlap' } },
    );
    scene.pass(30 * DAY);
    const { record: after, until } = await reconcile(first, scene.ports, PATIENT);
    expect(scene.hosted(uri)).toHaveLength(2);
    expect(until).toBe(scene.now() + DAY);
    expect(nextDueTime({ ...after, desired: desired(WISH) })).toBeUndefined();
    expect(nextStep({ ...after, desired: desired(WISH) }, scene.now() + 90 * DAY).kind).toBe('done');
    scene.pass(DAY);
    const ended = await reconcile(after, scene.ports, PATIENT);
    expect(ended.events).toMatchObject([{ kind: 'key_dropped', keyId: before, reason: 'its overlap is over' }]);
    expect(scene.hosted(uri)).toEqual([keyOf(after)]);
  });

  it('asked for again while one goes on is that one', async () => {
    const { scene, first } = await hostedDeploy();
    const { record: after } = await reconcile(asked(first, scene.now()), scene.ports, PATIENT);
    expect(asked(after, scene.now())).toBe(after);
    const begun = keyed(hosted({ nextKey: NEXT }));
    expect(asked(begun, NOW)).toBe(begun);
  });

  it('waits for a server that keeps the set it has read, and everything else goes on', async () => {
    const { scene, first, before, uri } = await hostedDeploy({ keepsKeysMs: 90_000 });
    const early = await reconcile(asked(first, scene.now()), scene.ports, PATIENT);
    expect(early).toMatchObject({ rest: 'done', until: scene.now() + 120_000 });
    expect(early.events).toMatchObject([{ kind: 'key_made' }, { kind: 'key_tried', outcome: 'refused' }]);
    expect(keyOf(early.record)).toBe(before);
    expect(scene.hosted(uri)).toHaveLength(2);
    scene.pass(120_000);
    const late = await reconcile(early.record, scene.ports, PATIENT);
    expect(late.events.map(({ kind }) => kind)).toEqual(['key_tried', 'published', 'key_in_use']);
  });

  it('that waits is not lost when the manifest changes meanwhile', async () => {
    const { scene, first, uri } = await hostedDeploy({ keepsKeysMs: 90_000 });
    const { record: waiting } = await reconcile(asked(first, scene.now()), scene.ports, PATIENT);
    const changed = desired({ ...WISH, metadata: { ...KEY_METADATA, client_name: 'New' } });
    const { record: updated } = await reconcile(wanted(waiting, changed), scene.ports, PATIENT);
    expect(scene.server.alive()[0]?.metadata).toMatchObject({ client_name: 'New', jwks_uri: uri });
    expect(currentOf(updated).nextKey).toEqual(currentOf(waiting).nextKey);
    expect(scene.hosted(uri)).toHaveLength(2);
  });

  it('is given up after a day in which the server refused the new key; the old one stays in use', async () => {
    const { scene, first, before, uri } = await hostedDeploy({ keepsKeysMs: 100 * DAY });
    let { record: last } = await reconcile(asked(first, scene.now()), scene.ports, PATIENT);
    let problem: unknown;
    for (let tries = 0; problem === undefined; tries += 1) {
      expect(tries).toBeLessThan(12);
      scene.pass((nextDueTime(last) ?? 0) - scene.now());
      ({ record: last, problem } = await reconcile(last, scene.ports, PATIENT));
    }
    expect(problem).toMatchObject({ code: 'credentials_refused', hint: expect.stringContaining(uri) });
    expect([keyOf(last), scene.hosted(uri)]).toEqual([before, [before]]);
    expect(last.rotationHeldUntil).toBe(scene.now() + DAY);
    expect(last).not.toHaveProperty('rotation');
  });

  it('whose new key cannot be tried is given up, because nothing shows that it works', async () => {
    const before = keyed(hosted({ nextKey: { ...NEXT, ...outcome('unknown') } }));
    const { record: after, problem, events } = await doStep(world(), 'give_up_key', before);
    expect(problem?.message).toContain('could not be shown');
    expect(currentOf(after)).toEqual(hosted());
    expect(events).toMatchObject([{ kind: 'key_dropped', keyId: 'key-2' }]);
  });

  it('goes on later when the server cannot be reached', async () => {
    const scene = world();
    scene.answer('verify', { outcome: 'unreachable', reason: 'answered 503', traits: {} } as never);
    const before = keyed(hosted({ nextKey: NEXT }));
    const { record: after, problem } = await doStep(scene, 'try_key', before);
    expect(problem).toMatchObject({ code: 'server_no_answer', message: expect.stringContaining('answered 503') });
    expect(after).toEqual(before);
  });

  it('ends without a problem when the manifest wants no hosted keys any more; not once the new key works', async () => {
    const inline = { desired: desired({ ...INLINE, publish: [] }) };
    const begun = keyed(hosted({ nextKey: NEXT }), inline);
    const { record: after, problem } = await doStep(world(), 'give_up_key', begun);
    expect([problem, currentOf(after).nextKey]).toEqual([undefined, undefined]);
    const works = keyed(hosted({ nextKey: { ...NEXT, ...outcome('works') } }), inline);
    expect(nextStep(works, NOW).kind).toBe('promote_key');
  });

  it('goes before changed metadata as far as it can go now', () => {
    const changed = { desired: desired({ ...WISH, metadata: { ...KEY_METADATA, client_name: 'New' }, publish: [] }) };
    const step = (more: object) => nextStep(keyed(hosted({ nextKey: { ...NEXT, ...more } }), changed), NOW).kind;
    expect(step({})).toBe('try_key');
    expect(step(outcome('works'))).toBe('promote_key');
    expect(step({ ...outcome('refused'), tryAt: NOW + HOUR })).toBe('update');
  });

  it('is announced once per key', async () => {
    const { scene, first } = await hostedDeploy({}, { announce: 'dispatch' });
    const once = await reconcile(asked(first, scene.now()), scene.ports, PATIENT);
    expect(once.record.announced).toEqual({ clientId: 'id-1', keyId: keyOf(once.record), at: scene.now() });
    const confirmed = confirmUse(once.record, 'id-1', keyOf(once.record));
    const twice = await reconcile(
      asked((await reconcile(confirmed, scene.ports, PATIENT)).record, 1),
      scene.ports,
      PATIENT,
    );
    expect(twice.record.announced?.keyId).toBe(keyOf(twice.record));
    expect(scene.port.filter((call) => call === 'announce')).toHaveLength(2);
  });

  it('is begun also where the key in use is refused', async () => {
    const refused = hosted({ ...outcome('refused'), nextKey: { ...NEXT, ...outcome('works') } });
    expect(nextStep(keyed(refused), NOW).kind).toBe('promote_key');
    expect(nextStep(keyed(hosted(outcome('refused'))), NOW)).toMatchObject({ code: 'credentials_refused' });
  });
});

describe('the confirmation of a rotation of keys', () => {
  const old = { keyId: 'key-0', publicJwk: { kid: 'key-0' }, retiringSince: NOW };
  const overlap = keyed(hosted({ retiringKeys: [old] }));

  it('names the key, because the client stays the same', () => {
    for (const keyId of [undefined, 'key-0', 'key-7']) {
      expect(() => confirmUse(overlap, 'client-1', keyId)).toThrow(
        expect.objectContaining({ code: 'not_confirmable', hint: expect.stringContaining('key-id') }),
      );
    }
    expect(currentOf(confirmUse(overlap, 'client-1', 'key-1')).retiringKeys).toEqual([{ ...old, replaced: true }]);
  });

  it('needs no key where none was replaced, and has to name one that is there', () => {
    expect(confirmUse(keyed(), 'client-1')).toEqual(keyed());
    expect(() => confirmUse(record(), 'client-1', 'key-1')).toThrow(
      expect.objectContaining({ code: 'not_confirmable' }),
    );
  });

  it('leaves other keys that wait as they are', async () => {
    const both = keyed(
      hosted({
        retiringKeys: [
          { ...old, replaced: true },
          { ...old, keyId: 'key-00' },
        ],
      }),
    );
    const { record: after } = await doStep(world(), 'drop_key', both);
    expect(currentOf(after).retiringKeys).toEqual([{ ...old, keyId: 'key-00' }]);
  });
});

describe('a key that was sent inline', () => {
  it('is hosted from now on by an update, with a set that is there before the server is told of it', async () => {
    const { scene, record: first } = await deployed(INLINE);
    const key = keyOf(first);
    let seen: readonly string[] = [];
    scene.setGate(async (call, effect) => {
      if (call === 'update')
        seen = hostedSets(scene.saved() as RegistrationRecord).map(({ keys }) => String(keys[0]?.kid));
      return effect();
    });
    const { record: after } = await reconcile(wanted(first, desired(WISH)), scene.ports, PATIENT);
    expect(seen).toEqual([key]);
    expect(scene.server.alive()[0]?.metadata).toMatchObject({ jwks_uri: currentOf(after).keySet?.uri });
    expect(scene.server.alive()[0]?.metadata).not.toHaveProperty('jwks');
    expect(keyOf(after)).toBe(key);
    const { record: inline } = await reconcile(wanted(after, desired(INLINE)), scene.ports, PATIENT);
    expect(scene.server.alive()[0]?.metadata).not.toHaveProperty('jwks_uri');
    expect(hostedSets(inline)).toEqual([]);
  });

  it('is not sent inline again before an overlap is over', async () => {
    const { scene, first } = await hostedDeploy();
    const { record: after } = await reconcile(asked(first, scene.now()), scene.ports, PATIENT);
    const changed = desired({ ...INLINE, metadata: { ...KEY_METADATA, client_name: 'New' } });
    const { record: updated } = await reconcile(wanted(after, changed), scene.ports, PATIENT);
    expect(scene.server.alive()[0]?.metadata).toMatchObject({ client_name: 'New', jwks_uri: expect.any(String) });
    expect(currentOf(updated).retiringKeys).toHaveLength(1);
    const confirmed = confirmUse(updated, 'id-1', keyOf(updated));
    await reconcile(confirmed, scene.ports, PATIENT);
    expect(scene.server.alive()[0]?.metadata).toHaveProperty('jwks');
  });

  it('whose server keeps it although told where keys are hosted: people are told, and no rotation begins', async () => {
    const { scene, record: first } = await deployed(INLINE, { grants: {} });
    const jwks = { keys: [{ kty: 'EC', kid: keyOf(first) }] };
    scene.answer('update', {
      kind: 'client',
      information: { clientId: 'id-1', metadata: { ...KEY_METADATA, jwks }, registrationAccessToken: 'token' },
    } as never);
    const { record: after, events } = await reconcile(wanted(first, desired(WISH)), scene.ports, PATIENT);
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'differs',
        differences: [{ member: 'jwks_uri', asked: currentOf(after).keySet?.uri }],
      }),
    );
    const { problem, record: rested } = await reconcile(asked(after, scene.now()), scene.ports, PATIENT);
    expect(problem).toMatchObject({ code: 'key_set_ignored', message: expect.stringContaining('Nothing was rotated') });
    expect(rested).not.toHaveProperty('rotation');
    expect(nextStep({ ...after, rotatedAt: 0 }, scene.now() + 40 * DAY)).toMatchObject({ code: 'key_set_ignored' });
    // A leak is no time to wait for another server.
    expect(nextStep(asked(after, scene.now(), 'leak'), scene.now())).toMatchObject({ kind: 'register' });
  });

  it('is not rotated by its set where the server answers another one', () => {
    const elsewhere = hosted({ granted: { ...KEY_METADATA, jwks_uri: 'https://as.example.org/keys' } });
    expect(nextStep(asked(keyed(elsewhere), NOW), NOW)).toMatchObject({ code: 'key_set_ignored' });
    for (const answered of [null, '']) {
      const silent = hosted({ granted: { ...KEY_METADATA, jwks_uri: answered } });
      expect(nextStep(asked(keyed(silent), NOW), NOW).kind).toBe('new_key');
    }
    const nulled = hosted({ granted: { ...KEY_METADATA, jwks: null } });
    expect(nextStep(asked(keyed(nulled), NOW), NOW).kind).toBe('new_key');
  });

  it('of a server that cannot update a client: the rotation is not kept', async () => {
    const { scene, record: first } = await deployed(INLINE, { unmanaged: true });
    const wish = { ...wanted(first, desired(WISH)) };
    const { problem, record: after } = await reconcile(asked(wish, scene.now()), scene.ports, PATIENT);
    expect(problem?.code).toBe('update_unsupported');
    expect(after).not.toHaveProperty('rotation');
  });

  it('of a client that is only watched is replaced with it, where the manifest allows that', () => {
    const { key: _k, keySet: _n, ...watched } = hosted();
    expect(nextStep(asked(keyed(watched), NOW), NOW)).toMatchObject({ code: 'rotation_not_allowed' });
    expect(nextStep(asked(keyed(watched), NOW, 'leak'), NOW)).toMatchObject({ kind: 'register' });
  });

  it('may be in force or not after a lost update: the set stays, and what is in force is found out', async () => {
    const { scene, record: first } = await deployed(INLINE);
    scene.answer('update', { kind: 'unknown', answered: true, reason: 'answered 500' });
    const { record: after, rest } = await reconcile(wanted(first, desired(WISH)), scene.ports, PATIENT);
    expect(rest).toBe('done');
    expect(scene.hosted(currentOf(after).keySet?.uri ?? '')).toEqual([keyOf(after)]);
    expect(scene.server.alive()[0]?.metadata).toMatchObject({ jwks_uri: currentOf(after).keySet?.uri });
  });
});

describe('the end of a client whose keys are hosted', () => {
  it('takes its set away once the client is gone, and not before', async () => {
    const { scene, first, before, uri } = await hostedDeploy();
    const ending = endRegistration(first, scene.now(), 'it is over').record;
    let seen: readonly string[] = [];
    scene.setGate(async (call, effect) => {
      if (call === 'remove') seen = scene.hosted(uri);
      return effect();
    });
    const { record: after } = await reconcile(ending, scene.ports, { ...PATIENT, kept: first });
    expect(seen).toEqual([before]);
    expect(after.clients).toEqual([]);
    expect(scene.hosted(uri)).toEqual([]);
  });

  it('that cannot be deleted leaves a client that nothing works with', async () => {
    const { scene, first, before, uri } = await hostedDeploy({ unmanaged: true });
    const { record: after } = await reconcile(endRegistration(first, scene.now(), 'over').record, scene.ports, PATIENT);
    expect(after.orphans).toHaveLength(1);
    expect(scene.hosted(uri)).toEqual([]);
    expect(scene.server.acceptsKey('id-1', before)).toBe(false);
  });
});
