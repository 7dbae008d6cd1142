import { resolve, type Schema } from './fragments.ts';

/** An answer with every member that GitHub always gives; what the stand-in does not say is made up. */
export function complete(schema: Schema, value: unknown): unknown {
  if (value === undefined) return sample(schema);
  const { properties, items, required = [], ...rest } = chosen(resolve(schema), value);
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => complete(items, item));
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  const given = value as Readonly<Record<string, unknown>>;
  const names = new Set([...Object.keys(given), ...required]);
  const other = typeof rest.additionalProperties === 'object' ? rest.additionalProperties : {};
  return Object.fromEntries(
    [...names].map((name) => [name, complete(properties[name] ?? other, given[name])] as const),
  );
}

/** Of several shapes the one whose kind and whose enumerated members are those of the value. */
function chosen(schema: Schema, value: unknown): Schema {
  const among = schema.anyOf ?? schema.oneOf;
  if (among === undefined) return schema;
  const fits = (one: Schema): boolean => {
    const { type, properties = {} } = resolve(one);
    if (Array.isArray(value) !== (type === 'array')) return false;
    return Object.entries(properties).every(([name, { enum: values }]) => {
      const said = (value as Readonly<Record<string, unknown>> | null)?.[name];
      return values === undefined || said === undefined || values.includes(said);
    });
  };
  const found = among.find(fits) ?? among[0] ?? {};
  return chosen(resolve(found), value);
}

function sample(schema: Schema): unknown {
  const { nullable, enum: values, type, format, minLength = 0, anyOf, oneOf, ...rest } = resolve(schema);
  if (nullable === true) return null;
  if (values !== undefined) return values[0];
  const among = anyOf ?? oneOf;
  if (among !== undefined) return sample(among[0] ?? {});
  if (type === 'object') return complete({ type, ...rest }, {});
  if (type === 'array') return [];
  if (type === 'boolean') return false;
  if (type === 'integer' || type === 'number') return 0;
  if (format === 'date-time') return '2026-01-01T00:00:00Z';
  return format === 'uri' ? 'https://api.github.com/' : '0'.repeat(minLength);
}
