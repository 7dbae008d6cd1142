import { describe, expect, it } from 'vitest';
import { lostCall, suspectIntent } from '../../shared/reconcile/lost-answer.ts';
import { nextStep } from '../../shared/reconcile/next-step.ts';
import type { Call, Client } from '../../shared/record/record.ts';
import { CHANGED, client, HOUR, intent, KEY, METADATA, NOW, OWNER, record, removal, without } from './build.ts';

const call = (more: Partial<Call> = {}): Call => ({
  clientId: 'client-1',
  verb: 'update',
  requested: METADATA,
  startedAt: NOW - HOUR,
  limitAt: NOW,
  ...more,
});

/** What is left of a client after a call for it was never answered. */
function lose(of: Client, lost: Call): Client {
  const after = lostCall(record({ clients: [of, client({ clientId: 'other' })], call: lost }), lost).record;
  expect(after).not.toHaveProperty('call');
  expect(after.clients[1]).toEqual(client({ clientId: 'other' }));
  return after.clients[0] as Client;
}

describe('an update without an answer', () => {
  const unproven = without(client({ uncertain: true }), 'verification');

  it('makes the client uncertain, and what was proven of it void', () => {
    expect(lose(client(), call())).toEqual(unproven);
    expect(lose(client(), without(call({ verb: 'read' }), 'requested'))).toEqual(unproven);
  });

  it.each([
    ['the old', METADATA],
    ['the new', CHANGED],
  ])('fits neither the old nor the new manifest: not %s', (_which, metadata) => {
    const lost = lose(client(), call({ requested: { ...CHANGED, logo_uri: 'https://app.example.com/logo.png' } }));
    expect(Object.keys(lost.requested)).toEqual([...Object.keys(METADATA), 'logo_uri']);
    const found = record({ clients: [without(lost, 'uncertain')] });
    expect(nextStep({ ...found, desired: { ...found.desired, metadata } }, NOW).kind).toBe('update');
  });

  it('leaves a refused token refused that was tried once more', () => {
    const refused = client({ accessSeen: 'refused' });
    const lost = lose({ ...refused, uncertain: true }, without(call({ verb: 'read' }), 'requested'));
    expect(lost).toEqual(without(refused, 'verification'));
  });

  it('keeps a key that may be in force', () => {
    expect(lose(client(), call({ key: KEY }))).toEqual({ ...unproven, key: KEY, edition: 2 });
    expect(lose(client({ key: KEY }), call({ key: KEY }))).toEqual({ ...unproven, key: KEY });
  });
});

describe('a call without an answer for a client that is being deleted', () => {
  const leaving = client({ role: 'leaving' });

  it('counts when it was the deletion', () => {
    expect(lose(leaving, call({ verb: 'remove' })).removal).toMatchObject({ unanswered: true, since: NOW - HOUR });
  });

  it('does not count when it was another', () => {
    const read = lose(leaving, call({ verb: 'read' }));
    expect([read.removal?.unanswered, read.uncertain]).toEqual([false, true]);
    expect(lose(leaving, call({ verb: 'remove' })).uncertain).toBeUndefined();
    const before = { ...leaving, removal: removal({ unanswered: true }) };
    expect(lose(before, call({ verb: 'read' }))).toEqual({ ...before, uncertain: true });
  });

  it.each(['remove', 'read'] as const)('leaves no refusal that a later one could follow: %s', (verb) => {
    const before = { ...leaving, removal: removal({ refused: true }) };
    expect(lose(before, call({ verb })).removal).not.toHaveProperty('refused');
  });
});

describe('a registration without an answer', () => {
  it('is a suspect that says what to look for', () => {
    const { record: after, events } = suspectIntent(
      record({ owner: OWNER, intent: intent() }),
      intent(),
      NOW,
      'no answer',
    );
    expect(after).not.toHaveProperty('intent');
    expect(after.suspects).toEqual([{ ...without(intent(), 'limitAt'), reason: 'no answer', since: NOW }]);
    expect(events).toEqual([
      { kind: 'suspected', lookFor: 'a client whose client_name contains or-0123456789ab', reason: 'no answer' },
    ]);
  });

  it.each([
    ['named "Growth chart"', METADATA],
    ['without a name', {}],
  ])('of a permanent client is to be found by time and name: %s', (words, requested) => {
    const asked = intent({ marker: '', requested });
    const [event] = suspectIntent(record({ clients: [], intent: asked }), asked, NOW, '').events;
    expect(event).toMatchObject({
      lookFor: `a client ${words} made within two minutes after 2026-01-01T11:00:00.000Z`,
    });
  });

  it('is not one of those that are known', () => {
    const asked = intent({ marker: '' });
    const [event] = suspectIntent(record({ intent: asked }), asked, NOW, '').events;
    expect(event).toMatchObject({ lookFor: expect.stringMatching(/, other than client-1$/u) });
  });
});
