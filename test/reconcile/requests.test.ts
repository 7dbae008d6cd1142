import { describe, expect, it } from 'vitest';
import { adoptClient, adoptSuspect, askRotation, confirmUse, forgetSuspects } from '../../shared/reconcile/requests.ts';
import { access, client, ELSEWHERE, KEY, NOW, record, suspect, without } from './build.ts';

const asked = { reason: 'asked', strategy: 'replace', startedAt: NOW } as const;
const leak = { ...asked, reason: 'leak' } as const;
const retiring = client({ clientId: 'client-0', role: 'retiring', retiringSince: NOW });

describe('a rotation that is asked for', () => {
  it('is remembered, and nothing holds it back any more', () => {
    const before = record({ rotationHeldUntil: NOW + 1, backOff: { failures: 1, until: NOW + 1 } });
    expect(askRotation(before, asked)).toEqual(record({ rotation: asked }));
  });

  it.each([
    ['is under way', record({ rotation: asked })],
    ['has its next client', record({ clients: [client(), client({ clientId: 'client-2', role: 'next' })] })],
    ['has its old client', record({ clients: [client(), retiring] })],
  ])('is the one that %s', (_what, before) => {
    expect(askRotation(before, asked)).toBe(before);
    expect(askRotation(before, leak).rotation).toEqual(leak);
  });

  it('in place tries a token once more that was refused', () => {
    const leaving = client({ clientId: 'client-0', role: 'leaving', accessSeen: 'refused' });
    const before = record({ clients: [leaving, client({ accessSeen: 'refused' })] });
    const inPlace = { ...asked, strategy: 'in-place' } as const;
    expect(askRotation(before, inPlace).clients).toEqual([leaving, client({ accessSeen: 'refused', uncertain: true })]);
    expect(askRotation(record(), inPlace)).toEqual(record({ rotation: inPlace }));
    expect(askRotation(record({ clients: [client({ accessSeen: 'refused' })] }), asked).clients).toEqual([
      client({ accessSeen: 'refused' }),
    ]);
  });

  it('needs a client', () => {
    expect(() => askRotation(record({ clients: [] }), asked)).toThrow(
      expect.objectContaining({ code: 'registration_not_found' }),
    );
  });
});

describe('the client that is in use', () => {
  it('lets the ones go that it replaced', () => {
    const after = confirmUse(record({ clients: [retiring, client()] }), 'client-1');
    expect(after.clients.map(({ role }) => role)).toEqual(['leaving', 'current']);
  });

  it.each([
    [
      'is an old one',
      [retiring, client()],
      'client-0',
      /client client-0 is one that was replaced; the current one is client-1/u,
    ],
    ['is an old one and nothing has replaced it', [retiring], 'client-0', /the current one is not there yet/u],
    ['is unknown', [client()], 'client-9', /has no client client-9/u],
  ])('confirms nothing when it %s', (_what, clients, clientId, words) => {
    expect(() => confirmUse(record({ clients }), clientId)).toThrow(
      expect.objectContaining({ code: 'not_confirmable', message: expect.stringMatching(words) }),
    );
  });
});

describe('a client that is handed over', () => {
  const given = { clientId: 'client-7', clientSecret: 'theirs', access: access('client-7') };
  const orphan = { clientId: 'client-7', server: record().server, marker: '', reason: '', since: NOW };

  it('is the current one, to be read first, and no orphan any more', () => {
    const after = adoptClient(record({ clients: [], orphans: [orphan] }), given, NOW, 'run 9');
    expect(after.clients).toMatchObject([
      { ...given, role: 'current', purpose: 'adopted', uncertain: true, madeByRun: 'run 9' },
    ]);
    expect(after.ledger).toMatchObject([{ clientId: 'client-7', madeAt: NOW, madeByRun: 'run 9' }]);
    expect(after.orphans).toEqual([]);
  });

  it('is only watched when there is no access', () => {
    const after = adoptClient(record({ clients: [] }), { clientId: 'client-7' }, NOW);
    for (const member of ['access', 'clientSecret', 'uncertain', 'madeByRun'])
      expect(after.clients[0]).not.toHaveProperty(member);
    expect(after.ledger[0]).not.toHaveProperty('madeByRun');
  });

  it('is handed over once', () => {
    const before = record();
    expect(adoptClient(before, { clientId: 'client-1' }, NOW)).toBe(before);
  });

  it.each([
    ['whose token was refused', client({ accessSeen: 'refused' })],
    ['that came without one', { ...without(client(), 'access'), accessWithheld: 'the server gave none' }],
  ])('gives a client that is known, %s, its access, and is read first', (_which, known) => {
    const anew = { clientId: 'client-1', access: { ...access('client-1'), registrationAccessToken: 'new' } };
    const { clients } = adoptClient(record({ clients: [retiring, known] }), anew, NOW);
    const expected = { ...client(), access: anew.access, accessSeen: 'untried', uncertain: true };
    expect(clients).toEqual([retiring, expected]);
  });

  it('gives a client that is known a secret, too, which is tried and published anew', () => {
    const known = client({ accessSeen: 'refused', clientSecretExpiresAt: 9 });
    const anew = { clientId: 'client-1', access: { ...access('client-1'), registrationAccessToken: 'new' } };
    const changed = adoptClient(record({ clients: [known] }), { ...anew, clientSecret: 'new secret' }, NOW);
    const read = { access: anew.access, accessSeen: 'untried', uncertain: true } as const;
    expect(changed.clients).toEqual([
      { ...without(client(), 'verification'), ...read, clientSecret: 'new secret', edition: 2 },
    ]);
    const same = adoptClient(record({ clients: [known] }), { ...anew, clientSecret: 'secret of client-1' }, NOW);
    expect(same.clients).toEqual([{ ...known, ...read }]);
  });

  it('does not have its access used for a client of another server', () => {
    const known = client({ accessSeen: 'refused', server: ELSEWHERE });
    const anew = { clientId: 'client-1', access: { ...access('client-1'), registrationAccessToken: 'new' } };
    expect(() => adoptClient(record({ clients: [known] }), anew, NOW)).toThrow(
      expect.objectContaining({ code: 'input_invalid', message: expect.stringContaining(ELSEWHERE.address) }),
    );
  });

  it('leaves access alone that works, or that would go elsewhere', () => {
    const before = record();
    expect(adoptClient(before, { clientId: 'client-1', access: access('client-1') }, NOW)).toBe(before);
    const elsewhere = { registrationAccessToken: 'new', registrationClientUri: 'https://evil.example/client-1' };
    const locked = record({ clients: [client({ accessSeen: 'refused' })] });
    expect(adoptClient(locked, { clientId: 'client-1' }, NOW)).toBe(locked);
    expect(adoptClient(locked, { clientId: 'client-1', access: access('client-1') }, NOW)).toBe(locked);
    expect(() => adoptClient(locked, { clientId: 'client-1', access: elsewhere }, NOW)).toThrow(
      expect.objectContaining({ code: 'configuration_endpoint_elsewhere' }),
    );
  });

  it('does not replace another', () => {
    expect(() => adoptClient(record(), given, NOW)).toThrow(expect.objectContaining({ code: 'input_invalid' }));
  });

  it('is refused with a configuration endpoint that its token must not be sent to', () => {
    const given = {
      clientId: 'client-7',
      access: { registrationClientUri: 'https://evil.example/reg/7', registrationAccessToken: 'token-7' },
    };
    expect(() => adoptClient(record({ clients: [] }), given, NOW)).toThrow(
      expect.objectContaining({
        code: 'configuration_endpoint_elsewhere',
        message: expect.stringContaining('https://evil.example'),
      }),
    );
  });
});

describe('a suspect', () => {
  const given = { clientId: 'client-7', access: access('client-7') };

  it('is forgotten', () => {
    expect(forgetSuspects(record({ suspects: [suspect(), suspect()] }))).toEqual(record());
    expect(() => forgetSuspects(record())).toThrow(expect.objectContaining({ code: 'registration_not_found' }));
  });

  it('that was found is the current client where there is none', () => {
    const before = record({ clients: [retiring], suspects: [suspect({ key: KEY }), suspect({ marker: 'or-2' })] });
    const after = adoptSuspect(before, given, NOW);
    expect(after.clients).toMatchObject([
      { clientId: 'client-0' },
      { clientId: 'client-7', role: 'current', marker: 'or-0123456789ab', key: KEY },
    ]);
    expect(after.suspects).toMatchObject([{ marker: 'or-2' }]);
  });

  it('that was found is deleted where there is a client', () => {
    const after = adoptSuspect(record({ suspects: [suspect()] }), given, NOW, 'run 9');
    expect(after.clients).toMatchObject([
      { clientId: 'client-1', role: 'current' },
      { clientId: 'client-7', role: 'leaving' },
    ]);
    expect(after.ledger).toMatchObject([{ clientId: 'client-7' }]);
  });

  it('that turns out to be the current client is only cleared away', () => {
    expect(adoptSuspect(record({ suspects: [suspect()] }), { clientId: 'client-1' }, NOW)).toEqual(record());
  });

  it('is at the server where it was asked for', () => {
    const before = record({ clients: [], suspects: [suspect({ server: ELSEWHERE })] });
    const there = {
      ...given,
      access: { registrationClientUri: 'https://other.example.net/register/7', registrationAccessToken: 'token-7' },
    };
    const after = adoptSuspect(before, there, NOW);
    expect([after.clients[0]?.server, after.server]).toEqual([ELSEWHERE, before.server]);
    expect(() => adoptSuspect(before, { ...given, access: access('client-7') }, NOW)).toThrow(
      expect.objectContaining({ code: 'configuration_endpoint_elsewhere' }),
    );
  });

  it('has to be there to be found', () => {
    expect(() => adoptSuspect(record(), given, NOW)).toThrow(
      expect.objectContaining({ code: 'registration_not_found' }),
    );
  });
});
