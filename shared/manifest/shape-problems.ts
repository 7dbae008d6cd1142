import * as z from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { type Finding, type Path, quoted } from './problems.ts';

const KIND_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return String(KIND_WORDS[typeof value]);
}

/** The value at a path; undefined where there is none. */
function valueAt(value: unknown, at: Path): unknown {
  return at.reduce<unknown>(
    (inner, part) =>
      Object.hasOwn(Object(inner), part) ? (inner as Readonly<Record<string | number, unknown>>)[part] : undefined,
    value,
  );
}

/** The names that a strict object at a path of the schema knows. */
function knownNames(schema: z.core.$ZodType, at: Path): readonly string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodLazy) {
    return knownNames(schema.unwrap() as z.core.$ZodType, at);
  }
  const [part, ...rest] = at;
  if (schema instanceof z.ZodRecord) return knownNames(schema.valueType, rest);
  const { shape } = schema as z.ZodObject;
  return part === undefined ? Object.keys(shape) : knownNames(shape[part] as z.core.$ZodType, rest);
}

/** What a value of the wrong kind should have been, with the usual reason for it. */
function expectedKind(expected: string, input: unknown, at: Path): string {
  const words = String(KIND_WORDS[expected]);
  if (expected === 'string' && typeof input === 'number') return `${words}: put it in quotes`;
  if (expected === 'string' && at.at(-1) === 'scope') return `${words} with spaces between the scopes`;
  if (expected === 'array' && typeof input === 'string') return `a list: [${quoted(input)}]`;
  if (input === null) return `${words}, or nothing at all`;
  return words;
}

function unknownNames(at: Path, names: readonly string[], schema: z.ZodType): readonly Finding[] {
  const known = knownNames(schema, at);
  return names.map((name) => {
    const meant = didYouMean(name, known);
    const secret = at.at(-1) === 'variables' && ['client_secret', 'private_key', 'json'].includes(name);
    return {
      at: [...at, name],
      message: secret ? 'is a secret and cannot be a variable' : 'is not known here',
      expected: secret ? 'it under secrets' : (meant ?? `one of ${known.join(', ')}`),
    };
  });
}

function patternProblem(at: Path, value: string): Omit<Finding, 'at'> {
  const message = `${quoted(value)} is not a duration`;
  return at.at(-1) === 'ttl'
    ? { message, expected: 'job, or a whole number and a unit: 90m, 24h, 14d or 2w' }
    : { message, expected: 'a whole number and a unit: 90m, 24h, 14d or 2w' };
}

function problemsOf(issue: z.core.$ZodIssue, input: unknown, schema: z.ZodType): readonly Finding[] {
  const at = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const value = valueAt(input, at);
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownNames(at, issue.keys, schema);
    case 'invalid_type': {
      const expected = expectedKind(issue.expected, value, at);
      return [{ at, message: value === undefined ? 'is missing' : `is ${kindOf(value)}`, expected }];
    }
    case 'invalid_value': {
      const choices = issue.values.map(String);
      const meant = typeof value === 'string' ? didYouMean(value, choices) : undefined;
      const shown = typeof value === 'string' || typeof value === 'number' ? quoted(String(value)) : kindOf(value);
      const one = choices.length === 1 ? String(choices[0]) : `one of ${choices.join(', ')}`;
      return [{ at, message: value === undefined ? 'is missing' : `is ${shown}`, expected: meant ?? one }];
    }
    case 'invalid_key':
      return [
        {
          at,
          message: 'is not a name that can be used',
          expected: 'a letter, then at most 62 letters, digits, hyphens and underscores',
        },
      ];
    case 'invalid_format':
      return [{ at, ...patternProblem(at, String(value)) }];
    default:
      return [{ at, message: 'is empty or negative', expected: 'a value, or nothing at all' }];
  }
}

/**
 * What a schema has against a value, as findings in our own words: every misspelled name, wrong kind of value and
 * unknown choice, with what was probably meant.
 */
export function shapeProblems(schema: z.ZodType, input: unknown): readonly Finding[] {
  const result = schema.safeParse(input);
  return result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue, input, schema));
}
