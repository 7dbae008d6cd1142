import type * as z from 'zod';
import type { Problem } from '../../shared/errors/registrar-error.ts';
import { didYouMean } from '../../shared/manifest/did-you-mean.ts';
import { showPath } from '../../shared/manifest/problems.ts';

const KIND_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** For a schema: what its value should have been, in a message that does not have the value. */
export function expecting(expected: string): { readonly error: (issue: { readonly input?: unknown }) => string } {
  return { error: ({ input }) => `${input === undefined ? 'is missing' : 'cannot be used'}; expected ${expected}` };
}

/**
 * A value as its schema has it. Undefined when it does not fit; then every problem is reported, with its place below
 * `name`, and never the value, which can be a secret.
 */
export function parseShape<T>(
  schema: z.ZodType<T>,
  { name, value }: { readonly name: string; readonly value: unknown },
  report: (problem: Problem) => void,
): T | undefined {
  const result = schema.safeParse(value, { error: inWords });
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const at = [name, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
    if (issue.code !== 'unrecognized_keys') {
      report({ path: showPath(at), message: issue.message });
      continue;
    }
    const known = issue.message.split(' ');
    for (const key of issue.keys) {
      const expected = didYouMean(key, known) ?? `one of ${known.join(', ')}`;
      report({ path: showPath([...at, key]), message: 'is not known here', expected });
    }
  }
  return undefined;
}

function inWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return Object.keys((issue.inst as z.ZodObject).shape).join(' ');
    case 'invalid_type': {
      const wanted = String(KIND_WORDS[String(issue.expected)]);
      return issue.input === undefined
        ? `is missing; expected ${wanted}`
        : `is ${kindOf(issue.input)}; expected ${wanted}`;
    }
    default:
      return 'is empty or not positive';
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'boolean' ? 'a boolean' : String(KIND_WORDS[typeof value]);
}
