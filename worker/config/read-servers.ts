import type { Problem } from '../../shared/errors/registrar-error.ts';
import { type Fault, showPath } from '../../shared/manifest/problems.ts';
import { type UrlRule, urlProblem } from '../../shared/manifest/url-problem.ts';
import type { InitialAccess } from '../../shared/registration/initial-access-token.ts';
import type { ServerEntry } from './config.ts';
import { type HostPattern, readHostPattern } from './host-pattern.ts';
import type { Part } from './read-series.ts';
import { serversSchema, type WrittenServer } from './servers-schema.ts';
import { parseShape } from './shape-problems.ts';

type Report = (problem: Problem) => void;
type Located = { readonly entry: ServerEntry; readonly path: string };

const DEFAULT_GRANTS = ['authorization_code', 'refresh_token'];

/** The entries of SERVERS and what continues it; everything that is wrong with them is reported. */
export function readServers(parts: readonly Part[], insecureLoopback: boolean, report: Report): readonly ServerEntry[] {
  const located = parts.flatMap((part): Located[] => {
    const entries = parseShape(serversSchema, part, report) ?? [];
    return entries.map((written, index) => {
      const path = showPath([part.name, index]);
      const check = checker(path, report);
      checkAddresses(written, insecureLoopback, check);
      checkOnly(written, check);
      const redirectHosts = readHosts(written.redirect_hosts, check);
      return { entry: serverEntry(written, redirectHosts), path };
    });
  });
  checkTogether(located, report);
  return located.map(({ entry }) => entry);
}

type Check = (member: string, fault: Fault | undefined) => void;

function checker(path: string, report: Report): Check {
  return (member, fault) => {
    if (fault !== undefined) report({ path: `${path}.${member}`, ...fault });
  };
}

function checkAddresses(written: WrittenServer, insecureLoopback: boolean, check: Check): void {
  const url = (member: string, text: string | undefined, rule: UrlRule) => {
    if (text !== undefined) check(member, urlProblem(text, rule, insecureLoopback));
  };
  for (const address of addressesOf(written)) url('server', address, 'server');
  url('registration_endpoint', written.registration_endpoint, 'endpoint');
  url('token_endpoint', written.token_endpoint, 'endpoint');
  url('issuer', written.issuer, 'server');
  url('client_credentials.token_endpoint', written.client_credentials?.token_endpoint, 'endpoint');
  for (const [index, origin] of (written.configuration_endpoint_origins ?? []).entries()) {
    url(`configuration_endpoint_origins[${index}]`, origin, 'origin');
  }
  if (written.server === undefined && written.registration_endpoint === undefined) {
    check('server', { message: 'is missing', expected: 'an address, or registration_endpoint and token_endpoint' });
  }
  if (
    written.server === undefined &&
    written.registration_endpoint !== undefined &&
    written.token_endpoint === undefined
  ) {
    check('token_endpoint', { message: 'is missing', expected: 'it, or a server to find it from' });
  }
  if (written.initial_access_token !== undefined && written.client_credentials !== undefined) {
    check('client_credentials', { message: 'is given together with initial_access_token', expected: 'one of the two' });
  }
}

function checkOnly({ only }: WrittenServer, check: Check): void {
  if (only === undefined || only.owners !== undefined || only.repositories !== undefined) return;
  check('only', { message: 'is empty', expected: 'owners or repositories in it, or nothing at all' });
}

function readHosts(written: readonly string[], check: Check): readonly HostPattern[] {
  return written.flatMap((text, index) => {
    const read = readHostPattern(text);
    if (!('message' in read)) return [read];
    check(`redirect_hosts[${index}]`, read);
    return [];
  });
}

function addressesOf({ server }: WrittenServer): readonly string[] {
  return typeof server === 'string' ? [server] : (server ?? []);
}

function serverEntry(written: WrittenServer, redirectHosts: readonly HostPattern[]): ServerEntry {
  const { registration_endpoint, token_endpoint, issuer, software_statement, max_clients, only } = written;
  const addresses = addressesOf(written);
  const access = initialAccess(written);
  const accessEndpoint = written.client_credentials?.token_endpoint;
  return {
    name: written.name ?? hostOf(addresses[0] ?? registration_endpoint ?? ''),
    addresses,
    ...(registration_endpoint !== undefined && { registrationEndpoint: registration_endpoint }),
    ...(token_endpoint !== undefined && { tokenEndpoint: token_endpoint }),
    ...(issuer !== undefined && { issuer }),
    ...(access && { initialAccess: access }),
    ...(accessEndpoint !== undefined && { initialAccessTokenEndpoint: accessEndpoint }),
    ...(software_statement !== undefined && { softwareStatement: software_statement }),
    redirectHosts,
    redirectSchemes: written.redirect_schemes ?? [],
    scopes: written.scopes,
    grants: written.grants ?? DEFAULT_GRANTS,
    authMethods: written.auth_methods ?? 'any',
    configurationEndpointOrigins: (written.configuration_endpoint_origins ?? []).map((origin) =>
      origin.replace(/\/$/u, ''),
    ),
    ...(max_clients?.per_repository !== undefined && { maxClientsPerRepository: max_clients.per_repository }),
    ...(only?.owners && { onlyOwners: only.owners.map(String) }),
    ...(only?.repositories && { onlyRepositories: only.repositories.map(String) }),
  };
}

function initialAccess({ initial_access_token, client_credentials }: WrittenServer): InitialAccess | undefined {
  if (client_credentials === undefined) {
    return initial_access_token === undefined ? undefined : { kind: 'token', token: initial_access_token };
  }
  const { client_id, client_secret, scope } = client_credentials;
  return {
    kind: 'client_credentials',
    clientId: client_id,
    clientSecret: client_secret,
    ...(scope !== undefined && { scope }),
  };
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : '';
}

function checkTogether(located: readonly Located[], report: Report): void {
  for (const [index, { entry, path }] of located.entries()) {
    const before = located.slice(0, index);
    const namesake = before.find((other) => other.entry.name === entry.name);
    if (namesake !== undefined && entry.name !== '') {
      report({ path: `${path}.name`, message: `is the name of ${namesake.path} too`, expected: 'a name of its own' });
    }
    const hiding = before.find((other) => hides(other.entry, entry));
    if (hiding !== undefined) {
      report({
        path,
        message: `is never used: ${hiding.path} has the same address and is for everybody`,
        expected: '`only` in the one that goes first',
      });
    }
  }
}

function hides(first: ServerEntry, other: ServerEntry): boolean {
  if (first.onlyOwners !== undefined || first.onlyRepositories !== undefined) return false;
  return placesOf(other).some((place) => placesOf(first).includes(place));
}

/** What a manifest can name an entry by, each in one spelling. */
function placesOf({ addresses, registrationEndpoint }: ServerEntry): readonly string[] {
  return addresses.length > 0 ? addresses.map(sameAddress) : [String(registrationEndpoint)];
}

/** One spelling for an address with and without a slash at its end. */
export function sameAddress(address: string): string {
  return URL.canParse(address) ? new URL(address).href.replace(/\/$/u, '') : address;
}
