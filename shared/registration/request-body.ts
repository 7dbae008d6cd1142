import type { Json, JsonObject } from '../ports/ports.ts';

/** Members that only a server may set: RFC 7592 section 2.2 forbids them in an update; the rest are seen to be refused. */
const SERVER_ONLY = new Set([
  'registration_access_token',
  'registration_client_uri',
  'client_secret',
  'client_secret_expires_at',
  'client_secret_issued_at',
  'client_id_issued_at',
  'client_id_expires_at',
  'client_id',
  'created_at',
  'updated_at',
  'owner_username',
]);

/** What is added to the metadata of the manifest before it is sent. */
export type Additions = {
  /** Put into `client_name`, so that an operator finds a client whose answer was lost. */
  readonly marker?: string;
  /** Public key that is sent inline. */
  readonly publicJwk?: JsonObject;
  /** Where public keys are hosted, instead of `publicJwk`. */
  readonly jwksUri?: string;
};

/** Body of a registration request (RFC 7591 section 3.1), without `null` and `""`: servers are seen to refuse them. */
export function registerBody(requested: JsonObject, additions: Additions): JsonObject {
  const name = requested.client_name;
  return {
    ...withoutEmpty(requested),
    ...(additions.marker !== undefined && {
      client_name: typeof name === 'string' && name !== '' ? `${name} [${additions.marker}]` : additions.marker,
    }),
    ...(additions.publicJwk !== undefined && { jwks: { keys: [additions.publicJwk] } }),
    ...(additions.jwksUri !== undefined && { jwks_uri: additions.jwksUri }),
  };
}

/**
 * Body of an update (RFC 7592 section 2.2): everything the server answered last, with the wanted changes; members that
 * are no longer wanted are left out, which deletes them. `client_secret` is sent only where a server insists on it.
 */
export function updateBody({
  clientId,
  granted,
  before,
  wanted,
  additions,
  clientSecret,
}: {
  readonly clientId: string;
  /** Metadata as last answered. */
  readonly granted: JsonObject;
  /** What was asked for before; members in it that are not wanted now are removed. */
  readonly before: JsonObject;
  readonly wanted: JsonObject;
  readonly additions: Additions;
  readonly clientSecret?: string;
}): JsonObject {
  const asked = registerBody(wanted, additions);
  const dropped = new Set(Object.keys(before));
  const answered = withoutEmptyObjects(withoutEmpty(granted));
  // RFC 7591 section 2: never both; servers are seen to keep both after a change from one to the other.
  dropped.add(asked.jwks === undefined && (asked.jwks_uri ?? answered.jwks_uri) !== undefined ? 'jwks' : 'jwks_uri');
  const kept = Object.entries(answered).filter(([member]) => !SERVER_ONLY.has(member) && !dropped.has(member));
  return {
    ...Object.fromEntries(kept),
    ...asked,
    client_id: clientId,
    ...(clientSecret !== undefined && { client_secret: clientSecret }),
  };
}

function withoutEmpty(metadata: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null && value !== ''));
}

/** Servers are seen to answer `{}` for a member that they refuse to be sent, whatever is in it. */
function withoutEmptyObjects(metadata: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => JSON.stringify(value) !== '{}'));
}

/** The token endpoint authentication method in force; servers are seen to answer it as a list of one (RFC 7591 section 2: `client_secret_basic` if absent). */
export function authMethod(granted: JsonObject, requested: JsonObject): string {
  for (const metadata of [granted, requested]) {
    const value = metadata.token_endpoint_auth_method;
    const first = Array.isArray(value) ? (value as readonly Json[])[0] : value;
    if (typeof first === 'string' && first !== '') return first;
  }
  return 'client_secret_basic';
}

/** True for the methods in which the client holds a shared secret. */
export function usesSecret(method: string): boolean {
  return method.startsWith('client_secret_');
}
