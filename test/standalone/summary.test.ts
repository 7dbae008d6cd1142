import { describe, expect, it } from 'vitest';
import { firstDayLines } from '../../action/first-day.ts';
import { keptSummary } from '../../action/kept-summary.ts';
import type { ClientReport } from '../../action/report.ts';
import type { Client, RegistrationRecord } from '../../shared/record/record.ts';
import { readable } from './support/manifests.ts';

const NOW = Date.UTC(2026, 10, 25, 12);
const DAY = 86_400_000;
const SERVER = {
  address: 'https://as.example.org',
  registrationEndpoint: 'https://as.example.org/reg',
  registrationSource: { kind: 'manifest' },
} as const;

const client = (clientId: string, more: Partial<Client> = {}): Client => ({
  clientId,
  role: 'current',
  edition: 1,
  server: SERVER,
  purpose: 'first',
  accessSeen: 'works',
  requested: {},
  granted: {},
  marker: '',
  madeAt: NOW,
  ...more,
});

const ROTATION = { overlapSeconds: 86_400, strategy: 'replace', clientIdMayChange: true, retire: 'confirmed' } as const;

function report(more: Partial<RegistrationRecord> = {}, desired: Partial<ClientReport['desired']> = {}): ClientReport {
  const whole: ClientReport['desired'] = {
    key: 'production/web',
    name: 'web',
    environment: 'production',
    server: { address: SERVER.address, configurationEndpointOrigins: [] },
    metadata: { client_name: 'App' },
    makeKey: false,
    publish: [],
    update: 'ask',
    strict: false,
    ...desired,
  };
  const record: RegistrationRecord = {
    version: 1,
    key: whole.key,
    desired: whole,
    server: SERVER,
    clients: [client('new')],
    suspects: [],
    orphans: [],
    published: [],
    traits: {},
    ledger: [],
    ...more,
  };
  return { desired: whole, record, events: [] };
}

const shown = (...reports: readonly ClientReport[]) => readable({ summary: keptSummary(reports, NOW) });

describe('the summary of what is kept', () => {
  it('says until when each client lives, where it is published and when it changes next', () => {
    const item = (name: string) => ({ kind: 'secret', name, field: 'client_secret' }) as const;
    const entry = (name: string, of: string, target: { readonly environment?: string } = {}) => ({
      target: { kind: 'github' as const, ...target },
      item: item(name),
      state: 'written' as const,
      of,
      at: NOW,
    });
    const published = [
      entry('ONE', 'new#1'),
      entry('TWO', 'old#1'),
      entry('THREE', 'new#1', { environment: 'live | *site*' }),
    ];
    const rows = shown(
      report({ published }, { rotation: { ...ROTATION, everySeconds: 30 * 86_400 } }),
      report({ owner: { kind: 'pull_request', number: 42 }, expiresAt: NOW + 14 * DAY }),
      report({ owner: { kind: 'branch', name: 'feature/`x`' }, expiresAt: NOW + DAY }),
      report({ rotatedAt: NOW - 40 * DAY }, { rotation: { ...ROTATION, everySeconds: 30 * 86_400 } }),
    ).split('\n');
    expect(rows).toEqual([
      '| Client | Lives until | Published as | Next rotation |',
      '| --- | --- | --- | --- |',
      '| web | somebody deletes it | secret ONE, secret TWO (not written yet); secret THREE of environment live | *site* | with the first run after 2026-12-25 12:00 UTC |',
      '| web | #42 closes; without another deploy until 2026-12-09 12:00 UTC | outputs only | only when asked for |',
      '| web | branch feature/`x` is deleted; without another deploy until 2026-11-26 12:00 UTC | outputs only | only when asked for |',
      '| web | somebody deletes it | outputs only | with the next run |',
    ]);
    expect(keptSummary([report({ published })], NOW)).toContain('live &#124; &#42;site&#42;');
  });

  it('names the old client of a rotation, and how to confirm that it can go', () => {
    const clients = [client('new'), client('old', { role: 'retiring', retiringSince: NOW })];
    const confirmed = shown(report({ clients }, { rotation: ROTATION }));
    expect(confirmed).toContain('**Rotations to confirm**');
    expect(confirmed).toContain('the old client old still works');
    expect(confirmed).toContain('command: retire, environment: production, clients: web, client-id: new');
    const rotation = { ...ROTATION, retire: 'after-overlap' } as const;
    const timed = shown(report({ clients }, { rotation }));
    expect(timed).toContain('It is deleted by the first run after 2026-11-26 12:00 UTC.');
    expect(timed).not.toContain('command: retire');
  });

  it('lists suspects and orphans with what a person does about them', () => {
    const intent = {
      marker: 'or-0123456789ab',
      purpose: 'first',
      requested: {},
      server: SERVER,
      startedAt: NOW,
    } as const;
    const suspects = [{ ...intent, reason: 'the connection broke', since: NOW }];
    const orphans = [{ clientId: 'left', server: SERVER, marker: '', reason: 'it answers 405', since: NOW }];
    const text = shown(report({ suspects, orphans, intent: { ...intent, marker: 'or-ba9876543210', limitAt: NOW } }));
    expect(text).toContain(
      'ask the operator of https://as.example.org to look for a client whose client_name contains or-0123456789ab (the connection broke)',
    );
    expect(text).toContain('or-ba9876543210 (no answer came)');
    expect(text).toContain('command: resolve, environment: production, clients: web, resolution: forget');
    expect(text).toContain(
      'ask the operator of https://as.example.org to delete client left, not needed since 2026-11-25 12:00 UTC. We cannot: it answers 405.',
    );
  });

  it('is empty for clients of the job and for what has ended without a rest', () => {
    expect(shown(report({}, { ttl: 'job' }))).toBe('');
    expect(shown(report({ clients: [], ending: { since: NOW, reason: 'x' } }))).toBe('');
    expect(keptSummary([], NOW)).toBe('');
  });
});

describe('what is said on the first day', () => {
  const registered = { kind: 'registered', clientId: 'new', purpose: 'first' } as const;

  it('that a rotation changes the client_id, that updates replace the secret, that a secret ends', () => {
    const traits = { updateReplacesSecret: true };
    const first = { ...report({ traits }, { rotation: ROTATION }), events: [registered] };
    expect(firstDayLines([first])).toEqual([
      expect.stringContaining('web: each rotation gives the app a new client_id'),
      expect.stringContaining('until it says `update: interrupt`'),
    ]);
    for (const update of ['interrupt', 'replace'] as const) {
      const events = [{ kind: 'secret_replaced', clientId: 'new', by: 'update' } as const];
      expect(firstDayLines([{ ...report({ traits }, { update }), events }])[0]).toContain(`(update: ${update})`);
    }
    const expiring = [client('new', { clientSecretExpiresAt: NOW / 1000 + 86_400 })];
    expect(firstDayLines([report({ clients: expiring })])[0]).toContain(
      'ends on 2026-11-26 12:00 UTC, and nothing renews it',
    );
    const forbidden = { ...ROTATION, clientIdMayChange: false };
    expect(firstDayLines([report({ clients: expiring }, { rotation: forbidden })])[0]).toContain(
      'does not allow the rotation',
    );
    expect(firstDayLines([report({ clients: expiring }, { rotation: ROTATION })])).toEqual([]);
  });

  it('nothing of clients that end by themselves, and nothing twice', () => {
    const owned = report({ owner: { kind: 'branch', name: 'x' }, traits: { updateReplacesSecret: true } });
    expect(firstDayLines([{ ...owned, events: [registered] }])).toEqual([]);
    expect(firstDayLines([report({ traits: { updateReplacesSecret: true } }, { rotation: ROTATION })])).toEqual([]);
  });
});
