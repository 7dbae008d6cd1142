import { describe, expect, test } from 'vitest';
import type { Purpose } from '../../shared/http/http.ts';
import { type Ending, WAIT_BUDGET_MS, waitBeforeNextTry } from '../../shared/http/next-try.ts';

const PURPOSES: readonly Purpose[] = ['discovery', 'configure', 'register', 'token'];
const answer = (status: number, retryAfterSeconds?: number): Ending =>
  retryAfterSeconds === undefined ? { kind: 'answer', status } : { kind: 'answer', status, retryAfterSeconds };

/** How many tries each purpose makes when every one of them ends the same way. */
function tries(ending: Ending): number[] {
  return PURPOSES.map((purpose) => {
    let made = 1;
    while (waitBeforeNextTry(ending, { purpose, tries: made, waitedMs: 0, jitter: 0.5 }) !== undefined) made++;
    return made;
  });
}

describe('another try', () => {
  test.each<[string, Ending, number[]]>([
    ['nothing sent', { kind: 'not-sent' }, [4, 4, 3, 1]],
    ['a certificate that is not trusted', { kind: 'untrusted' }, [1, 1, 1, 1]],
    ['a broken connection', { kind: 'unclear' }, [4, 1, 1, 1]],
    ['no answer in time', { kind: 'timed-out' }, [2, 1, 1, 1]],
    ['200', answer(200), [1, 1, 1, 1]],
    ['401', answer(401), [1, 1, 1, 1]],
    ['404', answer(404), [1, 1, 1, 1]],
    ['429', answer(429), [4, 1, 1, 1]],
    ['429 with a time', answer(429, 1), [4, 4, 1, 1]],
    ['500', answer(500), [4, 1, 1, 1]],
    ['500 with a time', answer(500, 1), [4, 1, 1, 1]],
    ['501', answer(501), [1, 1, 1, 1]],
    ['502', answer(502), [4, 1, 1, 1]],
    ['503', answer(503), [4, 1, 1, 1]],
    ['503 with a time', answer(503, 0), [4, 4, 1, 1]],
    ['504', answer(504), [4, 1, 1, 1]],
    ['429 with an hour', answer(429, 3600), [1, 1, 1, 1]],
  ])('after %s', (_, ending, expected) => {
    expect(tries(ending)).toEqual(expected);
  });

  test('waits up to 1, 2 and 4 seconds, any part of it', () => {
    const waits = (jitter: number) =>
      [1, 2, 3].map((made) =>
        waitBeforeNextTry({ kind: 'unclear' }, { purpose: 'discovery', tries: made, waitedMs: 0, jitter }),
      );
    expect(waits(0)).toEqual([0, 0, 0]);
    expect(waits(0.5)).toEqual([500, 1000, 2000]);
    expect(waits(0.9999)).toEqual([999, 1999, 3999]);
  });

  test('never waits less than the server asks', () => {
    const state = { purpose: 'configure', tries: 3, waitedMs: 0, jitter: 0.5 } as const;
    expect(waitBeforeNextTry(answer(429, 20), state)).toBe(20_000);
    expect(waitBeforeNextTry(answer(429, 0), state)).toBe(2000);
  });

  test('is not made when all waits together would be longer than a minute', () => {
    const state = { purpose: 'discovery', tries: 2, jitter: 0 } as const;
    expect(waitBeforeNextTry(answer(503, 20), { ...state, waitedMs: WAIT_BUDGET_MS - 20_000 })).toBe(20_000);
    expect(waitBeforeNextTry(answer(503, 20), { ...state, waitedMs: WAIT_BUDGET_MS - 19_999 })).toBeUndefined();
  });
});
