import type { Source } from './server.ts';

/** A document to ask for. */
export type DocumentPlace = { readonly kind: Exclude<Source['kind'], 'manifest'>; readonly url: string };

/** The FHIR base URL with exactly one slash at its end, so that relative addresses resolve below it. */
export function directoryOf(base: string): string {
  const { origin, path } = split(base);
  return `${origin}${path}/`;
}

/** `{base}/.well-known/smart-configuration` (SMART App Launch, conformance). */
export function smartConfigurationPlace(base: string): DocumentPlace {
  return { kind: 'smart-configuration', url: `${directoryOf(base)}.well-known/smart-configuration` };
}

/** `{base}/metadata` (FHIR, capabilities interaction). */
export function fhirMetadataPlace(base: string): DocumentPlace {
  return { kind: 'fhir-metadata', url: `${directoryOf(base)}metadata` };
}

/**
 * Where an issuer's metadata may be, most likely place first: RFC 8414 section 3.1 inserts the well-known part between
 * host and path, OpenID Connect Discovery appends it, and servers do either for both names.
 */
export function issuerMetadataPlaces(issuer: string): readonly DocumentPlace[] {
  const { origin, path } = split(issuer);
  const inserted = (name: string) => `${origin}/.well-known/${name}${path}`;
  const appended = (name: string) => `${origin}${path}/.well-known/${name}`;
  const oauth = 'oauth-authorization-server';
  const openid = 'openid-configuration';
  const places: DocumentPlace[] = [
    { kind: oauth, url: inserted(oauth) },
    { kind: oauth, url: appended(oauth) },
    { kind: openid, url: appended(openid) },
    { kind: openid, url: inserted(openid) },
  ];
  return places.filter(({ url }, index) => places.findIndex((place) => place.url === url) === index);
}

function split(address: string): { readonly origin: string; readonly path: string } {
  const { origin, pathname } = new URL(address);
  return { origin, path: pathname.replace(/\/$/, '') };
}
