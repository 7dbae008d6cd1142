import * as z from 'zod';
import type {
  Desired,
  Owner,
  PublishItem,
  PublishTarget,
  Rotation,
  ServerReference,
  Ttl,
} from '../manifest/desired.ts';
import { jsonObject, loose, type Shape } from './shape.ts';

/** An {@link Owner}. */
export const owner = z.union([
  loose({ kind: z.literal('pull_request'), number: z.number() }),
  loose({ kind: z.literal('branch'), name: z.string() }),
]) satisfies z.ZodType<Owner>;

/** A {@link PublishItem}. */
export const publishItem = loose({
  kind: z.enum(['secret', 'variable']),
  name: z.string(),
  field: z.enum(['client_id', 'client_secret', 'private_key', 'key_id', 'issuer', 'token_endpoint', 'json']),
} satisfies Shape<PublishItem>);

const publishTarget = loose({
  kind: z.literal('github'),
  environment: z.string().exactOptional(),
  createEnvironment: z.boolean(),
  items: z.array(publishItem),
} satisfies Shape<PublishTarget>);

const rotation = loose({
  everySeconds: z.number().exactOptional(),
  overlapSeconds: z.number(),
  strategy: z.enum(['replace', 'in-place', 'keys']),
  clientIdMayChange: z.boolean(),
  retire: z.enum(['confirmed', 'after-overlap']),
} satisfies Shape<Rotation>);

const serverReference = loose({
  address: z.string().exactOptional(),
  registrationEndpoint: z.string().exactOptional(),
  tokenEndpoint: z.string().exactOptional(),
  issuer: z.string().exactOptional(),
  configurationEndpointOrigins: z.array(z.string()),
} satisfies Shape<ServerReference>);

const ttl = z.union([z.literal('job'), loose({ seconds: z.number() })]) satisfies z.ZodType<Ttl>;

/** What was asked for, as it is stored in a record. */
export const desired = loose({
  key: z.string(),
  name: z.string(),
  environment: z.string(),
  server: serverReference,
  type: z.enum(['public', 'confidential', 'backend']).exactOptional(),
  metadata: jsonObject,
  makeKey: z.boolean(),
  ttl: ttl.exactOptional(),
  owner: owner.exactOptional(),
  publish: z.array(publishTarget),
  rotation: rotation.exactOptional(),
  update: z.enum(['ask', 'interrupt', 'replace']),
  announce: z.literal('dispatch').exactOptional(),
  strict: z.boolean(),
  shared: z.string().exactOptional(),
} satisfies Shape<Desired>);
