import { isShallow } from '../json/is-shallow.ts';
import type { Json, JsonObject } from '../ports/ports.ts';
import type { ClientInformation } from './answer.ts';
import { showsSecret } from './hide-secrets.ts';

/** Longest identifier, secret or token taken from an answer, in characters; whole JWTs are seen as `client_id`. */
const VALUE_LIMIT = 8_192;

/** Longest member of the metadata that is remembered, and longest metadata in all, as JSON in characters. */
const MEMBER_LIMIT = 16_384;
const METADATA_LIMIT = 65_536;

/** Levels of a member that are followed; no metadata of the standards has more than four. */
const DEEPEST = 16;

/** An epoch above this is in milliseconds: as seconds it would be after the year 5138. */
const MILLISECONDS_FROM = 1e11;

/** The end of the year 9999: nobody can write a later time. */
const LATEST = 253_402_300_799;

const NOT_METADATA = new Set([
  'client_id',
  'client_secret',
  'client_secret_expires_at',
  'client_id_expires_at',
  'client_secret_issued_at',
  'client_id_issued_at',
  'registration_access_token',
  'registration_client_uri',
  // RFC 7591 section 3.2.1: returned as it was sent, in answers to reads too.
  'software_statement',
  '__proto__',
]);

// RFC 7518 section 6
const PRIVATE_KEY_MEMBERS = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']);

/**
 * Reads a 2xx body as client information (RFC 7591 section 3.2.1), tolerating what servers are seen to answer:
 * retyped numbers, missing members, a relative `registration_client_uri`. Undefined when there is no usable client in it.
 */
export function readClientInformation({
  text,
  base,
  sent,
}: {
  readonly text: string;
  /** What a relative `registration_client_uri` is resolved against; without it, a relative one is passed over. */
  readonly base?: string;
  /** Secrets that were sent: what repeats one is passed over. */
  readonly sent: readonly string[];
}): ClientInformation | undefined {
  const body = parseObject(text);
  const clientId = word(body?.client_id);
  if (body === undefined || clientId === undefined || sent.includes(clientId)) return undefined;
  const clientSecret = word(body.client_secret);
  const registrationAccessToken = word(body.registration_access_token);
  const registrationClientUri = absolute(word(body.registration_client_uri), base);
  const clientSecretExpiresAt = epochSeconds(body.client_secret_expires_at ?? body.client_id_expires_at);
  const clientIdIssuedAt = epochSeconds(body.client_id_issued_at);
  const secrets = [clientSecret, registrationAccessToken, ...sent].filter((value) => value !== undefined);
  return {
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    ...(clientSecret !== undefined && clientSecretExpiresAt !== undefined && { clientSecretExpiresAt }),
    ...(clientIdIssuedAt !== undefined && { clientIdIssuedAt }),
    ...(registrationAccessToken !== undefined && { registrationAccessToken }),
    ...(registrationClientUri !== undefined && { registrationClientUri }),
    metadata: readMetadata(body, secrets),
  };
}

/** Parses a JSON object; undefined for anything else. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** The metadata that is worth remembering: no secret in it, nothing too deep to be compared, not more than fits a record. */
function readMetadata(body: JsonObject, secrets: readonly string[]): JsonObject {
  const kept: [string, Json][] = [];
  let length = 0;
  for (const [name, value] of Object.entries(body)) {
    if (NOT_METADATA.has(name) || !isShallow(value, DEEPEST)) continue;
    const written = JSON.stringify({ [name]: value });
    if (written.length > MEMBER_LIMIT || length + written.length > METADATA_LIMIT) continue;
    if (showsSecret(written, secrets)) continue;
    length += written.length;
    kept.push([name, name === 'jwks' ? withoutPrivateKeys(value) : value]);
  }
  return Object.fromEntries(kept);
}

function word(value: Json | undefined): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > VALUE_LIMIT) return undefined;
  return /^[\u0020-\u007e]+$/u.test(value) ? value : undefined;
}

function epochSeconds(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/u.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return undefined;
  const seconds = Math.floor(number > MILLISECONDS_FROM ? number / 1000 : number);
  return seconds > LATEST ? undefined : seconds;
}

function absolute(uri: string | undefined, base: string | undefined): string | undefined {
  if (uri === undefined || URL.canParse(uri)) return uri;
  return base !== undefined && URL.canParse(uri, base) ? new URL(uri, base).href : undefined;
}

function withoutPrivateKeys(jwks: Json): Json {
  return JSON.parse(JSON.stringify(jwks), (name, value: unknown) =>
    PRIVATE_KEY_MEMBERS.has(name) ? undefined : value,
  );
}
