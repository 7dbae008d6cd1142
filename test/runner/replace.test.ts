import { expect, test } from 'vitest';
import { replace } from './replace.ts';

test('what matches is replaced, a string wherever it is', () => {
  expect(replace('a b a', 'a', '$&')).toBe('$& b $&');
  expect(replace('  rotate: x', /^( +)rotate.*$/mu, '$&\n$1announce: y')).toBe('  rotate: x\n  announce: y');
});

test('a replacement that changes nothing is an error', () => {
  expect(() => replace('a b', 'c', 'd')).toThrow('nothing to replace by "d": c');
  expect(() => replace('a b', /c/u, 'd')).toThrow('nothing to replace');
});
