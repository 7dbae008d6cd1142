import { showUrl } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Http } from '../http/http.ts';
import { insecurity, isLoopbackHttp, secureUrl } from '../http/secure-url.ts';
import type { ServerReference } from '../manifest/desired.ts';
import { discoveryError } from './discovery-error.ts';
import type { Finding } from './finding.ts';
import { known } from './read-members.ts';
import type { Endpoint, Endpoints, Server } from './server.ts';
import { lookAt, type Survey } from './survey.ts';
import {
  type DocumentPlace,
  fhirMetadataPlace,
  issuerMetadataPlaces,
  smartConfigurationPlace,
} from './well-known-urls.ts';

/**
 * Finds the authorization server of a FHIR base URL or an issuer: what the manifest gives, then SMART configuration,
 * FHIR metadata, and the issuer's metadata (RFC 8414, OpenID Connect Discovery). Each endpoint comes from the first
 * source that names it; reading stops once registration and token endpoint are known.
 *
 * Rejects with a RegistrarError: `registration_unsupported`, `endpoint_conflict`, `issuer_mismatch`,
 * `discovery_failed`, `url_insecure`, `redirect_refused`, `answer_too_large`, `server_unreachable`,
 * `server_no_answer`, `server_error`, `rate_limited`. The message lists the documents that were asked for.
 */
export async function discoverServer(reference: ServerReference, http: Http): Promise<Server> {
  const survey = await surveyServer(reference, async (place, address, survey) =>
    isComplete(survey) ? survey : lookAt(place, address, survey, http),
  );
  return assemble(addressOf(reference), survey);
}

/** What is known of a server before any document was read. */
export function unread(reference: ServerReference): Survey {
  return { findings: [givenBy(reference)], failures: [], trail: [], silent: new Set() };
}

export function addressOf({ address, registrationEndpoint, issuer }: ServerReference): string {
  const given = address ?? registrationEndpoint ?? issuer;
  if (given === undefined) throw new TypeError('a server reference needs an address, an endpoint or an issuer');
  return given;
}

/** Goes through the documents that may tell of a server, the likeliest first; `look` reads one, or passes over it. */
export async function surveyServer(
  reference: ServerReference,
  look: (place: DocumentPlace, address: string, survey: Survey) => Promise<Survey>,
): Promise<Survey> {
  for (const url of [addressOf(reference), reference.registrationEndpoint, reference.tokenEndpoint, reference.issuer]) {
    if (url !== undefined) secureUrl(url, true);
  }
  let survey = unread(reference);
  if (reference.address !== undefined) {
    for (const place of [smartConfigurationPlace(reference.address), fhirMetadataPlace(reference.address)]) {
      survey = await look(place, reference.address, survey);
    }
  }
  const issuer = reference.issuer ?? issuerNamedIn(survey) ?? reference.address;
  if (issuer === undefined) return survey;
  for (const place of issuerMetadataPlaces(issuer)) survey = await look(place, issuer, survey);
  return survey;
}

function givenBy({ registrationEndpoint, tokenEndpoint, issuer }: ServerReference): Finding {
  return {
    source: { kind: 'manifest' },
    registrations: registrationEndpoint === undefined ? [] : [registrationEndpoint],
    ...known({ token: tokenEndpoint, issuer }),
    says: {},
    notes: [],
  };
}

/** Registration and token endpoint are known. */
export function isComplete({ findings }: Survey): boolean {
  return (
    findings.some(({ registrations }) => registrations.length > 0) && findings.some(({ token }) => token !== undefined)
  );
}

function issuerNamedIn({ findings }: Survey): string | undefined {
  return findings.map(({ issuer }) => issuer).find((issuer) => issuer !== undefined && isAskable(issuer));
}

function isAskable(url: string): boolean {
  return URL.canParse(url) && (url.startsWith('https://') || isLoopbackHttp(url));
}

/** The endpoints of a survey, each from the first source that names it. */
export function endpointsIn({ findings, trail }: Survey): Endpoints {
  const first = (pick: (finding: Finding) => string | undefined): Endpoint | undefined => {
    const finding = findings.find((candidate) => pick(candidate) !== undefined);
    const url = finding === undefined ? undefined : pick(finding);
    return finding === undefined || url === undefined ? undefined : { url, source: finding.source };
  };
  return {
    ...known({ registration: first(({ registrations }) => registrations[0]), token: first(({ token }) => token) }),
    ...known({ authorization: first(({ authorization }) => authorization), issuer: first(({ issuer }) => issuer) }),
    says: Object.assign({}, ...findings.map(({ says }) => says).reverse()),
    trail,
  };
}

/** The server that a survey has found; throws when there is none to register at. */
export function assemble(address: string, survey: Survey): Server {
  const { registration, ...rest } = endpointsIn(survey);
  if (registration === undefined) throw discoveryError(address, survey);
  refuseInsecure('registration', registration);
  if (rest.token !== undefined) refuseInsecure('token', rest.token);
  return { address, registration, ...rest };
}

/** Only a document that itself came over http from this machine may name such an endpoint. */
function refuseInsecure(what: string, { url, source }: Endpoint): void {
  if (source.url === undefined) return;
  const fault = insecurity(url, isLoopbackHttp(source.url));
  if (fault === undefined) return;
  const server = showUrl(source.url);
  throw new RegistrarError('url_insecure', {
    message: `${server} names a ${what} endpoint that cannot be used: ${showUrl(url)} ${fault}`,
    hint: 'Ask the operator of the server for an https address, and give it in the manifest.',
    server,
  });
}
