import type { Json, JsonObject } from '../ports/ports.ts';
import type { ClientType } from './desired.ts';

/** Where a member of the metadata that will be sent comes from. */
export type ExplainedMember = { readonly member: string; readonly value: Json; readonly from: 'preset' | 'manifest' };

// Both algorithms of SMART's asymmetric clients would do; ES384 keys and signatures are the shorter ones.
const SIGNING_ALGORITHM = 'ES384';

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

/** The scopes that are only of use together with a refresh token (SMART App Launch, scopes). */
function wantsRefresh(metadata: JsonObject): boolean {
  const scope = typeof metadata.scope === 'string' ? metadata.scope.split(' ') : [];
  return scope.includes('offline_access') || scope.includes('online_access');
}

const AUTH_METHODS = { public: 'none', confidential: 'client_secret_basic', backend: 'private_key_jwt' } as const;

/** Whether a key pair has to be made: `private_key_jwt` is used and the metadata names no key. */
export function needsKey(metadata: JsonObject): boolean {
  return (
    metadata.token_endpoint_auth_method === 'private_key_jwt' &&
    metadata.jwks === undefined &&
    metadata.jwks_uri === undefined
  );
}

/** What a type adds to what is written: SMART's client types as RFC 7591 metadata. */
function presetMembers(type: ClientType, written: JsonObject): JsonObject {
  const grants =
    type === 'backend'
      ? ['client_credentials']
      : ['authorization_code', ...(wantsRefresh(written) ? ['refresh_token'] : [])];
  const defaults: JsonObject = { token_endpoint_auth_method: AUTH_METHODS[type], grant_types: grants, ...written };
  const responses = listOf(defaults.grant_types).includes('authorization_code') ? ['code'] : [];
  return {
    grant_types: grants,
    response_types: responses,
    token_endpoint_auth_method: AUTH_METHODS[type],
    ...(needsKey(defaults) ? { token_endpoint_auth_signing_alg: SIGNING_ALGORITHM } : {}),
  };
}

/**
 * Says for each member of the metadata that a client type makes of what is written whether it was written or comes
 * from the preset. What is written always wins. Without a type nothing is added, and RFC 7591's defaults apply.
 */
export function explainPreset(type: ClientType | undefined, written: JsonObject): readonly ExplainedMember[] {
  const preset = type === undefined ? {} : presetMembers(type, written);
  const own = Object.entries(written).map(([member, value]) => ({ member, value, from: 'manifest' as const }));
  const added = Object.entries(preset)
    .filter(([member]) => !Object.hasOwn(written, member))
    .map(([member, value]) => ({ member, value, from: 'preset' as const }));
  return [...own, ...added];
}

/** The metadata that {@link explainPreset} explains. */
export function expandPreset(type: ClientType | undefined, written: JsonObject): JsonObject {
  return Object.fromEntries(explainPreset(type, written).map(({ member, value }) => [member, value]));
}
