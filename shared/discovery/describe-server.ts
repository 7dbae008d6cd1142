import { printable, showUrl } from '../errors/printable.ts';
import type { Endpoint, Server, Source } from './server.ts';

const SOURCE: Readonly<Record<Source['kind'], string>> = {
  manifest: 'given in the manifest',
  'smart-configuration': 'SMART configuration',
  'fhir-metadata': 'FHIR metadata',
  'oauth-authorization-server': 'authorization server metadata',
  'openid-configuration': 'OpenID configuration',
};

/** Lines for people: each endpoint of a server and where it was read. Printable; addresses without query. */
export function describeServer(server: Server): string[] {
  const { registration, token, authorization, issuer, says } = server;
  const rows: readonly (readonly [string, Endpoint | undefined])[] = [
    ['registration endpoint', registration],
    ['token endpoint', token],
    ['authorization endpoint', authorization],
    ['issuer', issuer],
  ];
  const lines = rows.flatMap(([name, endpoint]) => (endpoint === undefined ? [] : [line(name, endpoint)]));
  if (token === undefined) lines.push('token endpoint: not named anywhere');
  return says.fhirVersion === undefined ? lines : [...lines, `FHIR version: ${printable(says.fhirVersion)}`];
}

function line(name: string, { url, source }: Endpoint): string {
  const where = source.url === undefined ? '' : ` ${showUrl(source.url)}`;
  // Issuers are compared with their final slash, so none is added.
  const shown = url.endsWith('/') ? showUrl(url) : showUrl(url).replace(/\/$/, '');
  return `${name}: ${shown} (${SOURCE[source.kind]}${where})`;
}
