import { expect, test } from 'vitest';
import { countKeys } from '../../../worker/inventory/count-keys.ts';

/** A list of registrations, a page at a time. */
function listing(...pages: readonly (readonly string[])[]) {
  return async (cursor = '0') => {
    const number = Number(cursor);
    const items = (pages[number] ?? []).map((keyId) => ({ key_id: keyId }));
    return { items, ...(number + 1 < pages.length && { cursor: String(number + 1) }) };
  };
}

test('a key that only the last of many registrations is sealed with is counted', async () => {
  expect(await countKeys(listing(['new', 'new'], [], ['new', 'old']))).toEqual({ new: 3, old: 1 });
});

test('of a repository without registrations there is nothing to count', async () => {
  expect(await countKeys(listing([]))).toEqual({});
});
