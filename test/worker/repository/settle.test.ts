import { describe, expect, test } from 'vitest';
import { RegistrarError } from '../../../shared/errors/registrar-error.ts';
import type { Outcome } from '../../../shared/reconcile/reconcile.ts';
import type { Orphan, RegistrationRecord } from '../../../shared/record/record.ts';
import { decideIn, dueTime } from '../../../worker/repository/decide.ts';
import { settle } from '../../../worker/repository/settle.ts';
import { client, DAY, desired, HOUR, NOW, ROTATION, record, SERVER } from '../../reconcile/build.ts';

const owner = { kind: 'pull_request', number: 1 } as const;
const problem = (code: RegistrarError['code']) => new RegistrarError(code, { message: 'No.' });
const rest = (outcome: Partial<Outcome> & { readonly record: RegistrationRecord }, more = {}) =>
  settle({
    outcome: { events: [], rest: 'done', ...outcome },
    now: NOW,
    publishes: false,
    failures: 0,
    orphansTried: null,
    jitter: 0,
    ...more,
  });

describe('when the alarm is to look again', () => {
  const owned = record({ owner, desired: desired({ owner }), expiresAt: NOW + DAY, clients: [client()] });

  test('at the end of the time to live', () => {
    expect(rest({ record: owned })).toEqual({ due: NOW + DAY, failures: 0, problem: null });
  });

  test('never for what has neither owner nor rotation', () => {
    expect(rest({ record: record({ clients: [client()] }) }).due).toBeNull();
  });

  test('when the engine says so', () => {
    expect(rest({ record: owned, rest: 'waiting', until: NOW + 5 }).due).toBe(NOW + 5);
  });

  test('not before the job has published, but at the end of the time to live', () => {
    const settled = rest({ record: owned, rest: 'stopped', problem: problem('publish_by_job') });
    expect(settled).toMatchObject({ due: NOW + DAY, failures: 0 });
  });

  test('after a failure: later and later', () => {
    const dues = [0, 3, 20].map((failures) => {
      const { due } = rest(
        { record: record({ clients: [client()] }), rest: 'stopped', problem: problem('github_failed') },
        { failures },
      );
      return Number(due) - NOW;
    });
    expect(dues).toEqual([64_000, 512_000, 6 * HOUR]);
  });

  test('once a day for what a person has to put right, and never if there is no client', () => {
    const outcome = { rest: 'stopped', problem: problem('registration_refused') } as const;
    expect(rest({ record: record({ clients: [client()] }), ...outcome }).due).toBe(NOW + DAY);
    expect(rest({ record: record({ clients: [] }), ...outcome }).due).toBeNull();
  });

  test('later, when the end of the time to live has come and could not be brought about', () => {
    const late = { ...owned, expiresAt: NOW - 1 };
    expect(rest({ record: late, rest: 'stopped', problem: problem('cancelled') }).due).toBe(NOW + 64_000);
    const refused = { rest: 'stopped', problem: problem('registration_refused') } as const;
    expect(rest({ record: { ...late, clients: [] }, ...refused }).due).toBe(NOW + DAY);
  });

  test('when what has ended may be forgotten, unless a person has to look at it', () => {
    const ended = record({ clients: [], ending: { since: NOW, reason: 'so' } });
    expect(rest({ record: ended }).due).toBe(NOW + 90 * DAY);
    expect(rest({ record: ended }, { now: NOW + 100 * DAY }).due).toBe(NOW + 101 * DAY);
    const orphan: Orphan = { clientId: 'a', server: SERVER, marker: '', reason: 'so', since: NOW };
    expect(rest({ record: { ...ended, orphans: [orphan] } }).due).toBeNull();
  });

  test('soon, when the end could not be saved', () => {
    const ended = record({ clients: [], ending: { since: NOW, reason: 'so' } });
    expect(rest({ record: ended, rest: 'stopped', problem: problem('state_unwritable') }).due).toBe(NOW + 64_000);
  });

  test('a month after a client could not be deleted, if it could be tried', () => {
    const access = { registrationClientUri: 'https://as.example.org/register/a', registrationAccessToken: 't' };
    const orphan: Orphan = { clientId: 'a', server: SERVER, marker: '', reason: 'so', since: NOW, access };
    const ended = record({ clients: [], ending: { since: NOW, reason: 'so' }, orphans: [orphan] });
    expect(rest({ record: ended }).due).toBe(NOW + 30 * DAY);
    expect(rest({ record: ended }, { orphansTried: NOW + DAY }).due).toBe(NOW + 31 * DAY);
  });
});

describe('a rotation by age', () => {
  const publish = [{ kind: 'github', createEnvironment: false, items: [] }] as const;
  const aged = (more = {}) =>
    record({ desired: desired({ rotation: ROTATION, ...more }), clients: [client({ madeAt: NOW - 31 * DAY })] });

  test('begins by itself only where the Worker publishes', () => {
    const alone = { alone: true, publishes: true };
    expect(decideIn(alone)(aged({ publish }), NOW).kind).toBe('register');
    expect(decideIn(alone)(aged(), NOW)).toEqual({ kind: 'done' });
    expect(decideIn({ ...alone, publishes: false })(aged({ publish }), NOW)).toEqual({ kind: 'done' });
    expect(dueTime(aged({ publish }), NOW, false)).toBeUndefined();
    expect(dueTime(aged({ publish }), NOW, true)).toBe(NOW);
  });

  test('begins with the next run in any case', () => {
    expect(decideIn({ alone: false, publishes: false })(aged(), NOW).kind).toBe('register');
  });

  test('that was asked for waits too, unless the credentials leaked', () => {
    const asked = (reason: 'asked' | 'leak') => ({
      ...aged(),
      rotation: { reason, strategy: 'replace', startedAt: NOW } as const,
    });
    expect(decideIn({ alone: true, publishes: false })(asked('asked'), NOW).kind).toBe('done');
    expect(decideIn({ alone: true, publishes: false })(asked('leak'), NOW).kind).toBe('register');
  });

  test('is announced by the Worker only', () => {
    const announced = record({
      desired: desired({ rotation: ROTATION, announce: 'dispatch' }),
      clients: [client(), client({ clientId: 'next', role: 'next' })],
    });
    expect(decideIn({ alone: false, publishes: true })(announced, NOW).kind).toBe('announce');
    expect(decideIn({ alone: false, publishes: false })(announced, NOW).kind).toBe('promote');
  });
});
