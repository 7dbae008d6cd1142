import { expect, test } from 'vitest';
import { nextStep } from '../../../shared/reconcile/next-step.ts';
import { restoredRecord } from '../../../worker/repository/restored-record.ts';
import { client, DAY, desired, NOW, OWNER, record, removal } from '../../reconcile/build.ts';

test('a client of it is tried again before anything is published', () => {
  const restored = restoredRecord(record(), NOW);
  expect(restored.clients).toEqual([
    expect.not.objectContaining({ verification: expect.anything(), removal: expect.anything() }),
  ]);
  expect(nextStep(restored, NOW)).toMatchObject({ kind: 'verify' });
});

test('a client that was about to be given up as gone is asked to be deleted once more', () => {
  const ending = { since: NOW - DAY, reason: 'closed' };
  const leaving = client({ role: 'leaving', removal: removal({ stage: 'gone', accepted: true }) });
  const [kept] = restoredRecord(record({ ending, clients: [leaving] }), NOW).clients;
  expect(kept).toMatchObject({ role: 'leaving', accessSeen: 'untried' });
  expect(nextStep(restoredRecord(record({ ending, clients: [leaving] }), NOW), NOW)).toMatchObject({ kind: 'remove' });
});

test.each([
  ['what its manifest says', { kind: 'duration', seconds: 3_600 }, 3_600_000],
  ['14 days unless said', undefined, 14 * DAY],
  ['14 days for a client of a job, whose own end is a day after it was made', 'job', 14 * DAY],
] as const)('its time to live starts anew: %s', (_what, ttl, life) => {
  const owned = record({ owner: OWNER, expiresAt: NOW - DAY, desired: desired({ owner: OWNER, ...(ttl && { ttl }) }) });
  expect(restoredRecord(owned, NOW).expiresAt).toBe(NOW + life);
});

test('what stays has none', () => {
  expect(restoredRecord(record(), NOW)).not.toHaveProperty('expiresAt');
});
