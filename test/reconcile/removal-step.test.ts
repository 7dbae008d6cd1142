import { describe, expect, it } from 'vitest';
import { afterConfirm, afterGoneVerify, afterRemove, removalOf } from '../../shared/reconcile/removal-step.ts';
import type { Client, Removal } from '../../shared/record/record.ts';
import type { Answer } from '../../shared/registration/answer.ts';
import { client, HOUR, NOW, removal, without } from './build.ts';
import {
  busy,
  failed,
  forbidden,
  missing,
  notSent,
  refused,
  rejected,
  silent,
  there,
  unsupported,
} from './model-server.ts';

type Row = readonly [sentence: string, client: Client, answer: Answer, expected: Partial<Removal>];

const leaving = (more: Partial<Client> = {}) => client({ role: 'leaving', ...more });
const tried = (more: Partial<Removal>) => leaving({ removal: removal(more) });
const unproven = without(leaving(), 'verification');
/** The answer before was a refusal. */
const refusedBefore = (before: Client): Client => ({
  ...before,
  removal: { ...removalOf(before, NOW), refused: true },
});

describe('after a DELETE', () => {
  it.each<Row>([
    ['a yes is confirmed by reading', leaving(), { kind: 'removed' }, { stage: 'confirm', accepted: true, asked: 1 }],
    ['a yes with the client is a yes', leaving(), there, { stage: 'confirm', accepted: true }],
    ['a 404 is looked into', leaving(), missing, { stage: 'confirm', accepted: false }],
    ['a refusal makes it try the credentials that worked', leaving(), refused, { stage: 'verify' }],
    ['a refusal proves nothing where no credentials worked', unproven, refused, { stage: 'impossible' }],
    [
      'a refusal proves nothing where the credentials have expired',
      leaving({ clientSecretExpiresAt: NOW / 1000 }),
      refused,
      { stage: 'impossible' },
    ],
    [
      'credentials that expire later can be tried',
      leaving({ clientSecretExpiresAt: NOW / 1000 + 1 }),
      refused,
      { stage: 'verify' },
    ],
    ['a refusal after a DELETE without an answer is proof', tried({ unanswered: true }), refused, { stage: 'gone' }],
    [
      'a refusal after a DELETE without an answer proves nothing where the token may have been replaced',
      leaving({ uncertain: true, removal: removal({ unanswered: true }) }),
      refused,
      { stage: 'verify' },
    ],
    [
      'a refusal after a DELETE without an answer proves nothing where the token was refused before',
      leaving({ accessSeen: 'refused', removal: removal({ unanswered: true }) }),
      refused,
      { stage: 'verify' },
    ],
    [
      'a refusal after a DELETE without an answer proves nothing where the token was never seen to work',
      leaving({ accessSeen: 'untried', removal: removal({ unanswered: true }) }),
      refused,
      { stage: 'verify' },
    ],
    ['a refusal after a yes is proof', tried({ accepted: true }), refused, { stage: 'gone' }],
    [
      'a refusal after a yes proves nothing where the token may have been replaced',
      leaving({ uncertain: true, removal: removal({ accepted: true }) }),
      refused,
      { stage: 'verify' },
    ],
    ['what is not there cannot be used', leaving(), unsupported, { stage: 'impossible', reason: 'answered 405' }],
    ['what is forbidden is left to people', leaving(), forbidden, { stage: 'impossible' }],
    ['what is rejected is left to people', leaving(), rejected, { stage: 'impossible' }],
    [
      'a failure is tried again a little later',
      leaving(),
      failed,
      { stage: 'ask', unanswered: true, failures: 1, tryAt: NOW + 500 },
    ],
    [
      'the second failure is tried again later than the first',
      tried({ failures: 1 }),
      silent,
      { failures: 2, tryAt: NOW + 1_000 },
    ],
    ['a server that is busy says when', leaving(), busy, { stage: 'ask', unanswered: false, tryAt: NOW + 7_000 }],
    ['what was not sent is tried again', leaving(), notSent, { stage: 'ask', unanswered: false, failures: 1 }],
  ])('%s', (_sentence, before, answer, expected) => {
    expect(afterRemove(refusedBefore(before), answer, NOW, 1)).toMatchObject(expected);
  });
});

describe('after reading what should be gone', () => {
  it.each<Row>([
    ['a client that cannot be deleted is left to people', tried({}), there, { stage: 'impossible' }],
    ['a client that was deleted once is deleted again', tried({ accepted: true, asked: 1 }), there, { stage: 'ask' }],
    [
      'a client that was deleted twice is left to people',
      tried({ accepted: true, asked: 2 }),
      there,
      { stage: 'impossible' },
    ],
    ['a refusal after a yes is the end', tried({ accepted: true }), refused, { stage: 'gone' }],
    [
      'a refusal after a yes is not the end where the token may have been replaced',
      leaving({ uncertain: true, removal: removal({ accepted: true }) }),
      refused,
      { stage: 'verify' },
    ],
    ['a 404 after a yes is the end', tried({ accepted: true }), missing, { stage: 'gone' }],
    [
      'a 404 after a yes is the end where the token may have been replaced, too',
      leaving({ uncertain: true, removal: removal({ accepted: true }) }),
      missing,
      { stage: 'gone' },
    ],
    [
      'a 404 where management worked is the end',
      tried({}),
      missing,
      { stage: 'gone', reason: 'the server no longer knows it' },
    ],
    [
      'a 404 where management never worked proves nothing',
      { ...unproven, accessSeen: 'untried', removal: removal() },
      missing,
      { stage: 'impossible', reason: 'answered 404' },
    ],
    ['a refusal without a yes makes it try the credentials', tried({}), refused, { stage: 'verify' }],
    ['a failure is tried again', tried({ accepted: true }), failed, { failures: 1, reason: 'answered 500' }],
    ['what was not sent is tried again', tried({}), notSent, { failures: 1 }],
    ['a server that is busy says when', tried({}), busy, { tryAt: NOW + 7_000 }],
  ])('%s', (_sentence, before, answer, expected) => {
    expect(afterConfirm(refusedBefore(before), answer, NOW, 0)).toMatchObject(expected);
  });
});

describe('after trying credentials that should be gone', () => {
  it.each([
    ['a refusal is proof', 'refused', { stage: 'gone' }],
    ['credentials that work are left to people', 'works', { stage: 'impossible' }],
    [
      'an outcome that says nothing is left to people',
      'unknown',
      { stage: 'impossible', reason: 'answered 500; said' },
    ],
    ['no answer is asked for again', 'unreachable', { stage: 'verify', failures: 1, tryAt: NOW + 1_000 }],
  ] as const)('%s', (_sentence, outcome, expected) => {
    const result = { outcome, reason: 'said', traits: {} };
    expect(afterGoneVerify(tried({ stage: 'verify', refused: true }), result, NOW, 0)).toMatchObject(expected);
  });

  it('keeps when it began', () => {
    const result = { outcome: 'refused', reason: '', traits: {} } as const;
    expect(afterGoneVerify(tried({}), result, NOW, 0).since).toBe(NOW - HOUR);
  });
});

describe('a refusal that comes once', () => {
  const invalid = { outcome: 'refused', reason: 'answered invalid_client', traits: {} } as const;

  it.each<Row>([
    ['of a DELETE', tried({ asked: 0, unanswered: true, accepted: true }), refused, { stage: 'ask', asked: 0 }],
    ['of a DELETE that is forbidden', tried({ asked: 0 }), forbidden, { stage: 'ask', asked: 0 }],
  ])('%s makes it ask again', (_sentence, before, answer, expected) => {
    const after = afterRemove(before, answer, NOW, 0);
    expect(after).toMatchObject({ ...expected, refused: true, tryAt: NOW, failures: 0 });
  });

  it.each<Row>([
    ['with 401', tried({ stage: 'confirm', accepted: true }), refused, { reason: 'answered 401 invalid_token' }],
    ['with 403', tried({ stage: 'confirm', accepted: true }), forbidden, { reason: 'answered 403' }],
    ['with 404', tried({ stage: 'confirm', accepted: true }), missing, { reason: 'answered 404' }],
  ])('of a read %s makes it read again', (_sentence, before, answer, expected) => {
    expect(afterConfirm(before, answer, NOW, 0)).toMatchObject({ ...expected, stage: 'confirm', refused: true });
  });

  it('of the credentials makes them be tried again', () => {
    // What an orphan has to say is why its deletion failed.
    const expected = { stage: 'verify', refused: true, reason: 'answered 500' };
    expect(afterGoneVerify(tried({ stage: 'verify' }), invalid, NOW, 0)).toMatchObject(expected);
  });

  it.each([0, 0.2])('is not asked about at once, whatever a busy server says (%d s)', (retryAfterSeconds) => {
    const again = { ...busy, retryAfterSeconds };
    expect(afterRemove(tried({}), again, NOW, 0).tryAt).toBe(NOW + 1_000);
    expect(afterConfirm(tried({ stage: 'confirm' }), again, NOW, 0).tryAt).toBe(NOW + 1_000);
  });

  it('is forgotten after any other answer', () => {
    const before = refusedBefore(tried({ stage: 'confirm', accepted: true, asked: 1 }));
    const unreachable = { outcome: 'unreachable', reason: '', traits: {} } as const;
    const after = [
      ...([{ kind: 'removed' }, missing, failed, busy, notSent] as const).map((answer) =>
        afterRemove(before, answer, NOW, 0),
      ),
      ...([there, failed, busy, notSent] as const).map((answer) => afterConfirm(before, answer, NOW, 0)),
      afterGoneVerify(before, unreachable, NOW, 0),
    ];
    for (const removal of after) expect(removal).not.toHaveProperty('refused');
  });
});
