import type { Problem } from '../../shared/errors/registrar-error.ts';
import type { ServerReference } from '../../shared/manifest/desired.ts';
import type { ServerEntry } from '../config/config.ts';
import { sameAddress } from '../config/read-servers.ts';

/**
 * The server as the operator has it: whatever a manifest says, endpoints, issuer and configuration endpoint origins are
 * the entry's, because that is where tokens and secrets are sent.
 */
export function referenceOf(entry: ServerEntry, { address }: ServerReference): ServerReference {
  const listed = entry.addresses.find((known) => address !== undefined && sameAddress(known) === sameAddress(address));
  const used = listed ?? entry.addresses[0];
  return {
    ...(used !== undefined && { address: used }),
    ...(entry.registrationEndpoint !== undefined && { registrationEndpoint: entry.registrationEndpoint }),
    ...(entry.tokenEndpoint !== undefined && { tokenEndpoint: entry.tokenEndpoint }),
    ...(entry.issuer !== undefined && { issuer: entry.issuer }),
    configurationEndpointOrigins: entry.configurationEndpointOrigins,
  };
}

/** Where a manifest says something else about the server than the operator. */
export function referenceProblems(entry: ServerEntry, reference: ServerReference): readonly Problem[] {
  const places = [
    ['registration_endpoint', reference.registrationEndpoint, entry.registrationEndpoint],
    ['token_endpoint', reference.tokenEndpoint, entry.tokenEndpoint],
    ['issuer', reference.issuer, entry.issuer],
  ] as const;
  const changed = places.filter(([, asked, listed]) => asked !== undefined && asked !== listed);
  const widened = reference.configurationEndpointOrigins.filter(
    (origin) => !entry.configurationEndpointOrigins.includes(origin),
  );
  return [
    ...changed.map(([path]) => ({
      path,
      message: `is not the one that the operator lists for ${entry.name}`,
      expected: 'the manifest without it',
    })),
    ...(widened.length === 0
      ? []
      : [
          {
            path: 'configuration_endpoint_origins',
            message: `has an origin that the operator does not list for ${entry.name}`,
            expected: 'the manifest without it',
          },
        ]),
  ];
}
