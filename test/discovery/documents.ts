import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Http, HttpResponse } from '../../shared/http/http.ts';
import type { ServerReference } from '../../shared/manifest/desired.ts';

export const FHIR = 'https://fhir.example/r4';
export const AS = 'https://as.example';
const OAUTH_URIS = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';

/** What an address answers: JSON, a text, a status, an error, or something that depends on the request. */
export type Page = object | string | number | RegistrarError | ((url: URL, accept: string) => Page);
export type Site = Readonly<Record<string, Page>>;

/** Serves documents by address without query; everything else is 404. `asked` lists the requests. */
export function serve(site: Site) {
  const asked: string[] = [];
  const accepted: string[] = [];
  const http: Http = async ({ method, url, headers, purpose }) => {
    if (method !== 'GET' || purpose !== 'discovery') throw new Error(`unexpected ${method} for ${purpose}`);
    asked.push(url);
    const accept = headers?.accept ?? '';
    accepted.push(accept);
    const parsed = new URL(url);
    return respond(site[parsed.origin + parsed.pathname] ?? 404, parsed, accept);
  };
  return { http, asked, accepted };
}

function respond(page: Page, url: URL, accept: string): HttpResponse {
  if (typeof page === 'function') return respond(page(url, accept), url, accept);
  if (page instanceof RegistrarError) throw page;
  const header = () => null;
  if (typeof page === 'number') return { status: page, header, text: `<html><body>${page}</body></html>` };
  if (typeof page === 'string') return { status: 200, header, text: page };
  if ('status' in page && 'text' in page) return { header, ...page } as unknown as HttpResponse;
  return { status: 200, header, text: JSON.stringify(page) };
}

/** An error as the guarded fetch rejects with. */
export function failure(code: RegistrarError['code'], url: string, words: string): RegistrarError {
  return new RegistrarError(code, { message: `${url} ${words}`, server: url });
}

export function reference(address?: string, more: Partial<ServerReference> = {}): ServerReference {
  return { ...(address === undefined ? {} : { address }), configurationEndpointOrigins: [], ...more };
}

type Uris = Readonly<Record<string, unknown>>;

export const nested = (uris: Uris, url = OAUTH_URIS) => ({
  url,
  extension: Object.entries(uris).map(([name, value]) => ({ url: name, valueUri: value })),
});
export const flat = (uris: Uris, url = OAUTH_URIS) =>
  Object.entries(uris).map(([name, value]) => ({ url: `${url}#${name}`, valueUri: value }));

export const rest = (extension: readonly object[], mode: string | null = 'server') => ({
  ...(mode === null ? {} : { mode }),
  security: {
    cors: true,
    extension,
    service: [{ coding: [{ system: 'http://hl7.org/fhir/restful-security-service', code: 'SMART-on-FHIR' }] }],
  },
  resource: [{ type: 'Patient', interaction: [{ code: 'read' }] }],
});

export const statement = (entries: readonly object[], fhirVersion = '4.0.1') => ({
  resourceType: fhirVersion.startsWith('1.') ? 'Conformance' : 'CapabilityStatement',
  status: 'active',
  kind: 'instance',
  fhirVersion,
  format: ['json', 'xml'],
  rest: entries,
});

export const ALL = {
  authorize: `${AS}/authorize`,
  token: `${AS}/token`,
  register: `${AS}/register`,
  manage: `${AS}/me`,
};

export const issuerDocument = (issuer: string, more: object = {}) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/reg`,
  response_types_supported: ['code'],
  ...more,
});
