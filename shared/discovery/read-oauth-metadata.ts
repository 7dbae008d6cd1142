import { printable } from '../errors/printable.ts';
import { type Finding, nothing, type Reading } from './finding.ts';
import { asTexts, asUrl, known, type Members } from './read-members.ts';
import type { Source } from './server.ts';

const ENDPOINTS = ['registration_endpoint', 'token_endpoint', 'authorization_endpoint'] as const;

/**
 * Reads `.well-known/smart-configuration`. Relative addresses, which old servers write, resolve against `base`, the
 * FHIR base URL with a slash at its end. `issuer` is optional there and not checked against anything.
 */
export function readSmartConfiguration(document: Members, source: Source, base: string): Reading {
  const finding = readMembers(document, source, base);
  const telling =
    finding.registrations.length > 0 ||
    finding.notes.length > 0 ||
    [finding.token, finding.authorization, finding.issuer, finding.says.capabilities].some(
      (value) => value !== undefined,
    );
  return telling ? { kind: 'found', finding } : nothing('JSON, but no SMART configuration');
}

/**
 * Reads RFC 8414 or OpenID provider metadata of `issuer`. A document that names another issuer, compared code point by
 * code point, is not used (RFC 8414 section 3.3).
 */
export function readIssuerMetadata(document: Members, source: Source, issuer: string): Reading {
  const named = document.issuer;
  if (named === issuer) return { kind: 'found', finding: readMembers(document, source) };
  if (typeof named !== 'string') return nothing('JSON, but no metadata of an issuer');
  return nothing(`names the issuer ${printable(named)}, not ${printable(issuer)}`, 'issuer_mismatch');
}

function readMembers(document: Members, source: Source, base?: string): Finding {
  const [registration, token, authorization] = ENDPOINTS.map((name) => asUrl(document[name], base));
  const issuer = asUrl(document.issuer);
  const unusable = ENDPOINTS.filter((name) => {
    const value = document[name];
    return value !== undefined && value !== null && asUrl(value, base) === undefined;
  });
  return {
    source,
    registrations: registration === undefined ? [] : [registration],
    ...known({ token, authorization, issuer }),
    says: readSays(document),
    notes: unusable.map((name) => `its ${name} is no URL`),
  };
}

function readSays(document: Members): Finding['says'] {
  const texts = (...names: string[]) =>
    names.map((name) => asTexts(document[name])).find((value) => value !== undefined);
  return known({
    scopes: texts('scopes_supported'),
    grantTypes: texts('grant_types_supported'),
    responseTypes: texts('response_types_supported'),
    // SMART App Launch 1.0 has the name without `_supported`.
    tokenEndpointAuthMethods: texts('token_endpoint_auth_methods_supported', 'token_endpoint_auth_methods'),
    tokenEndpointAuthSigningAlgs: texts('token_endpoint_auth_signing_alg_values_supported'),
    codeChallengeMethods: texts('code_challenge_methods_supported'),
    capabilities: texts('capabilities'),
  });
}
