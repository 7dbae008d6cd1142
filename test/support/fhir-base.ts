import type { IncomingMessage, ServerResponse } from 'node:http';

export type FhirVersion = 'dstu2' | 'stu3' | 'r4' | 'r4b' | 'r5';

/** What a FHIR server says of its authorization server. URLs may be relative where a test wants them so. */
export type FhirSays = {
  readonly authorize: string;
  readonly token: string;
  /** Undefined: no registration endpoint is named. */
  readonly register: string | undefined;
  readonly issuer: string;
  readonly jwksUri: string;
};

export type FhirStyle = {
  /** `nested` as the specification has it; `flat`: the older extensions with `#register` in their URL. */
  readonly extension: 'nested' | 'flat';
  /** XML whatever was asked for. Otherwise JSON where it is asked for, else XML, as many servers do. */
  readonly xmlOnly: boolean;
};

type Release = {
  readonly fhirVersion: string;
  readonly resourceType: 'Conformance' | 'CapabilityStatement';
  readonly json: string;
  readonly xml: string;
  readonly serviceSystem: string;
};

const OLD_SERVICE_SYSTEM = 'http://hl7.org/fhir/restful-security-service';
const SERVICE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/restful-security-service';
const OAUTH_URIS = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';
const CURRENT = {
  resourceType: 'CapabilityStatement',
  json: 'application/fhir+json',
  xml: 'application/fhir+xml',
} as const;

const RELEASES: Readonly<Record<FhirVersion, Release>> = {
  dstu2: {
    fhirVersion: '1.0.2',
    resourceType: 'Conformance',
    json: 'application/json+fhir',
    xml: 'application/xml+fhir',
    serviceSystem: OLD_SERVICE_SYSTEM,
  },
  stu3: { fhirVersion: '3.0.1', ...CURRENT, serviceSystem: OLD_SERVICE_SYSTEM },
  r4: { fhirVersion: '4.0.1', ...CURRENT, serviceSystem: SERVICE_SYSTEM },
  r4b: { fhirVersion: '4.3.0', ...CURRENT, serviceSystem: SERVICE_SYSTEM },
  r5: { fhirVersion: '5.0.0', ...CURRENT, serviceSystem: SERVICE_SYSTEM },
};

/** Of a FHIR base; what is before the version may be left out. */
const PATH = /^(?:\/fhir)?\/(dstu2|stu3|r4|r4b|r5)\/(.*)$/;

export const isFhirPath = (path: string): boolean => PATH.test(path);

/** Answers `/fhir/{version}/…`; false when the path is not of a FHIR base. */
export function answerFhir(
  exchange: { readonly req: IncomingMessage; readonly res: ServerResponse },
  says: FhirSays,
  style: FhirStyle,
): boolean {
  const { req, res } = exchange;
  const url = new URL(req.url ?? '/', 'http://127.0.0.1');
  const [, version, rest] = PATH.exec(url.pathname) ?? [];
  if (version === undefined) return false;
  const release = RELEASES[version as FhirVersion];

  if (req.method === 'GET' && rest === 'metadata') {
    const asked = url.searchParams.get('_format') ?? req.headers.accept ?? '';
    const json = !style.xmlOnly && asked.includes('json');
    res.writeHead(200, { 'content-type': `${json ? release.json : release.xml};charset=utf-8` });
    res.end(json ? JSON.stringify(statement(release, says, style)) : statementXml(release, says, style));
  } else if (req.method === 'GET' && version === 'r4' && rest === '.well-known/smart-configuration') {
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(smartConfiguration(says)));
  } else {
    res.writeHead(404, { 'content-type': release.json });
    res.end(JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'not-found' }] }));
  }
  return true;
}

type Uri = { readonly name: string; readonly value: string };

function uris(says: FhirSays): readonly Uri[] {
  return [
    { name: 'authorize', value: says.authorize },
    { name: 'token', value: says.token },
    ...(says.register === undefined ? [] : [{ name: 'register', value: says.register }]),
  ];
}

function statement(release: Release, says: FhirSays, style: FhirStyle): unknown {
  const extension =
    style.extension === 'flat'
      ? uris(says).map((uri) => ({ url: `${OAUTH_URIS}#${uri.name}`, valueUri: uri.value }))
      : [{ url: OAUTH_URIS, extension: uris(says).map((uri) => ({ url: uri.name, valueUri: uri.value })) }];
  return {
    resourceType: release.resourceType,
    status: release.resourceType === 'Conformance' ? 'draft' : 'active',
    date: '2026-01-01',
    kind: 'instance',
    fhirVersion: release.fhirVersion,
    format: ['json', 'xml'],
    rest: [
      {
        mode: 'server',
        security: {
          extension,
          service: [{ coding: [{ system: release.serviceSystem, code: 'SMART-on-FHIR' }] }],
        },
      },
    ],
  };
}

function statementXml(release: Release, says: FhirSays, style: FhirStyle): string {
  const valueUri = (uri: Uri): string => `<valueUri value="${escapeXml(uri.value)}"/>`;
  const extension =
    style.extension === 'flat'
      ? uris(says)
          .map((uri) => `<extension url="${OAUTH_URIS}#${uri.name}">${valueUri(uri)}</extension>`)
          .join('')
      : `<extension url="${OAUTH_URIS}">${uris(says)
          .map((uri) => `<extension url="${uri.name}">${valueUri(uri)}</extension>`)
          .join('')}</extension>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<${release.resourceType} xmlns="http://hl7.org/fhir"><kind value="instance"/>`,
    `<fhirVersion value="${release.fhirVersion}"/><rest><mode value="server"/><security>${extension}</security></rest>`,
    `</${release.resourceType}>`,
  ].join('\n');
}

function smartConfiguration(says: FhirSays): unknown {
  return {
    issuer: says.issuer,
    jwks_uri: says.jwksUri,
    authorization_endpoint: says.authorize,
    token_endpoint: says.token,
    ...(says.register === undefined ? {} : { registration_endpoint: says.register }),
    grant_types_supported: ['authorization_code', 'client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    code_challenge_methods_supported: ['S256'],
    capabilities: [
      'launch-standalone',
      'context-standalone-patient',
      'client-public',
      'client-confidential-symmetric',
      'client-confidential-asymmetric',
      'sso-openid-connect',
      'permission-offline',
      'permission-patient',
      'permission-v1',
      'permission-v2',
    ],
  };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
