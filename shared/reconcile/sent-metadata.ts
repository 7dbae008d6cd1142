import type { Json, JsonObject } from '../ports/ports.ts';
import type { Client, KeyPair, KeySet } from '../record/record.ts';
import { compareGranted, type Difference } from '../registration/compare-metadata.ts';
import { type Additions, registerBody } from '../registration/request-body.ts';

/** What is added to the manifest's metadata for one client: of a key that is hosted, where; of any other, its public half. */
export function additions({
  marker,
  key,
  keySet,
}: {
  readonly marker: string;
  readonly key?: KeyPair | undefined;
  readonly keySet?: KeySet | undefined;
}): Additions {
  const keys = keySet === undefined ? key && { publicJwk: key.publicJwk } : { jwksUri: keySet.uri };
  return { ...(marker !== '' && { marker }), ...keys };
}

/** What was sent for a client when the server last accepted it: what the manifest asked for, with marker and made key. */
export function sentMetadata({
  requested,
  marker,
  key,
  keySet,
}: Pick<Client, 'requested' | 'marker'> & {
  readonly key?: KeyPair | undefined;
  readonly keySet?: KeySet | undefined;
}): JsonObject {
  return registerBody(requested, additions({ marker, key, keySet }));
}

/** Members that the server answered with another value than was sent; of those it left out nothing is known. */
export function grantedDifferently(client: Client): readonly Difference[] {
  const told = compareGranted(sentMetadata(client), client.granted).filter(({ granted }) => granted !== undefined);
  const { keySet, granted } = client;
  return keySet && keepsInlineKeys(granted) ? [...told, { member: 'jwks_uri', asked: keySet.uri }] : told;
}

/** The server says itself that it does not read the hosted set: it answers another one, or keys that it keeps. */
export function ignoresKeySet({ keySet, granted }: Client): boolean {
  if (keySet === undefined) return false;
  return keepsInlineKeys(granted) || (answers(granted.jwks_uri) && granted.jwks_uri !== keySet.uri);
}

function keepsInlineKeys({ jwks, jwks_uri: uri }: JsonObject): boolean {
  return !answers(uri) && answers(jwks);
}

function answers(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}
