import { describe, expect, it } from 'vitest';
import { adoptAnswer, differenceEvent } from '../../shared/reconcile/adopt-answer.ts';
import type { Client, RegistrationRecord } from '../../shared/record/record.ts';
import type { ClientInformation } from '../../shared/registration/answer.ts';
import { access, CHANGED, client, DAY, desired, ELSEWHERE, METADATA, NOW, record, without } from './build.ts';

type Verb = Parameters<typeof adoptAnswer>[3];

/** What comes of an answer about a client at rest. */
function adopt(
  answer: Partial<ClientInformation>,
  { of = client(), verb = 'read', more = {} }: { of?: Client; verb?: Verb; more?: Partial<RegistrationRecord> } = {},
) {
  const information = { clientId: 'client-1', metadata: METADATA, ...answer };
  return adoptAnswer(record({ clients: [of], ...more }), of, information, verb);
}

const uri = (registrationClientUri: string) => ({ registrationClientUri, registrationAccessToken: 'token' });

describe('an answer', () => {
  it('that says nothing new changes nothing', () => {
    expect(adopt({})).toEqual({ record: record(), client: client(), events: [] });
  });

  it('that repeats the secret without its time changes nothing', () => {
    const of = client({ clientSecretExpiresAt: 0 });
    expect(adopt({ clientSecret: 'secret of client-1' }, { of }).client).toEqual(of);
  });

  it('is kept: metadata, and that the token works', () => {
    const of = client({ accessSeen: 'untried', uncertain: true });
    expect(adopt({ metadata: CHANGED }, { of }).client).toEqual(client({ granted: CHANGED }));
  });

  it.each(['register', 'read', 'update'] as const)('to %s does not say where the server is', (verb) => {
    const metadata = {
      ...METADATA,
      issuer: 'https://evil.example',
      token_endpoint: 'https://evil.example/token',
      registration_endpoint: 'https://evil.example/register',
    };
    const { client: after, record: kept } = adopt({ metadata }, { verb });
    expect([after.server, kept.server]).toEqual([client().server, record().server]);
  });

  it('with another secret makes another edition, which nobody has tried', () => {
    const { client: after, record: kept, events } = adopt({ clientSecret: 'new', clientSecretExpiresAt: 0 });
    expect(after).toEqual(
      without(client({ clientSecret: 'new', clientSecretExpiresAt: 0, edition: 2 }), 'verification'),
    );
    expect(events).toEqual([{ kind: 'secret_replaced', clientId: 'client-1', by: 'read' }]);
    expect(kept.traits).toEqual({});
  });

  it('with another secret and no time for it forgets the time of the old one', () => {
    const of = client({ clientSecretExpiresAt: 1_800_000_000 });
    expect(adopt({ clientSecret: 'new' }, { of }).client).not.toHaveProperty('clientSecretExpiresAt');
  });

  it('with another time for the secret makes another edition', () => {
    const { client: after } = adopt({ clientSecret: 'secret of client-1', clientSecretExpiresAt: 1_900_000_000 });
    expect(after).toMatchObject({ edition: 2, clientSecretExpiresAt: 1_900_000_000 });
  });

  it('with another method takes the secret away, even if it comes with one', () => {
    const metadata = { ...METADATA, token_endpoint_auth_method: 'none' };
    const { client: after, events } = adopt({ metadata, clientSecret: 'useless', clientSecretExpiresAt: 0 });
    expect(after).not.toHaveProperty('clientSecret');
    expect(after).not.toHaveProperty('clientSecretExpiresAt');
    expect(after.edition).toBe(2);
    expect(events).toEqual([{ kind: 'secret_gone', clientId: 'client-1' }]);
  });

  it('with another client_id is the same client, in the ledger too', () => {
    const row = (clientId: string, more = {}) => ({ clientId, server: 'as', madeAt: NOW - DAY, ...more });
    const ledger = [row('client-1', { endedAt: NOW }), row('client-0'), row('client-1')];
    const { record: kept, events } = adopt({ clientId: 'client-2' }, { more: { ledger } });
    expect(kept.clients).toMatchObject([{ clientId: 'client-2', edition: 2 }]);
    expect(kept.ledger.map(({ clientId }) => clientId)).toEqual(['client-1', 'client-0', 'client-2']);
    expect(events).toEqual([{ kind: 'client_id_changed', from: 'client-1', clientId: 'client-2' }]);
  });
});

describe('what an answer shows of the server', () => {
  const replaced = { registrationAccessToken: 'new token', clientSecret: 'new' };

  it.each<[Verb, RegistrationRecord['traits']]>([
    ['update', { updateReplacesSecret: true, updateReplacesToken: true, updates: 'supported' }],
    ['read', { readReplacesToken: true }],
  ])('is remembered of an %s', (verb, traits) => {
    expect(adopt(replaced, { verb }).record.traits).toEqual(traits);
  });

  it('is not remembered of a server that the registration has left', () => {
    expect(adopt(replaced, { verb: 'update', more: { server: ELSEWHERE } }).record.traits).toEqual({});
  });

  it('is nothing when the token stays', () => {
    const { registrationAccessToken } = access('client-1');
    expect(adopt({ registrationAccessToken }, { verb: 'update' }).record.traits).toEqual({ updates: 'supported' });
  });
});

describe('the access to a client', () => {
  it('is the newest token at the known endpoint', () => {
    expect(adopt({ registrationAccessToken: 'new' }).client.access).toEqual({
      ...access('client-1'),
      registrationAccessToken: 'new',
    });
  });

  it('moves to another endpoint of the same origin', () => {
    expect(adopt(uri('https://as.example.org/clients/1')).client.access).toEqual(
      uri('https://as.example.org/clients/1'),
    );
  });

  it.each([
    [
      'is at another origin',
      'https://evil.example/1',
      /is at https:\/\/evil\.example, not at https:\/\/as\.example\.org/u,
    ],
    ['is not encrypted', 'http://as.example.org/1', /is at http:/u],
    ['carries a password', 'https://a:b@as.example.org/1', /user name or password/u],
    ['is not an address', 'register/1', /not an address/u],
  ])('is withheld when its endpoint %s', (_what, address, reason) => {
    const { client: after, events } = adopt(uri(address));
    expect(after).not.toHaveProperty('access');
    expect(after.accessWithheld).toMatch(reason);
    expect(events).toMatchObject([{ kind: 'access_withheld', reason: after.accessWithheld }]);
    expect(adopt(uri(address), { of: after }).events).toEqual([]);
  });

  it('is at another origin where the manifest allows it', () => {
    const server = { configurationEndpointOrigins: ['https://manage.example.org'] };
    const answer = uri('https://manage.example.org/1');
    expect(adopt(answer, { more: { desired: desired({ server }) } }).client.access).toEqual(answer);
  });

  it('is not encrypted where the whole server is not', () => {
    const local = { ...ELSEWHERE, registrationEndpoint: 'http://127.0.0.1:3000/register' };
    const answer = uri('http://127.0.0.1:3000/register/1');
    expect(adopt(answer, { of: client({ server: local }) }).client.access).toEqual(answer);
  });

  it.each([
    [
      'no token',
      without(client(), 'access'),
      { registrationClientUri: 'https://as.example.org/1' },
      'registration access token',
    ],
    ['no endpoint', without(client(), 'access'), { registrationAccessToken: 'token' }, 'client configuration endpoint'],
  ])('is none when the server gives %s, which is said', (_what, of, answer, missing) => {
    const { client: after } = adopt(answer, { of });
    expect(after).not.toHaveProperty('access');
    expect(after.accessWithheld).toBe(`the server gave no ${missing} for it`);
    expect(adopt({}, { of: { ...of, accessWithheld: 'it is elsewhere' } }).client.accessWithheld).toBe(
      'it is elsewhere',
    );
  });
});

describe('what was granted', () => {
  it('is told where it differs from what was sent', () => {
    expect(differenceEvent(client({ granted: CHANGED }))).toMatchObject([
      { kind: 'differs', clientId: 'client-1', differences: [{ member: 'redirect_uris' }] },
    ]);
  });

  it('is not told where only the marker was added or something left out', () => {
    expect(differenceEvent(client({ marker: 'or-1', granted: { client_name: 'Growth chart [or-1]' } }))).toEqual([]);
  });
});
