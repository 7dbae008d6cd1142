import { expect, test } from 'vitest';
import { CATALOG } from '../../shared/errors/catalog.ts';
import { printable } from '../../shared/errors/printable.ts';

const entries = Object.entries(CATALOG).map(([code, entry]) => ({ code, ...entry }));

test.each(entries)(
  '$code is one word with a meaning and a hint, each printable and a sentence',
  ({ code, meaning, hint }) => {
    expect(code).toMatch(/^[a-z]+(?:_[a-z]+)*$/u);
    expect(meaning).toMatch(/^[A-Z].+[.)]$/u);
    expect(hint).toMatch(/^[A-Z].{20,}$/u);
    expect([meaning, hint]).toEqual([meaning, hint].map((text) => printable(text)));
  },
);

test('no two codes mean the same', () => {
  expect(new Set(entries.map(({ meaning }) => meaning)).size).toBe(entries.length);
});

test.each([
  'invalid_redirect_uri',
  'invalid_client_metadata',
  'invalid_software_statement',
  'unapproved_software_statement',
])('RFC 7591 names %s, and so do we', (code) => {
  expect(Object.keys(CATALOG)).toContain(code);
});
