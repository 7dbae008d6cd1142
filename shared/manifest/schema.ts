import * as z from 'zod';

import type { Json } from '../ports/ports.ts';
import { DURATION } from './durations.ts';
import { METADATA_MEMBERS, type MetadataMember } from './metadata-members.ts';

// Each schema is used once in a run, which compiling it first would not pay for; Workers allow no compiling at all.
z.config({ jitless: true });

/** Names of clients: also used in paths of the Worker and, in upper case, in environment variables. */
const CLIENT_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

const word = () => z.string().min(1);
const duration = () => z.string().regex(DURATION);

function memberSchema({ type }: MetadataMember): z.ZodType {
  switch (type) {
    case 'string':
      return z.string();
    case 'strings':
      return z.array(z.string());
    case 'boolean':
      return z.boolean();
    case 'seconds':
      return z.int().nonnegative();
    case 'jwks':
      return z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });
  }
}

/** Makes every member optional, and in overrides one that `null` removes. */
function members(shape: Readonly<Record<string, z.ZodType>>, removable: boolean): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [name, (removable ? schema.nullable() : schema).optional()]),
  );
}

const metadataShape = Object.fromEntries(
  [...METADATA_MEMBERS].map(([name, member]) => [name, memberSchema(member).describe(member.about)]),
);

const secretFields = {
  client_id: word(),
  client_secret: word(),
  private_key: word(),
  key_id: word(),
  issuer: word(),
  token_endpoint: word(),
  json: word().describe('The whole set as one line of JSON, so that all of it changes together.'),
};
const { client_secret: _secret, private_key: _key, json: _json, ...variableFields } = secretFields;

const githubShape = (removable: boolean) => ({
  environment: word().describe('GitHub environment; left out, the repository itself.'),
  create_environment: z.boolean().describe('Make the GitHub environment if it does not exist.'),
  variables: z
    .strictObject(members(variableFields, removable))
    .describe('Fields and the variables they are written to.'),
  secrets: z.strictObject(members(secretFields, removable)).describe('Fields and the secrets they are written to.'),
});

const rotateShape = {
  every: duration().describe('How often, such as 30d. Left out, only when asked for.'),
  overlap: duration().describe('How long old and new credentials both work. Default 24h.'),
  strategy: z
    .enum(['replace', 'in-place', 'keys'])
    .describe(
      'replace: a new client; in-place: a new secret for the same client; keys: a new key for the same client.',
    ),
  client_id: z.literal('may_change').describe('Accept that a rotation changes the client_id.'),
  retire: z
    .enum(['confirmed', 'after-overlap'])
    .describe('confirmed: the old client stays until a run names the one in use; after-overlap: time alone ends it.'),
};

function clientShape(removable: boolean): Record<string, z.ZodType> {
  const strict = (shape: Readonly<Record<string, z.ZodType>>) => z.strictObject(members(shape, removable));
  return {
    server: word().describe('FHIR base URL or issuer of the authorization server.'),
    registration_endpoint: word().describe('Registration endpoint, when the server does not publish it.'),
    token_endpoint: word().describe('Token endpoint, when the server does not publish it.'),
    issuer: word().describe('Issuer, exactly as the server writes it.'),
    configuration_endpoint_origins: z
      .array(z.string())
      .describe('Other origins where the server may keep its client configuration endpoints.'),
    type: z
      .enum(['public', 'confidential', 'backend'])
      .describe('Fills the metadata that goes with this kind of client; metadata wins.'),
    metadata: z.looseObject(members(metadataShape, removable)).describe('Client metadata (RFC 7591), sent as it is.'),
    publish: strict({ github: strict(githubShape(removable)).describe('GitHub variables and secrets.') }).describe(
      'Where credentials are published. Left out, they are outputs only.',
    ),
    ttl: z
      .string()
      .regex(/^(?:job|[1-9][0-9]{0,5}[mhdw])$/)
      .describe('job, or how long the client lives after the last deploy of what owns it, such as 14d.'),
    rotate: strict(rotateShape).describe('When and how credentials are renewed.'),
    update: z.enum(['interrupt', 'replace']).describe('What an update may do when it cannot be done quietly.'),
    announce: z.literal('dispatch').describe('Start a redeploy when credentials have changed.'),
    strict: z.boolean().describe('Fail when the server grants something else than asked.'),
    shared: z
      .boolean()
      .describe('All environments that the same entry under environments fits have one client. Needs a Worker.'),
  };
}

// Built when a manifest has overrides, which most runs do not.
const override = z.lazy(() => z.strictObject(members(clientShape(true), true)));
const client = z.strictObject(members(clientShape(false), false));
const clientName = z.string().regex(CLIENT_NAME);

/** The manifest, version 1. docs/oauth-clients.schema.json is made from it. */
export const manifestSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Address of this schema, for editors.'),
    version: z.literal(1).describe('Version of the format.'),
    clients: z.record(clientName, client).describe('The OAuth clients the repository needs, by name.'),
    environments: z
      .record(word(), z.record(clientName, override))
      .optional()
      .describe('Changes per environment, by its name or a pattern such as pr-*. The first match wins; null removes.'),
  })
  .describe('OAuth clients of a repository.');

/** Client metadata alone: a manifest of one client. */
export const bareSchema = z.looseObject(members(metadataShape, false));

/** One client after {@link manifestSchema} has checked it and an override was merged in. */
export type ClientEntry = {
  readonly server?: string;
  readonly registration_endpoint?: string;
  readonly token_endpoint?: string;
  readonly issuer?: string;
  readonly configuration_endpoint_origins?: readonly string[];
  readonly type?: 'public' | 'confidential' | 'backend';
  readonly metadata?: Readonly<Record<string, Json>>;
  readonly publish?: {
    readonly github?: {
      readonly environment?: string;
      readonly create_environment?: boolean;
      readonly variables?: Readonly<Record<string, string>>;
      readonly secrets?: Readonly<Record<string, string>>;
    };
  };
  readonly ttl?: string;
  readonly rotate?: {
    readonly every?: string;
    readonly overlap?: string;
    readonly strategy?: 'replace' | 'in-place' | 'keys';
    readonly client_id?: 'may_change';
    readonly retire?: 'confirmed' | 'after-overlap';
  };
  readonly update?: 'interrupt' | 'replace';
  readonly announce?: 'dispatch';
  readonly strict?: boolean;
  readonly shared?: boolean;
};
