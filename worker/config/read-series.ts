import type { Problem } from '../../shared/errors/registrar-error.ts';

/** One JSON value among the bindings, and the name it has there. */
export type Part = { readonly name: string; readonly value: unknown };

/**
 * The JSON values of a setting that goes on in further bindings, because one takes 5 KB: `SERVERS`, `SERVERS_2`, …. Each
 * is JSON by itself. An object, as a variable of type JSON has it, is taken as it is.
 */
export function readSeries(
  env: Readonly<Record<string, unknown>>,
  name: string,
  report: (problem: Problem) => void,
): readonly Part[] {
  const further = Object.keys(env)
    .filter((key) => key.startsWith(`${name}_`))
    .map((key) => ({
      key,
      number: /^_(?:[2-9]|[1-9]\d)$/.test(key.slice(name.length)) ? Number(key.slice(name.length + 1)) : 0,
    }))
    .sort((one, other) => one.number - other.number);
  for (const [index, { key, number }] of further.filter((entry) => !isEmpty(env[entry.key])).entries()) {
    if (number === index + 2) continue;
    report({ path: key, message: 'is out of order', expected: `${name}, then ${name}_2, ${name}_3 and so on` });
  }
  if (isEmpty(env[name])) {
    report({ path: name, message: 'is missing' });
    return [];
  }
  return [name, ...further.map(({ key }) => key)]
    .filter((key) => !isEmpty(env[key]))
    .flatMap((key) => {
      const value = parse(env[key]);
      if (value !== undefined) return [{ name: key, value: value.json }];
      report({ path: key, message: 'is not JSON', expected: 'JSON, complete in itself' });
      return [];
    });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

// The parser's own complaint quotes what it read.
function parse(value: unknown): { readonly json: unknown } | undefined {
  if (typeof value !== 'string') return { json: value };
  try {
    return { json: JSON.parse(value) };
  } catch {
    return undefined;
  }
}
