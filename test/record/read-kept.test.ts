import { expect, it } from 'vitest';
import * as z from 'zod';
import { readKept } from '../../shared/record/read-kept.ts';

it.each([
  ['what the schema takes', '{"a":1}', { a: 1 }],
  ['another value', '{"a":"1"}', undefined],
  ['no JSON', '{"a":', undefined],
])('reads %s or nothing', (_what, text, expected) => {
  expect(readKept(z.object({ a: z.number() }), text)).toEqual(expected);
});
