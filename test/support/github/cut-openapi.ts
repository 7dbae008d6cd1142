import { readFileSync, writeFileSync } from 'node:fs';
import { ROUTES } from './routing.ts';

/** Where GitHub's own description has a route; its members are never `{+rest}`. */
const published = (template: string): string => template.replaceAll('{+', '{');

type Json = unknown;
type Node = Readonly<Record<string, Json>>;
type Operation = {
  readonly parameters?: readonly Node[];
  readonly requestBody?: { readonly required?: boolean; readonly content?: Node } & Node;
  readonly responses: Readonly<Record<string, Node>>;
};

/** Keywords that say what a value may be; all others are for people. */
const KEYWORDS = new Set([
  'type',
  'nullable',
  'enum',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'items',
  'minItems',
  'maxItems',
  'uniqueItems',
  'properties',
  'required',
  'additionalProperties',
  'minProperties',
  'maxProperties',
  'allOf',
  'anyOf',
  'oneOf',
  '$ref',
]);

/** Cuts what the stand-in answers out of GitHub's description: `npm run fixtures:github -- …/api.github.com.json`. */
function cut(file: string): void {
  const whole = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly info: { readonly version: string };
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: Readonly<Record<string, Readonly<Record<string, Node>>>>;
  };
  const schemas: Record<string, Json> = {};

  const resolve = (node: Node): Node => {
    const [, , kind = '', name = ''] = String(node.$ref ?? '').split('/');
    return node.$ref === undefined ? node : (whole.components[kind]?.[name] ?? {});
  };
  const schemaOf = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(schemaOf);
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value as Node).filter(([keyword]) => KEYWORDS.has(keyword));
    return Object.fromEntries(
      kept.map(([keyword, inner]) => {
        if (keyword === '$ref') return [keyword, keep(String(inner).split('/').at(-1) ?? '')];
        if (keyword !== 'properties') return [keyword, schemaOf(inner)];
        return [keyword, Object.fromEntries(Object.entries(inner as Node).map(([name, one]) => [name, schemaOf(one)]))];
      }),
    );
  };
  const keep = (name: string): string => {
    if (!(name in schemas)) {
      schemas[name] = {};
      schemas[name] = schemaOf(whole.components.schemas?.[name]);
    }
    return `#/definitions/${name}`;
  };
  const jsonOf = (content: Json): Json => {
    const media = (content ?? {}) as Readonly<Record<string, { readonly schema?: Json }>>;
    return schemaOf((media['application/json'] ?? Object.values(media)[0])?.schema);
  };

  const operations = Object.fromEntries(
    ROUTES.filter(({ template }) => template !== '/graphql').map(({ method, template }) => {
      const operation = whole.paths[published(template)]?.[method.toLowerCase()];
      if (operation === undefined) throw new TypeError(`GitHub has no ${method} ${template}`);
      const parameters = (operation.parameters ?? []).map(resolve);
      const body = operation.requestBody && resolve(operation.requestBody);
      return [
        `${method} ${template}`,
        {
          parameters: parameters.map(({ name, in: place, required, schema }) => ({
            name,
            in: place,
            ...(required === true && { required }),
            schema: schemaOf(schema),
          })),
          ...(body && { body: jsonOf(body.content), bodyRequired: body.required === true }),
          responses: Object.fromEntries(
            Object.entries(operation.responses).map(([status, answer]) => {
              const { content } = resolve(answer);
              return [status, content === undefined ? null : jsonOf(content)];
            }),
          ),
        },
      ];
    }),
  );
  const lines = (members: Readonly<Record<string, Json>>) =>
    Object.entries(members)
      .map(([name, member]) => `  ${JSON.stringify(name)}: ${JSON.stringify(member)}`)
      .join(',\n');
  writeFileSync(
    new URL('fixtures/openapi.json', import.meta.url),
    `{\n"from": "@octokit/openapi ${whole.info.version}, api.github.com.json",\n"license": "MIT, (c) GitHub and Octokit contributors",\n"operations": {\n${lines(operations)}\n},\n"definitions": {\n${lines(schemas)}\n}\n}\n`,
  );
}

if (import.meta.main) cut(process.argv[2] ?? '');
