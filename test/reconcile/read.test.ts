import { describe, expect, it } from 'vitest';
import type { Desired } from '../../shared/manifest/desired.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { currentClient } from '../../shared/reconcile/record-queries.ts';
import { askRotation } from '../../shared/reconcile/requests.ts';
import { tryTokenAgain } from '../../shared/reconcile/try-token-again.ts';
import { wantClient } from '../../shared/reconcile/want.ts';
import type { Client, RegistrationRecord } from '../../shared/record/record.ts';
import type { Answer, ClientInformation } from '../../shared/registration/answer.ts';
import {
  CHANGED,
  client,
  DAY,
  desired,
  ELSEWHERE,
  KEY,
  METADATA,
  NOW,
  record,
  removal,
  SERVER,
  without,
} from './build.ts';
import { busy, failed, forbidden, missing, notSent, refused, rejected, silent, unsupported } from './model-server.ts';
import { doStep } from './one-step.ts';
import { world } from './world.ts';

const LEAK = { reason: 'leak', strategy: 'replace', startedAt: NOW } as const;
const want = (found: RegistrationRecord, wish: Desired) =>
  wantClient({ record: found, desired: wish, server: SERVER, now: NOW });
const UNKNOWN = Object.fromEntries(Object.keys(METADATA).map((member) => [member, null]));

async function read(answer: Answer, of: Client, more: Partial<RegistrationRecord> = {}) {
  const scene = world();
  scene.answer('read', answer);
  const done = await doStep(scene, 'read', record({ clients: [of], ...more }));
  return { ...done, scene, client: done.record.clients[0] };
}

describe('reading a client whose update was never answered', () => {
  const uncertain = without(client({ uncertain: true, requested: UNKNOWN }), 'verification');
  const certain = without(uncertain, 'uncertain');
  const shown = (information: Partial<ClientInformation> = {}): Answer => ({
    kind: 'client',
    information: { clientId: 'client-1', clientSecret: 'secret of client-1', metadata: METADATA, ...information },
  });

  it('shows that it is as the manifest wants it', async () => {
    const { client: after } = await read(shown({ metadata: { ...METADATA, subject_type: 'public' } }), uncertain);
    expect(after).toEqual({ ...certain, requested: METADATA, granted: { ...METADATA, subject_type: 'public' } });
  });

  it.each<[string, Partial<ClientInformation>, Partial<Client>]>([
    ['a member is another', { metadata: CHANGED }, {}],
    [
      'a member is there that is not wanted any more',
      { metadata: { ...METADATA, logo_uri: 'https://a.example/l' } },
      { requested: { ...UNKNOWN, logo_uri: null } },
    ],
    ['a made key is another', { metadata: { ...METADATA, jwks: { keys: [] } } }, { key: KEY }],
  ])('has it updated again where %s', async (_what, answer, more) => {
    const wish = { desired: desired({ makeKey: 'key' in more }) };
    const { client: after } = await read(shown(answer), { ...uncertain, ...more }, wish);
    expect(after?.requested).toEqual({ ...UNKNOWN, ...more.requested });
  });

  it('has it updated again where the secret is not shown, which may be another', async () => {
    const { clientSecret: _, ...hidden } = (shown() as Extract<Answer, { kind: 'client' }>).information;
    const { client: after } = await read({ kind: 'client', information: hidden }, uncertain);
    expect(after).toEqual({ ...certain, granted: METADATA });
  });

  it('keeps a new token and a new secret', async () => {
    const {
      client: after,
      events,
      scene,
    } = await read(shown({ clientSecret: 'new', registrationAccessToken: 'newer' }), uncertain);
    expect(after).toMatchObject({ clientSecret: 'new', access: { registrationAccessToken: 'newer' } });
    expect(events).toEqual([{ kind: 'secret_replaced', clientId: 'client-1', by: 'read' }]);
    expect(scene.secrets).toEqual(['new', 'newer']);
  });

  it.each([
    ['a refusal', refused],
    ['a 404', missing],
  ])('learns from %s that the token is refused', async (_what, answer) => {
    const { client: after, problem } = await read(answer, uncertain);
    expect(problem).toBeUndefined();
    expect(after).toEqual({ ...certain, accessSeen: 'refused' });
  });

  it.each([
    ['forbids it', forbidden],
    ['rejects it', rejected],
    ['does not do it', unsupported],
  ])('leaves it to an update where the server %s', async (_what, answer) => {
    const { client: after, problem } = await read(answer, uncertain);
    expect(problem).toBeUndefined();
    expect(after).toEqual(certain);
  });

  it.each([
    ['an answer of no use', failed, 'server_error', false],
    ['no answer', silent, 'server_no_answer', true],
    ['a server that is busy', busy, 'rate_limited', false],
    ['what was not sent', notSent, 'server_unreachable', false],
  ])('is tried again after %s', async (_what, answer, code, underWay) => {
    const { record: after, problem } = await read(answer, uncertain);
    expect(problem?.code).toBe(code);
    expect(after.clients).toEqual([uncertain]);
    expect(after.call !== undefined).toBe(underWay);
  });
});

describe('reading a client once more whose token was refused', () => {
  const refusedBefore = client({ accessSeen: 'refused' });
  const again = tryTokenAgain(refusedBefore);

  it('finds that the refusal has passed', async () => {
    const { client: after } = await read(
      { kind: 'client', information: { clientId: 'client-1', metadata: {} } },
      again,
    );
    expect([after?.accessSeen, after?.uncertain]).toEqual(['works', undefined]);
  });

  it.each([
    ['is refused', refused],
    ['is not found', missing],
    ['is forbidden', forbidden],
    ['is rejected', rejected],
    ['is not done', unsupported],
    ['fails', failed],
    ['is not answered', silent],
    ['has to wait', busy],
    ['is not sent', notSent],
  ])('changes nothing and is no problem where it %s', async (_what, answer) => {
    const { record: after, problem } = await read(answer, again);
    expect(problem).toBeUndefined();
    expect(after.clients).toEqual([refusedBefore]);
    expect(after.call !== undefined).toBe(answer === silent);
  });

  it.each([
    ['forbidden', forbidden],
    ['failing', failed],
  ])('lets the new client be made that the manifest accepts, where it is %s', async (_what, answer) => {
    const scene = world();
    scene.answer('read', answer);
    const wish = desired({ metadata: CHANGED, update: 'replace' });
    const start = want(record({ clients: [refusedBefore] }), wish);
    const { problem, record: after } = await reconcile(start, scene.ports, { patienceMs: 0 });
    expect(problem).toBeUndefined();
    expect(scene.port.filter((call) => call === 'read' || call === 'register' || call === 'update')).toEqual([
      'read',
      'register',
    ]);
    expect(currentClient(after)?.requested).toEqual(CHANGED);
  });

  it('does not hold up what is done after a leak', async () => {
    const scene = world();
    const start = askRotation(want(record({ clients: [refusedBefore] }), desired()), LEAK);
    const { problem, record: after } = await reconcile(start, scene.ports, { patienceMs: 0 });
    expect(problem).toBeUndefined();
    expect(scene.port).not.toContain('read');
    expect(currentClient(after)?.clientId).not.toBe('client-1');
  });
});

describe('reading a client that should be gone', () => {
  const leaving = (more = {}) => client({ role: 'leaving', removal: removal({ stage: 'confirm', ...more }) });
  const still = {
    kind: 'client',
    information: { clientId: 'client-1', metadata: METADATA, registrationAccessToken: 'newer' },
  } as const;
  const ending = { ending: { since: NOW, reason: 'over' } };

  it('keeps a new token and learns that the server cannot delete', async () => {
    const { record: after, client: kept } = await read(still, leaving(), ending);
    expect(kept).toMatchObject({ access: { registrationAccessToken: 'newer' }, removal: { stage: 'impossible' } });
    expect(after.traits).toMatchObject({ removes: 'unsupported', readReplacesToken: true });
  });

  it('learns nothing of a server that the registration has left', async () => {
    const { record: after } = await read(still, leaving(), { ...ending, server: ELSEWHERE });
    expect(after.traits).toEqual({});
  });

  it('learns nothing of deletions where one was accepted', async () => {
    const { record: after } = await read(still, leaving({ accepted: true }), ending);
    expect(after.traits).toEqual({ readReplacesToken: true });
    expect(after.clients[0]?.removal?.stage).toBe('ask');
  });

  it('waits after no answer until the call is over, and lets the rest go on', async () => {
    const { record: after, problem } = await read(silent, leaving({ accepted: true }), ending);
    expect(problem).toBeUndefined();
    expect(after).not.toHaveProperty('call');
    expect(after.clients[0]?.removal?.tryAt).toBe(NOW + 65_000);
  });
});

describe('trying the credentials of a client that should be gone', () => {
  const leaving = client({
    role: 'leaving',
    removal: removal({ stage: 'verify' }),
    verification: { outcome: 'works', at: NOW - DAY, reason: '' },
  });

  it('shows that it is gone where they are refused twice', async () => {
    const scene = world();
    const before = record({ clients: [leaving], ending: { since: NOW, reason: '' } });
    const { record: once } = await doStep(scene, 'verify', before);
    expect(once.clients[0]?.removal).toMatchObject({ stage: 'verify', refused: true });
    const { record: after } = await doStep(scene, 'verify', once);
    expect(after.clients[0]?.removal?.stage).toBe('gone');
    expect(after.traits).toEqual({ verifiable: true });
  });

  it('takes nothing for granted of a server that the registration has left', async () => {
    const scene = world();
    const seen: unknown[] = [];
    const verify: typeof scene.ports.verify = (of, traits) => {
      seen.push(traits);
      return scene.ports.verify(of, traits);
    };
    const before = record({
      clients: [leaving],
      ending: { since: NOW, reason: '' },
      server: ELSEWHERE,
      traits: { verifiable: false },
    });
    const { record: after } = await doStep({ ...scene, ports: { ...scene.ports, verify } }, 'verify', before);
    expect(seen).toEqual([{}]);
    expect(after.traits).toEqual({ verifiable: false });
  });
});
