import { describe, expect, it } from 'vitest';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Answer, ClientInformation } from '../../shared/registration/answer.ts';
import { CHANGED, client, desired, KEY, METADATA, NOW, OWNER, record, without } from './build.ts';
import { busy, failed, forbidden, missing, notSent, refused, rejected, silent, unsupported } from './model-server.ts';
import { doStep } from './one-step.ts';
import { world } from './world.ts';

const answered = (information: Partial<ClientInformation> = {}): Answer => ({
  kind: 'client',
  information: { clientId: 'client-1', metadata: CHANGED, ...information },
});
const wantsSecret: Answer = {
  kind: 'rejected',
  refusal: { status: 400, error: 'invalid_request', description: 'client_secret must be provided' },
};
const inPlace = { rotation: { reason: 'asked', strategy: 'in-place', startedAt: NOW } } as const;

/** One update of a client at rest whose manifest has changed, with the body that was sent. */
async function update(answer: Answer, more: Partial<RegistrationRecord> = {}) {
  const scene = world();
  const bodies: unknown[] = [];
  const sent = scene.ports.api.update;
  scene.answer('update', answer);
  const ports = {
    ...scene.ports,
    api: {
      ...scene.ports.api,
      update: (...[access, body]: Parameters<typeof sent>) => {
        bodies.push(body);
        return sent(access, body);
      },
    },
  };
  const before = record({ desired: desired({ metadata: CHANGED }), ...more });
  const done = await doStep({ ...scene, ports }, 'update', before);
  return { ...done, scene, client: done.record.clients[0], body: bodies[0] };
}

describe('an update', () => {
  it('is kept as asked and answered', async () => {
    const { record: after, events, client: updated, scene } = await update(answered());
    expect(updated).toEqual(client({ requested: CHANGED, granted: CHANGED }));
    expect(events).toEqual([{ kind: 'updated', clientId: 'client-1', members: ['redirect_uris'] }]);
    expect(after.traits).toEqual({ updates: 'supported' });
    expect(scene.saved()).toEqual(after);
  });

  it('brings a secret and a token of which nothing is shown', async () => {
    const { scene } = await update(answered({ clientSecret: 'newer', registrationAccessToken: 'newest' }));
    expect(scene.secrets).toEqual(expect.arrayContaining(['newer', 'newest']));
  });

  it('is saved before it is sent, with what it asks for', async () => {
    const { scene } = await update(silent);
    expect(scene.saved()?.call).toMatchObject({
      clientId: 'client-1',
      verb: 'update',
      requested: CHANGED,
      startedAt: NOW,
    });
    expect(scene.port).toEqual(['save', 'update', 'save']);
  });

  it('leaves out what is no longer asked for and keeps what the server added', async () => {
    const requested = { ...METADATA, logo_uri: 'https://app.example.com/logo.png' };
    const granted = { ...requested, subject_type: 'public' };
    const { body } = await update(answered(), { clients: [client({ requested, granted })] });
    expect(body).toEqual({ ...CHANGED, client_id: 'client-1', subject_type: 'public' });
  });

  it('keeps the marker in the name', async () => {
    const { body } = await update(answered(), { owner: OWNER, clients: [client({ marker: 'or-1' })] });
    expect(body).toMatchObject({ client_name: 'Growth chart [or-1]' });
  });

  it('tells what was granted otherwise', async () => {
    const { events } = await update(answered({ metadata: METADATA }));
    expect(events).toContainEqual(expect.objectContaining({ kind: 'differs', clientId: 'client-1' }));
  });

  it('makes a key where one is wanted, and drops one that is not', async () => {
    const metadata = { ...METADATA, token_endpoint_auth_method: 'private_key_jwt' };
    const wish = { desired: desired({ metadata, makeKey: true }) };
    const made = await update(answered({ metadata }), wish);
    expect(made.client?.key?.privateKey).toContain('PRIVATE KEY');
    expect(made.client).toMatchObject({ edition: 3 });
    expect(made.client).not.toHaveProperty('clientSecret');
    expect(made.body).toMatchObject({ jwks: { keys: [made.client?.key?.publicJwk] } });
    const kept = await update(answered({ metadata }), { ...wish, clients: [client({ key: KEY })] });
    expect(kept.client?.key).toEqual(KEY);
    const dropped = await update(answered(), { clients: [client({ key: KEY })] });
    expect(dropped.client).not.toHaveProperty('key');
  });

  it('shows the secret to a server that wants to see it, at the second try', async () => {
    const first = await update(wantsSecret);
    expect(first.problem).toBeUndefined();
    expect(first.record.traits.updateWantsSecret).toBe(true);
    expect(first.body).not.toHaveProperty('client_secret');
    const second = await update(wantsSecret, { traits: first.record.traits });
    expect(second.body).toHaveProperty('client_secret', 'secret of client-1');
    expect(second.problem?.code).toBe('registration_rejected');
  });

  it('has no secret to show for a client without one', async () => {
    const clients = [without(client(), 'clientSecret')];
    expect((await update(wantsSecret, { clients })).problem?.code).toBe('registration_rejected');
    const again = await update(answered(), { clients, traits: { updateWantsSecret: true } });
    expect(again.body).not.toHaveProperty('client_secret');
  });

  it.each([
    ['a refusal', refused, {}],
    ['a 404 where updates worked', missing, { updates: 'supported' }],
    ['a 405 where updates worked', unsupported, { updates: 'supported' }],
  ] as const)('learns from %s that the token is refused', async (_what, answer, traits) => {
    const { client: after, problem } = await update(answer, { traits });
    expect(problem).toBeUndefined();
    expect(after).toEqual(client({ accessSeen: 'refused' }));
  });

  it.each([
    ['404', missing],
    ['405', unsupported],
  ])('learns from a %s that the server cannot update', async (_what, answer) => {
    const { record: after, client: kept } = await update(answer);
    expect(after.traits).toEqual({ updates: 'unsupported' });
    expect(kept).toEqual(client());
  });

  it.each([
    ['a rejection', rejected, 'invalid_redirect_uri'],
    ['what is forbidden', forbidden, 'access_refused'],
    ['a server that is busy', busy, 'rate_limited'],
    ['what was not sent', notSent, 'server_unreachable'],
  ])('changes nothing after %s', async (_what, answer, code) => {
    const { record: after, problem } = await update(answer);
    expect(problem?.code).toBe(code);
    expect(after).toEqual(record({ desired: desired({ metadata: CHANGED }) }));
  });

  it('leaves the client uncertain after an answer of no use', async () => {
    const { client: after, record: kept, problem } = await update(failed);
    expect(problem?.code).toBe('server_error');
    expect(after).toMatchObject({ uncertain: true });
    expect(kept).not.toHaveProperty('call');
  });
});

describe('a rotation in place', () => {
  it('is done when the secret is another', async () => {
    const { record: after } = await update(answered({ clientSecret: 'new' }), inPlace);
    expect(after).not.toHaveProperty('rotation');
    expect(after).toMatchObject({ rotatedAt: NOW, traits: { updateReplacesSecret: true } });
  });

  it('makes a new key', async () => {
    const metadata = { ...METADATA, token_endpoint_auth_method: 'private_key_jwt' };
    const before = without(client({ key: KEY, requested: metadata, granted: metadata }), 'clientSecret');
    const { record: after, client: rotated } = await update(answered({ metadata }), {
      ...inPlace,
      clients: [before],
      desired: desired({ metadata, makeKey: true }),
    });
    expect(rotated?.key?.keyId).not.toBe(KEY.keyId);
    expect(after.rotatedAt).toBe(NOW);
  });

  it('that kept the secret is a problem and is not asked for again', async () => {
    const { record: after, problem } = await update(answered({ clientSecret: 'secret of client-1' }), inPlace);
    expect(problem).toMatchObject({ code: 'update_unsupported', hint: expect.stringContaining('`replace`') });
    expect(after).not.toHaveProperty('rotation');
    expect(after).not.toHaveProperty('rotatedAt');
  });

  it('that is rejected is not asked for again', async () => {
    const { record: after, problem } = await update(rejected, inPlace);
    expect(problem?.code).toBe('invalid_redirect_uri');
    expect(after).not.toHaveProperty('rotation');
  });

  it('that is not possible is not asked for again', async () => {
    const scene = world();
    const { record: after, problem } = await doStep(
      scene,
      'stop',
      record({ ...inPlace, traits: { updates: 'unsupported' } }),
    );
    expect(problem?.message).toBe(
      'production/web: a rotation in place was asked for, but this server cannot change client client-1. It stays as it was.',
    );
    expect(after).toEqual(record({ traits: { updates: 'unsupported' } }));
  });
});
