import { describe, expect, it } from 'vitest';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Answer, ClientInformation } from '../../shared/registration/answer.ts';
import { access, client, desired, ELSEWHERE, METADATA, NOW, OWNER, ROTATION, record } from './build.ts';
import { failed, missing, refused } from './model-server.ts';
import { doStep } from './one-step.ts';
import { type World, world } from './world.ts';

const answered = (clientId: string, more: Partial<ClientInformation> = {}): Answer => ({
  kind: 'client',
  information: { clientId, clientSecret: 'new', metadata: METADATA, ...more },
});
const rotating = {
  desired: desired({ rotation: ROTATION }),
  rotation: { reason: 'asked', strategy: 'replace', startedAt: NOW },
} as const;

/** One registration, with what was sent. */
async function register(before: RegistrationRecord, answer?: Answer, scene: World = world()) {
  const requests: Parameters<typeof scene.ports.api.register>[0][] = [];
  const sent = scene.ports.api.register;
  const api: typeof scene.ports.api = {
    ...scene.ports.api,
    register: (request) => {
      requests.push(request);
      return sent(request);
    },
  };
  if (answer) scene.answer('register', answer);
  const done = await doStep({ ...scene, ports: { ...scene.ports, api } }, 'register', before);
  return { ...done, scene, requests, metadata: requests[0]?.metadata };
}

describe('a registration', () => {
  it('is kept as asked and answered, and listed', async () => {
    const { record: after } = await register(record({ clients: [] }));
    expect(after.clients).toMatchObject([
      {
        clientId: 'id-1',
        role: 'current',
        purpose: 'first',
        accessSeen: 'untried',
        requested: METADATA,
        madeByRun: 'run 7',
      },
    ]);
    expect(after.ledger).toEqual([
      { clientId: 'id-1', server: 'https://fhir.example.org/r4', madeAt: NOW, madeByRun: 'run 7' },
    ]);
    expect(after).not.toHaveProperty('intent');
  });

  it('says nothing of runs where there are none', async () => {
    const scene = world();
    const { run: _, ...ports } = scene.ports;
    const { record: after } = await register(record({ clients: [] }), undefined, { ...scene, ports });
    expect(after.ledger[0]).not.toHaveProperty('madeByRun');
    expect(after.clients[0]).not.toHaveProperty('madeByRun');
  });

  it('carries a marker when it ends by itself, and tells no difference of it', async () => {
    const { metadata, record: after, events } = await register(record({ clients: [], owner: OWNER }));
    expect(metadata?.client_name).toBe('Growth chart [or-000102030405]');
    expect(after.clients[0]?.marker).toBe('or-000102030405');
    expect(events.map(({ kind }) => kind)).toEqual(['registered']);
  });

  it('carries the token and the statement that it was given, and the key that was made', async () => {
    const scene = world();
    const ports = { ...scene.ports, softwareStatement: 'signed', initialAccessToken: async () => 'initial' };
    const wish = desired({ makeKey: true, metadata: { token_endpoint_auth_method: 'private_key_jwt' } });
    const { requests, record: after } = await register(record({ clients: [], desired: wish }), undefined, {
      ...scene,
      ports,
    });
    const key = after.clients[0]?.key;
    expect(requests).toMatchObject([
      { initialAccessToken: 'initial', metadata: { software_statement: 'signed', jwks: { keys: [key?.publicJwk] } } },
    ]);
    expect(scene.secrets).toContain(key?.privateKey);
  });

  it('makes a key for the algorithm that is asked for', async () => {
    const metadata = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' };
    const { record: after } = await register(record({ clients: [], desired: desired({ makeKey: true, metadata }) }));
    expect(after.clients[0]?.key?.publicJwk).toMatchObject({ crv: 'P-256', alg: 'ES256' });
  });

  it('is begun anew when its turn came too late', async () => {
    const scene = world();
    scene.answer('register', { kind: 'too_late' } as never);
    const { requests, record: after } = await register(record({ clients: [] }), undefined, scene);
    expect(requests.map(({ sendBefore }) => sendBefore)).toEqual([NOW + 60_000, NOW + 60_000]);
    expect(scene.port.filter((call) => call === 'save')).toHaveLength(3);
    expect(after.clients).toHaveLength(1);
  });

  it('that was refused leaves nothing behind', async () => {
    const { record: after, problem, scene } = await register(record({ clients: [] }), refused);
    expect(problem?.code).toBe('registration_refused');
    expect(after).toEqual(record({ clients: [] }));
    expect(scene.saved()).toEqual(after);
  });

  it('names what may exist after an answer of no use, and why', async () => {
    const cause = new RegistrarError('answer_too_large', { message: 'Too much.' });
    const { record: after, problem } = await register(record({ clients: [] }), { ...failed, cause } as Answer);
    expect(after.suspects).toHaveLength(1);
    expect(problem).toMatchObject({
      code: 'registration_unknown',
      cause,
      message: expect.stringContaining('named "Growth chart"'),
    });
  });

  it('that ends with the job has nothing to resolve afterwards', async () => {
    const { problem } = await register(record({ clients: [], desired: desired({ ttl: 'job' }) }), failed);
    expect(problem?.hint).not.toContain('resolve');
  });

  it('of a rotation is the next client', async () => {
    const { record: after } = await register(record(rotating), answered('client-2'));
    expect(after.clients).toMatchObject([
      { clientId: 'client-1', role: 'current' },
      { clientId: 'client-2', role: 'next' },
    ]);
    expect(after.rotation).toEqual(rotating.rotation);
  });
});

describe('a server that answers with a client it has already', () => {
  it('has rotated that client', async () => {
    const before = record({ ...rotating, ledger: [{ clientId: 'client-1', server: '', madeAt: NOW }] });
    const { record: after } = await register(before, answered('client-1'));
    expect(after.clients).toMatchObject([{ clientId: 'client-1', role: 'current', clientSecret: 'new', edition: 2 }]);
    expect(after).not.toHaveProperty('rotation');
    expect(after.rotatedAt).toBe(NOW);
    expect(after.ledger).toEqual(before.ledger);
  });

  it('has brought back a client that was being deleted', async () => {
    const leaving = client({ role: 'leaving', removal: { ...REMOVAL, tryAt: NOW + 1 } });
    const { record: after } = await register(record({ clients: [leaving] }), answered('client-1'));
    expect(after.clients).toMatchObject([{ clientId: 'client-1', role: 'current' }]);
    expect(after.clients[0]).not.toHaveProperty('removal');
  });

  it('is not meant by a client of the same name at another server', async () => {
    const elsewhere = client({ server: ELSEWHERE });
    const before = record({ clients: [elsewhere], desired: desired({ update: 'replace' }) });
    const { record: after } = await register(before, answered('client-1'));
    expect(after.clients.map(({ role }) => role)).toEqual(['current', 'next']);
  });
});

const REMOVAL = {
  stage: 'ask',
  since: NOW,
  asked: 1,
  accepted: false,
  unanswered: false,
  failures: 1,
  reason: '',
} as const;

describe('what stops a registration', () => {
  it.each<[string, Partial<RegistrationRecord>, RegExp]>([
    [
      'suspect_found',
      {
        clients: [],
        suspects: [
          {
            marker: 'or-1',
            purpose: 'first',
            requested: {},
            server: ELSEWHERE,
            startedAt: NOW,
            reason: '',
            since: NOW,
          },
        ],
      },
      /may have left a client whose client_name contains or-1\. Nothing was registered/u,
    ],
    [
      'update_unsupported',
      { server: ELSEWHERE },
      /the manifest changed \(its server\), but this server cannot change client client-1/u,
    ],
    [
      'access_refused',
      { desired: desired({ metadata: {} }), clients: [client({ accessSeen: 'refused' })] },
      /changed \(client_name, .*\), but the server refuses/u,
    ],
    [
      'update_interrupts',
      { desired: desired({ metadata: {} }), traits: { updateReplacesSecret: true } },
      /replaces the client secret at every update/u,
    ],
    [
      'credentials_refused',
      { clients: [client({ verification: { outcome: 'refused', at: NOW, reason: 'invalid_client' } })] },
      /client-1 was registered, but invalid_client/u,
    ],
    [
      'metadata_differs',
      { desired: desired({ strict: true }), clients: [client({ granted: { client_name: 'Another' } })] },
      /something else than was asked \(client_name\)/u,
    ],
    ['rotation_not_allowed', { rotation: rotating.rotation }, /a new client_id in place of client-1/u],
  ])('is said in words: %s', async (code, more, words) => {
    const before = record(more);
    const { problem, record: after } = await doStep(world(), 'stop', before);
    expect(problem).toMatchObject({ code, client: 'production/web', message: expect.stringMatching(words) });
    const { rotation: _, ...rest } = before;
    expect(after).toEqual(rest);
  });

  it.each<[string, Partial<RegistrationRecord>, RegExp]>([
    ['update_interrupts', { traits: { updateReplacesSecret: true } }, /update: interrupt.*deploy them all again/u],
    ['update_unsupported', { traits: { updates: 'unsupported' } }, /remove `shared`/u],
    ['access_refused', { clients: [client({ accessSeen: 'refused' })] }, /adopt it/u],
  ])('comes with advice that a shared client can follow: %s', async (code, more, advice) => {
    const before = record({ ...more, desired: desired({ metadata: {}, shared: 'pr-*' }) });
    const { problem } = await doStep(world(), 'stop', before);
    expect(problem).toMatchObject({ code, hint: expect.stringMatching(advice) });
    expect(problem?.hint).not.toContain('update: replace');
  });

  it('names the server of the client', async () => {
    const { problem } = await doStep(world(), 'stop', record({ server: ELSEWHERE }));
    expect(problem?.server).toBe('https://fhir.example.org/r4');
    const first = await register(record({ clients: [], server: ELSEWHERE }), missing);
    expect(first.problem?.server).toBe('https://other.example.net');
  });

  it('keeps an access for people', async () => {
    const leaving = client({ role: 'leaving', removal: { ...REMOVAL, stage: 'impossible', tryAt: NOW } });
    const { record: after } = await doStep(
      world(),
      'orphan',
      record({ clients: [client({ clientId: 'other' }), leaving] }),
    );
    expect(after.orphans).toMatchObject([{ clientId: 'client-1', access: access('client-1') }]);
  });
});
