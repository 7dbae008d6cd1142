import { showUrl } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Http } from '../http/http.ts';
import { type Answer, askDocument, unusable } from './ask-document.ts';
import type { Finding, Reading } from './finding.ts';
import { readCapabilityStatement } from './read-capability-statement.ts';
import type { Members } from './read-members.ts';
import { readIssuerMetadata, readSmartConfiguration } from './read-oauth-metadata.ts';
import { type DocumentPlace, directoryOf } from './well-known-urls.ts';

// DSTU2 has content types of its own; JSON is asked for before XML in every version.
const FHIR_TYPES =
  'application/fhir+json, application/json+fhir;q=0.9, application/json;q=0.8, application/fhir+xml;q=0.2, application/xml+fhir;q=0.2';

/**
 * Reads one document. `address` is the FHIR base URL that it belongs to, or the issuer.
 *
 * Rejects with a RegistrarError whose message begins with the document's address: `discovery_failed`,
 * `issuer_mismatch`, `server_error`, `rate_limited`, and what `http` rejects with.
 */
export async function readPlace(place: DocumentPlace, address: string, http: Http): Promise<Finding> {
  const reading = await read(place, address, http);
  if (reading.kind === 'found') return reading.finding;
  const server = showUrl(place.url);
  throw new RegistrarError(reading.code, { message: `${server} ${reading.outcome}`, server });
}

async function read(place: DocumentPlace, address: string, http: Http): Promise<Reading> {
  if (place.kind === 'fhir-metadata') {
    return readCapabilityStatement(await askFhirMetadata(place.url, http), place, directoryOf(address));
  }
  const document = documentIn(place.url, await askDocument(http, place.url, 'application/json'));
  if (document instanceof RegistrarError) throw document;
  return place.kind === 'smart-configuration'
    ? readSmartConfiguration(document, place, directoryOf(address))
    : readIssuerMetadata(document, place, address);
}

async function askFhirMetadata(url: string, http: Http): Promise<Members> {
  const answer = await askDocument(http, url, FHIR_TYPES);
  const document = await statementIn(url, answer);
  if (!(document instanceof RegistrarError)) return document;
  if (answer.kind === 'unusable' && !answer.otherFormat) throw document;
  const again = await statementIn(url, await askDocument(http, `${url}?_format=json`, '*/*'));
  if (!(again instanceof RegistrarError)) return again;
  throw document;
}

function documentIn(url: string, answer: Answer): Members | RegistrarError {
  if (answer.kind === 'json') return answer.document;
  return answer.kind === 'xml' ? unusable(url, 'answers with XML, not JSON') : answer.error;
}

async function statementIn(url: string, answer: Answer): Promise<Members | RegistrarError> {
  if (answer.kind !== 'xml') return documentIn(url, answer);
  const { readCapabilityXml } = await import('./read-capability-xml.ts');
  return readCapabilityXml(answer.text) ?? unusable(url, 'answers with XML that is no capability statement');
}
