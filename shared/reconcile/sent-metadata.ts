import type { JsonObject } from '../ports/ports.ts';
import type { Client, KeyPair } from '../record/record.ts';
import { compareGranted, type Difference } from '../registration/compare-metadata.ts';
import { type Additions, registerBody } from '../registration/request-body.ts';

/** What is added to the manifest's metadata for one client. */
export function additions(marker: string, key: KeyPair | undefined): Additions {
  return { ...(marker !== '' && { marker }), ...(key && { publicJwk: key.publicJwk }) };
}

/** What was sent for a client when the server last accepted it: what the manifest asked for, with marker and made key. */
export function sentMetadata({
  requested,
  marker,
  key,
}: Pick<Client, 'requested' | 'marker'> & { readonly key?: KeyPair | undefined }): JsonObject {
  return registerBody(requested, additions(marker, key));
}

/** Members that the server answered with another value than was sent; of those it left out nothing is known. */
export function grantedDifferently(client: Client): readonly Difference[] {
  return compareGranted(sentMetadata(client), client.granted).filter(({ granted }) => granted !== undefined);
}
