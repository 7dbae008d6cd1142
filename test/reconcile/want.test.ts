import { describe, expect, it } from 'vitest';
import type { Server } from '../../shared/discovery/server.ts';
import { serverRecord, wantClient } from '../../shared/reconcile/want.ts';
import { CHANGED, client, DAY, desired, ELSEWHERE, METADATA, NOW, OWNER, record, SERVER, without } from './build.ts';

const want = (more: Partial<Parameters<typeof wantClient>[0]> = {}) =>
  wantClient({ record: record(), desired: desired(), server: SERVER, now: NOW, ...more });
const owned = desired({ owner: OWNER, ttl: { seconds: 14 * 86_400 } });
const refused = { outcome: 'refused', at: NOW, reason: '' } as const;

describe('a registration that is new', () => {
  it('has nothing but the wish, and what is known of its server', () => {
    const made = want({ record: undefined, traits: { verifiable: true } });
    expect(made).toEqual({ ...record({ clients: [] }), traits: { verifiable: true } });
  });

  it('lives as long as its ttl from now when it is owned', () => {
    expect(want({ record: undefined, desired: owned })).toMatchObject({ owner: OWNER, expiresAt: NOW + 14 * DAY });
  });

  it('lives for 14 days when it is owned and nobody says how long', () => {
    expect(want({ record: undefined, desired: desired({ owner: OWNER }) }).expiresAt).toBe(NOW + 14 * DAY);
  });

  it('does not end by time with the ttl job', () => {
    const made = want({ record: undefined, desired: desired({ owner: OWNER, ttl: 'job' }) });
    expect(made.owner).toEqual(OWNER);
    expect(made).not.toHaveProperty('expiresAt');
  });

  it('remembers the run that wants it', () => {
    expect(want({ record: undefined, by: { runId: 5, attempt: 1 } }).appliedBy).toEqual({ runId: 5, attempt: 1 });
  });
});

describe('an unchanged wish', () => {
  it('gives back the same record', () => {
    const found = record();
    expect(want({ record: found })).toBe(found);
  });

  it('gives back the same record while an old client with refused credentials is being deleted', () => {
    const found = record({ clients: [client(), client({ clientId: 'old', role: 'leaving', verification: refused })] });
    expect(want({ record: found })).toBe(found);
  });

  it('has a refused token tried again, once', () => {
    const locked = client({ accessSeen: 'refused' });
    const replaced = client({ clientId: 'old', role: 'retiring', accessSeen: 'refused' });
    const unmanaged = without(client({ accessSeen: 'refused' }), 'access');
    const after = want({ record: record({ clients: [replaced, locked] }) });
    expect(after.clients).toEqual([replaced, client({ accessSeen: 'refused', uncertain: true })]);
    expect(want({ record: after })).toBe(after);
    const found = record({ clients: [unmanaged] });
    expect(want({ record: found })).toBe(found);
  });

  it('has refused credentials tried again', () => {
    const found = record({ clients: [client({ verification: refused })] });
    expect(want({ record: found }).clients).toEqual([without(client(), 'verification')]);
  });

  it('keeps holding back after a failure', () => {
    const found = record({ backOff: { failures: 1, until: NOW + 1 }, clients: [client({ verification: refused })] });
    expect(want({ record: found }).backOff).toEqual({ failures: 1, until: NOW + 1 });
  });

  it.each([
    ['more than half of its life is left', 8, 8],
    ['less than half of its life is left', 6, 14],
    ['its life has become shorter', 20, 14],
    ['its time is not known', undefined, 14],
  ])('renews the ttl only if needed: %s', (_what, left, expected) => {
    const found = record({ desired: owned, owner: OWNER, ...(left !== undefined && { expiresAt: NOW + left * DAY }) });
    const made = want({ record: found, desired: owned });
    expect(made.expiresAt).toBe(NOW + expected * DAY);
    expect(made === found).toBe(left === expected);
  });
});

describe('a changed wish', () => {
  it('is taken in, and a failure of the old one does not hold it back', () => {
    const found = record({ backOff: { failures: 1, until: NOW + 1 } });
    const made = want({ record: found, desired: desired({ metadata: CHANGED }), by: { runId: 5, attempt: 1 } });
    expect(made).toEqual(record({ desired: desired({ metadata: CHANGED }), appliedBy: { runId: 5, attempt: 1 } }));
  });

  it('of the same meaning keeps holding back', () => {
    const found = record({ backOff: { failures: 1, until: NOW + 1 } });
    const made = want({ record: found, desired: desired({ metadata: { ...METADATA, logo_uri: '' } }) });
    expect(made.backOff).toBeDefined();
  });

  it('wakes up what was to end', () => {
    const made = want({ record: record({ ending: { since: NOW, reason: 'closed' } }) });
    expect(made).not.toHaveProperty('ending');
  });

  it('without an owner is permanent when nothing is left of what had one', () => {
    const made = want({ record: record({ owner: OWNER, expiresAt: NOW + DAY, clients: [] }) });
    expect(made).toEqual(record({ clients: [] }));
  });

  it.each([
    ['nobody', undefined, OWNER, /belongs to nobody and stays, and this run would have it belong to #42/],
    ['a pull request', OWNER, { kind: 'branch', name: 'x' }, /belongs to #42, and .* belong to branch x/],
    ['a branch', { kind: 'branch', name: 'x' }, undefined, /belongs to branch x, and .* belong to nobody and stay/],
  ] as const)('does not take over what belongs to %s', (_, before, after, message) => {
    const there = record(before && { owner: before, expiresAt: NOW + DAY });
    const wish = desired(after && { owner: after });
    expect(() => want({ record: there, desired: wish })).toThrow(
      expect.objectContaining({ code: 'owner_differs', message: expect.stringMatching(message) }),
    );
  });

  it('gets another owner once what was there has ended', () => {
    const ended = record({ ending: { since: NOW, reason: 'deleted' } });
    expect(want({ record: ended, desired: desired({ owner: OWNER }) }).owner).toEqual(OWNER);
  });

  it('knows nothing of another server but what others have seen there', () => {
    const found = record({ traits: { updates: 'unsupported', verifiable: true } });
    const made = want({ record: found, server: ELSEWHERE, traits: { verifiable: false } });
    expect(made).toMatchObject({ server: ELSEWHERE, traits: { verifiable: false }, clients: [{ server: SERVER }] });
  });

  it('has the credentials tried and published anew where the token endpoint has moved', () => {
    const moved = { ...SERVER, tokenEndpoint: 'https://as.example.org/oauth/token' };
    const made = want({ server: moved });
    expect(made.clients).toEqual([without(client({ server: moved, edition: 2 }), 'verification')]);
  });

  it('leaves the credentials alone where only the place has changed in which endpoints were read', () => {
    const read = { ...SERVER, registrationSource: { kind: 'smart-configuration' as const } };
    expect(want({ server: read }).clients).toEqual([client()]);
  });
});

describe('runs that overtake each other', () => {
  const found = record({ appliedBy: { runId: 5, attempt: 1 } });

  it('do not undo what a newer run did', () => {
    expect(() => want({ record: found, by: { runId: 4, attempt: 1 } })).toThrow(
      expect.objectContaining({ code: 'superseded', client: 'production/web' }),
    );
  });

  it.each([
    ['a re-run', found, { runId: 4, attempt: 2 }],
    ['the same run', found, { runId: 5, attempt: 1 }],
    ['a newer run', found, { runId: 6, attempt: 1 }],
    ['the first run that says who it is', record(), { runId: 1, attempt: 1 }],
  ])('let %s go on', (_what, before, by) => {
    expect(want({ record: before, by })).toBe(before);
  });
});

describe('the server of a record', () => {
  const source = {
    kind: 'smart-configuration',
    url: 'https://fhir.example.org/r4/.well-known/smart-configuration',
  } as const;
  const found: Server = {
    address: 'https://fhir.example.org/r4',
    registration: { url: 'https://as.example.org/register', source },
    says: {},
    trail: [],
  };

  it('is what is needed to manage a client', () => {
    const token = { url: 'https://as.example.org/token', source };
    const issuer = { url: 'https://as.example.org', source };
    expect(serverRecord({ ...found, token, issuer })).toEqual({ ...SERVER, registrationSource: source });
  });

  it('has no more than was found', () => {
    expect(serverRecord(found)).toEqual({ ...without(SERVER, 'tokenEndpoint', 'issuer'), registrationSource: source });
  });
});
