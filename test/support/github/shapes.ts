import { z } from 'zod';
import { definitions, resolve, type Schema } from './fragments.ts';

const compiled = new WeakMap<Schema, z.ZodType>();
const closedDefinitions = Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, closed(one)]));

/** What is wrong with a value: nothing, or a sentence for each thing. A schema is compiled once. */
export function problemsOf(schema: Schema, value: unknown): readonly string[] {
  let check = compiled.get(schema);
  if (check === undefined) {
    const whole: unknown = { ...closed(schema), definitions: closedDefinitions };
    check = z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0], { defaultTarget: 'openapi-3.0' });
    compiled.set(schema, check);
  }
  const issues = check.safeParse(value).error?.issues ?? [];
  return issues.map(({ path, message }) => `${path.length === 0 ? 'it' : path.join('.')}: ${message}`);
}

/** GitHub describes every member it gives or takes, so one that is not described is a mistake. */
function closed(whole: Schema): Schema {
  const schema = whole.allOf === undefined ? whole : resolve(whole);
  const parts = (list: readonly Schema[] | undefined) => list?.map(closed);
  const { properties, items, additionalProperties, anyOf, oneOf } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, closed(one)])),
      additionalProperties:
        typeof additionalProperties === 'object' ? closed(additionalProperties) : (additionalProperties ?? false),
    }),
    ...(items && { items: closed(items) }),
    ...(anyOf && { anyOf: parts(anyOf) }),
    ...(oneOf && { oneOf: parts(oneOf) }),
  } as Schema;
}
