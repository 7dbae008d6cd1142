import { describe, expect, test } from 'vitest';
import { retryAfterSeconds } from '../../shared/http/retry-after.ts';

const NOW = Date.UTC(2026, 10, 25, 12, 0, 0);
const read = (headers: Readonly<Record<string, string>>) =>
  retryAfterSeconds((name) => new Headers(headers).get(name), NOW);

describe('how long a server asks to wait', () => {
  test.each([
    ['120', 120],
    ['0', 0],
    [' 7 ', 7],
    ['1.2', 2],
    ['Wed, 25 Nov 2026 12:00:30 GMT', 30],
    ['Wed, 25 Nov 2026 11:00:00 GMT', 0],
    ['Wednesday, 25-Nov-26 12:01:00 GMT', 60],
    ['Wed Nov 25 12:00:05 2026', 5],
  ])('Retry-After: %s is %d seconds', (value, seconds) => {
    expect(read({ 'retry-after': value })).toBe(seconds);
  });

  test.each([
    '',
    '-5',
    'soon',
    '1e3',
    '12 monkeys',
    '2026-11-25',
    'Wed, 25 Nov 2026 12:00:30',
    'Wed, 99 Nov 2026 99:00:30 GMT',
    '1764072000',
    '9'.repeat(400),
  ])('Retry-After: %s counts as not said', (value) => {
    expect(read({ 'retry-after': value })).toBeUndefined();
  });

  test('other headers are read when Retry-After is missing or garbage', () => {
    expect(read({ 'x-retry-after': '42' })).toBe(42);
    expect(read({ 'ratelimit-reset': '43' })).toBe(43);
    expect(read({ 'retry-after': 'soon', 'x-retry-after': '5', 'ratelimit-reset': '9' })).toBe(5);
    expect(read({ 'retry-after': '1', 'x-retry-after': '5' })).toBe(1);
    expect(read({})).toBeUndefined();
  });
});
