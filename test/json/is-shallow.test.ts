import { expect, test } from 'vitest';
import { isShallow } from '../../shared/json/is-shallow.ts';

test.each([
  ['text', 0, true],
  [null, 0, true],
  [{}, 0, false],
  [[], 1, true],
  [{ a: [1] }, 1, false],
  [{ a: [1] }, 2, true],
  [[{}, [[]]], 2, false],
])('%j has no more than %i levels: %s', (value, levels, outcome) => {
  expect(isShallow(value, levels)).toBe(outcome);
});

test('what is nested without end is not walked through', () => {
  expect(isShallow(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)), 60)).toBe(false);
});
