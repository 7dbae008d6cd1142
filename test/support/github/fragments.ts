import { readFileSync } from 'node:fs';

/** JSON Schema as OpenAPI 3.0 has it. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
};

export type Operation = {
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly body?: Schema;
  readonly bodyRequired?: boolean;
  /** By status; null for an answer without a body. */
  readonly responses: Readonly<Record<string, Schema | null>>;
};

type Fragments = {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly definitions: Readonly<Record<string, Schema>>;
};

const FRAGMENTS = JSON.parse(readFileSync(new URL('fixtures/openapi.json', import.meta.url), 'utf8')) as Fragments;

/** What the description forgets: https://github.com/github/rest-api-description/issues/5437. */
const FORGOTTEN: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  'app-permissions': { actions_variables: { type: 'string', enum: ['read', 'write'] } },
};

/** Here Octokit has a copy of an installation that is older than the shape itself. */
const INSTEAD: Readonly<Record<string, Operation['responses']>> = {
  'GET /app/installations': { 200: { type: 'array', items: { $ref: '#/definitions/installation' } } },
};

export const definitions: Readonly<Record<string, Schema>> = Object.fromEntries(
  Object.entries(FRAGMENTS.definitions).map(([name, one]) => [
    name,
    { ...one, ...(FORGOTTEN[name] && { properties: { ...one.properties, ...FORGOTTEN[name] } }) },
  ]),
);

/** GitHub's own description of a route; undefined where it has none. */
export function operationOf(method: string, template: string): Operation | undefined {
  const route = `${method} ${template}`;
  const operation = FRAGMENTS.operations[route];
  return operation && { ...operation, responses: { ...operation.responses, ...INSTEAD[route] } };
}

export const BASIC_ERROR: Schema = { $ref: '#/definitions/basic-error' };

/** The schema itself or the one it refers to, in one piece. */
export function resolve(schema: Schema): Schema {
  const found = schema.$ref === undefined ? schema : (definitions[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  const { allOf, ...rest } = found;
  if (allOf === undefined) return found;
  const parts = allOf.map(resolve);
  return {
    ...rest,
    type: 'object',
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  };
}
