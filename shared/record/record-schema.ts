import * as z from 'zod';
import type { Source } from '../discovery/server.ts';
import type { Publication } from '../publish/sink.ts';
import type { Access } from '../registration/answer.ts';
import { desired, owner, publishItem } from './desired-schema.ts';
import {
  type Call,
  type Client,
  type Intent,
  type KeyPair,
  type KeySet,
  type LedgerRow,
  type NextKey,
  type Orphan,
  RECORD_VERSION,
  type RegistrationRecord,
  type Removal,
  type RetiringKey,
  type RotationUnderWay,
  type ServerRecord,
  type Suspect,
  type Traits,
  type Verification,
} from './record.ts';
import { jsonObject, loose, type Shape } from './shape.ts';

const text = z.string();
const number = z.number();
const flag = z.boolean();

const source = loose({
  kind: z.enum([
    'manifest',
    'smart-configuration',
    'fhir-metadata',
    'oauth-authorization-server',
    'openid-configuration',
  ]),
  url: text.exactOptional(),
} satisfies Shape<Source>);

const server = loose({
  address: text,
  registrationEndpoint: text,
  registrationSource: source,
  tokenEndpoint: text.exactOptional(),
  issuer: text.exactOptional(),
} satisfies Shape<ServerRecord>);

const access = loose({ registrationClientUri: text, registrationAccessToken: text } satisfies Shape<Access>);

const keyShape = { privateKey: text, keyId: text, publicJwk: jsonObject } satisfies Shape<KeyPair>;

const key = loose(keyShape);

const keySet = loose({ id: text, uri: text } satisfies Shape<KeySet>);

const traits = loose({
  verifiable: flag.exactOptional(),
  updates: z.enum(['supported', 'unsupported']).exactOptional(),
  removes: z.enum(['supported', 'unsupported']).exactOptional(),
  updateReplacesSecret: flag.exactOptional(),
  updateReplacesToken: flag.exactOptional(),
  readReplacesToken: flag.exactOptional(),
  updateWantsSecret: flag.exactOptional(),
  assertionAudience: z.enum(['token_endpoint', 'issuer']).exactOptional(),
} satisfies Shape<Traits>);

const verification = loose({
  outcome: z.enum(['works', 'refused', 'unknown']),
  at: number,
  reason: text,
} satisfies Shape<Verification>);

const nextKey = loose({
  ...keyShape,
  hostedSince: number,
  tryAt: number,
  verification: verification.exactOptional(),
} satisfies Shape<NextKey>);

const retiringKey = loose({
  keyId: text,
  publicJwk: jsonObject,
  retiringSince: number,
  replaced: flag.exactOptional(),
} satisfies Shape<RetiringKey>);

const removal = loose({
  stage: z.enum(['ask', 'confirm', 'verify', 'gone', 'impossible']),
  since: number,
  asked: number,
  accepted: flag,
  unanswered: flag,
  refused: flag.exactOptional(),
  failures: number,
  tryAt: number,
  reason: text,
} satisfies Shape<Removal>);

const purposes = ['first', 'replacement', 'rotation'] as const;

const client = loose({
  clientId: text,
  role: z.enum(['current', 'next', 'retiring', 'leaving']),
  clientSecret: text.exactOptional(),
  clientSecretExpiresAt: number.exactOptional(),
  key: key.exactOptional(),
  keySet: keySet.exactOptional(),
  nextKey: nextKey.exactOptional(),
  retiringKeys: z.array(retiringKey).exactOptional(),
  edition: number,
  server,
  purpose: z.enum([...purposes, 'adopted']),
  access: access.exactOptional(),
  accessSeen: z.enum(['untried', 'works', 'refused']),
  accessWithheld: text.exactOptional(),
  requested: jsonObject,
  granted: jsonObject,
  marker: text,
  madeAt: number,
  madeByRun: text.exactOptional(),
  uncertain: flag.exactOptional(),
  retiringSince: number.exactOptional(),
  verification: verification.exactOptional(),
  removal: removal.exactOptional(),
} satisfies Shape<Client>);

const intentShape = {
  marker: text,
  purpose: z.enum(purposes),
  requested: jsonObject,
  key: key.exactOptional(),
  keySet: keySet.exactOptional(),
  server,
  startedAt: number,
  limitAt: number,
  run: text.exactOptional(),
} satisfies Shape<Intent>;

const { limitAt: _, ...askedShape } = intentShape;

const suspect = loose({ ...askedShape, reason: text, since: number } satisfies Shape<Suspect>);

const orphan = loose({
  clientId: text,
  server,
  marker: text,
  reason: text,
  since: number,
  access: access.exactOptional(),
} satisfies Shape<Orphan>);

const call = loose({
  clientId: text,
  verb: z.enum(['read', 'update', 'remove']),
  requested: jsonObject.exactOptional(),
  key: key.exactOptional(),
  keySet: keySet.exactOptional(),
  startedAt: number,
  limitAt: number,
} satisfies Shape<Call>);

const ledgerRow = loose({
  clientId: text,
  server: text,
  madeAt: number,
  madeByRun: text.exactOptional(),
  endedAt: number.exactOptional(),
  ended: z.enum(['deleted', 'gone', 'orphan', 'forgotten']).exactOptional(),
} satisfies Shape<LedgerRow>);

const rotationUnderWay = loose({
  reason: z.enum(['age', 'expiry', 'asked', 'leak']),
  strategy: z.enum(['replace', 'in-place', 'keys']),
  startedAt: number,
  run: text.exactOptional(),
} satisfies Shape<RotationUnderWay>);

const publication = loose({
  target: loose({ kind: z.literal('github'), environment: text.exactOptional() } satisfies Shape<
    Publication['target']
  >),
  item: publishItem,
  state: z.enum(['claimed', 'written']),
  fingerprint: text.exactOptional(),
  of: text.exactOptional(),
  at: number,
  tokenKind: text.exactOptional(),
  environmentMadeByUs: flag.exactOptional(),
} satisfies Shape<Publication>);

/** A record as it is stored. Members that only a later version knows are kept. */
export const recordSchema: z.ZodType<RegistrationRecord> = loose({
  version: z.literal(RECORD_VERSION),
  key: text,
  desired,
  server,
  owner: owner.exactOptional(),
  expiresAt: number.exactOptional(),
  appliedBy: loose({ runId: number, attempt: number }).exactOptional(),
  ending: loose({ since: number, reason: text }).exactOptional(),
  rotation: rotationUnderWay.exactOptional(),
  rotationHeldUntil: number.exactOptional(),
  rotatedAt: number.exactOptional(),
  clients: z.array(client),
  intent: loose(intentShape).exactOptional(),
  call: call.exactOptional(),
  suspects: z.array(suspect),
  orphans: z.array(orphan),
  published: z.array(publication),
  announced: loose({ clientId: text, keyId: text.exactOptional(), at: number }).exactOptional(),
  traits,
  ledger: z.array(ledgerRow),
  backOff: loose({ failures: number, until: number }).exactOptional(),
} satisfies Shape<RegistrationRecord>);
