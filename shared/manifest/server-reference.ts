import type { ServerReference } from './desired.ts';
import { type Finding, quoted } from './problems.ts';
import type { ClientEntry } from './schema.ts';
import { type UrlRule, urlProblem } from './url-problem.ts';

const ADDRESSES = [
  ['server', 'server'],
  ['issuer', 'server'],
  ['registration_endpoint', 'endpoint'],
  ['token_endpoint', 'endpoint'],
] as const satisfies readonly (readonly [keyof ClientEntry, UrlRule])[];

/** Where to look for a client's authorization server, and what is wrong with how it is named. */
export function serverReference(
  entry: ClientEntry,
  { insecureLoopback, intact }: { readonly insecureLoopback: boolean; readonly intact: boolean },
): { readonly server: ServerReference; readonly findings: readonly Finding[] } {
  const origins = entry.configuration_endpoint_origins ?? [];
  const written = [
    ...ADDRESSES.map(([name, rule]) => ({ at: [name], text: entry[name], rule })),
    ...origins.map((text, index) => ({ at: ['configuration_endpoint_origins', index], text, rule: 'origin' as const })),
  ];
  const findings = written.flatMap(({ at, text, rule }): Finding[] => {
    const fault = text === undefined ? undefined : urlProblem(text, rule, insecureLoopback);
    return fault === undefined ? [] : [{ at, ...fault, message: `${quoted(String(text))} ${fault.message}` }];
  });
  const { server, issuer, registration_endpoint, token_endpoint } = entry;
  if (intact && server === undefined && registration_endpoint === undefined) {
    findings.push({
      at: ['server'],
      message: 'is missing',
      expected: 'a FHIR base URL or an issuer, or registration_endpoint and token_endpoint',
    });
  }
  if (intact && server === undefined && registration_endpoint !== undefined && token_endpoint === undefined) {
    findings.push({
      at: ['token_endpoint'],
      message: 'is missing',
      expected: 'the token endpoint, or a server to find it from',
    });
  }
  return {
    server: {
      ...(server === undefined ? {} : { address: server }),
      ...(registration_endpoint === undefined ? {} : { registrationEndpoint: registration_endpoint }),
      ...(token_endpoint === undefined ? {} : { tokenEndpoint: token_endpoint }),
      ...(issuer === undefined ? {} : { issuer }),
      configurationEndpointOrigins: origins.map((origin) => origin.replace(/\/$/u, '')),
    },
    findings,
  };
}
