import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MUTATIONS } from './mutations.ts';

const ROOT = new URL('../../', import.meta.url);

it.each(MUTATIONS)('can still be taken away: $safety', ({ file, from, to, tests }) => {
  expect(readFileSync(new URL(file, ROOT), 'utf8').split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
  expect(tests.filter((test) => !existsSync(new URL(test, ROOT)))).toEqual([]);
});
