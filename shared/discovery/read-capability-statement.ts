import { printable } from '../errors/printable.ts';
import { nothing, type Reading } from './finding.ts';
import { asList, asMembers, asText, asUrl, known, type Members } from './read-members.ts';
import type { Source } from './server.ts';

const RESOURCE_TYPES = new Set<unknown>(['Conformance', 'CapabilityStatement']);
// Canonical URLs differ in their beginning: a published profile even says `http://DSTU2/fhir-registry…`.
const NESTED = /\/StructureDefinition\/oauth-uris$/;
/** Before DSTU2 was final each address was an extension of its own. */
const FLAT = /\/oauth-uris#(?<name>\w+)$/;

type OAuthUri = { readonly name: string; readonly value: unknown };

/**
 * Reads a FHIR Conformance (DSTU2) or CapabilityStatement (STU3, R4, R4B, R5) for the addresses of SMART's `oauth-uris`
 * extension, in its nested and its flat form. Relative addresses resolve against `base`, the FHIR base URL with a slash
 * at its end.
 */
export function readCapabilityStatement(document: Members, source: Source, base: string): Reading {
  const type = document.resourceType;
  if (!RESOURCE_TYPES.has(type)) {
    return nothing(typeof type === 'string' ? `a FHIR ${printable(type, 60)}` : 'JSON, but no capability statement');
  }
  const uris = oauthUris(asList(document.rest));
  const urls = (name: string) =>
    uris.filter((uri) => uri.name === name).flatMap(({ value }) => asUrl(value, base) ?? []);
  const registrations = urls('register');
  const version = asText(document.fhirVersion);
  return {
    kind: 'found',
    finding: {
      source,
      registrations,
      ...known({ token: urls('token')[0], authorization: urls('authorize')[0] }),
      says: version === undefined ? {} : { fhirVersion: printable(version, 20) },
      notes:
        registrations.length === 0 && uris.some(({ name }) => name === 'register') ? ['its register is no URL'] : [],
    },
  };
}

/** Those of the entries for servers; where none is marked so, of the first entry that has any. */
function oauthUris(rest: readonly Members[]): readonly OAuthUri[] {
  const ofServers = rest.filter(({ mode }) => mode === 'server').flatMap(urisOfEntry);
  if (ofServers.length > 0) return ofServers;
  return (
    rest
      .filter(({ mode }) => mode !== 'client')
      .map(urisOfEntry)
      .find((uris) => uris.length > 0) ?? []
  );
}

function urisOfEntry(entry: Members): OAuthUri[] {
  return asList(asMembers(entry.security)?.extension).flatMap((extension) => {
    const url = asText(extension.url) ?? '';
    const flat = FLAT.exec(url)?.groups?.name;
    if (flat !== undefined) return [{ name: flat, value: addressIn(extension) }];
    if (!NESTED.test(url)) return [];
    return asList(extension.extension).map((part) => ({ name: asText(part.url) ?? '', value: addressIn(part) }));
  });
}

function addressIn(extension: Members): unknown {
  return extension.valueUri ?? extension.valueUrl;
}
