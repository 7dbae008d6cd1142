import * as z from 'zod';
import { desired, owner } from '../record/desired-schema.ts';
import type { Shape } from '../record/shape.ts';
import { eventSchema } from './event-schema.ts';
import {
  API_VERSION,
  type ApplyAnswer,
  type ApplyBody,
  type ErrorAnswer,
  type IssuedCredentials,
  type PublishedBody,
  type PublishedName,
  type RegistrationView,
  type RetireBody,
  type RotateBody,
  type ViewAnswer,
  type WorkingAnswer,
} from './worker-api.ts';

const api = z.literal(API_VERSION);
const time = z.iso.datetime({ offset: true }).describe('ISO 8601');
const name = z.string().min(1).max(255);

/** {@link ApplyBody} */
export const applyBody = z.object({
  desired: desired.omit({ key: true, name: true, environment: true, owner: true }),
  owner: owner.exactOptional(),
} satisfies Shape<ApplyBody>);

/** {@link RotateBody} */
export const rotateBody = z.object({ now: z.boolean().exactOptional() } satisfies Shape<RotateBody>);

/** {@link PublishedBody} */
export const publishedBody = z.object({
  edition: name,
  stage: z.enum(['claimed', 'written']).exactOptional(),
} satisfies Shape<PublishedBody>);

/** {@link RetireBody} */
export const retireBody = z.object({
  client_id: z.string().min(1),
  key_id: z.string().min(1).exactOptional(),
} satisfies Shape<RetireBody>);

const credentials = z.object({
  client_id: z.string(),
  client_secret: z.string().exactOptional(),
  private_key: z.string().describe('PKCS#8 in PEM').exactOptional(),
  key_id: z.string().exactOptional(),
  issuer: z.string().exactOptional(),
  token_endpoint: z.string().exactOptional(),
  expires_at: time.exactOptional(),
  edition: z.string(),
} satisfies Shape<IssuedCredentials>);

const registration = z.object({
  environment: z.string(),
  name: z.string(),
  server: z.string(),
  status: z.enum(['active', 'ending', 'ended']),
  client_id: z.string().exactOptional(),
  owner: owner.exactOptional(),
  expires_at: time.exactOptional(),
  next_rotation: time.exactOptional(),
  retiring: z.array(z.string()),
  key_id: z.string().exactOptional(),
  retiring_keys: z.array(z.string()).exactOptional(),
  suspects: z.array(z.object({ look_for: z.string(), since: time })),
  orphans: z.array(z.object({ client_id: z.string(), server: z.string(), reason: z.string() })),
  published: z.array(z.string()),
  shared: z.string().exactOptional(),
} satisfies Shape<RegistrationView>);

const publishedName = z.object({
  environment: z.string().exactOptional(),
  kind: z.enum(['secret', 'variable']),
  name: z.string(),
  left_at: time.exactOptional(),
} satisfies Shape<PublishedName>);

/** {@link ApplyAnswer} */
export const applyAnswer = z.object({
  api,
  status: z.literal('done'),
  changed: z.boolean(),
  registration,
  credentials,
  publish: desired.shape.publish,
  claimed: z.array(publishedName).exactOptional(),
  withheld: z.string().exactOptional(),
  events: z.array(eventSchema),
} satisfies Shape<ApplyAnswer>);

/** {@link WorkingAnswer} */
export const workingAnswer = z.object({
  api,
  status: z.literal('working'),
  retry_after_seconds: z.number(),
} satisfies Shape<WorkingAnswer>);

/** {@link ViewAnswer} */
export const viewAnswer = z.object({ api, registration, events: z.array(eventSchema) } satisfies Shape<ViewAnswer>);

/** {@link ErrorAnswer} */
export const errorAnswer = z.object({
  api,
  error: z.string().describe('A code of docs/errors.md'),
  message: z.string(),
  hint: z.string(),
  retry_after_seconds: z.number().exactOptional(),
} satisfies Shape<ErrorAnswer>);
