import type { Json, JsonObject } from '../ports/ports.ts';
import type { Finding } from './problems.ts';
import { isAppScheme } from './url-problem.ts';

const strings = (value: Json | undefined): readonly string[] | undefined =>
  Array.isArray(value) ? value.map(String) : undefined;

const at = (member: string): readonly string[] => ['metadata', member];

type Flows = {
  readonly grants: readonly string[];
  /** Single words: `code id_token` is both `code` and `id_token`. */
  readonly responses: readonly string[];
  readonly responsesLeftOut: boolean;
};

function flowsOf(metadata: JsonObject): Flows {
  const responses = strings(metadata.response_types);
  return {
    // RFC 7591 section 2: the defaults.
    grants: strings(metadata.grant_types) ?? ['authorization_code'],
    responses: (responses ?? ['code']).flatMap((type) => type.split(' ')),
    responsesLeftOut: responses === undefined,
  };
}

// RFC 7591 section 2.1
function checkFlows({ grants, responses, responsesLeftOut }: Flows): readonly Finding[] {
  const found: Finding[] = [];
  const code = grants.includes('authorization_code');
  const implicit = grants.includes('implicit');
  const front = responses.includes('token') || responses.includes('id_token');
  if (grants.length === 0) found.push({ at: at('grant_types'), message: 'is empty', expected: 'at least one grant' });
  if (responsesLeftOut && !code) {
    found.push({
      at: at('grant_types'),
      message: 'has no authorization_code, but without response_types the standard means code',
      expected: 'response_types: [] as well',
      warning: true,
    });
  } else if (responses.includes('code') !== code) {
    found.push(
      code
        ? { at: at('response_types'), message: 'has no code, which authorization_code needs', expected: 'code' }
        : {
            at: at('grant_types'),
            message: 'has no authorization_code, which code needs',
            expected: 'authorization_code',
          },
    );
  }
  if (front !== implicit) {
    found.push(
      implicit
        ? { at: at('response_types'), message: 'has no token or id_token, which implicit needs', expected: 'token' }
        : { at: at('grant_types'), message: 'has no implicit, which token and id_token need', expected: 'implicit' },
    );
  }
  for (const grant of grants.filter((name) => name === 'implicit' || name === 'password')) {
    // RFC 9700 sections 2.1.2 and 2.4
    found.push({
      at: at('grant_types'),
      message: `has ${grant}, which is no longer considered safe`,
      expected: 'authorization_code',
      warning: true,
    });
  }
  return found;
}

function checkRedirects(metadata: JsonObject, { grants }: Flows, hasStatement: boolean): readonly Finding[] {
  const uris = strings(metadata.redirect_uris) ?? [];
  const needed = grants.includes('authorization_code') || grants.includes('implicit');
  if (uris.length === 0) {
    return needed && !hasStatement
      ? [
          {
            at: at('redirect_uris'),
            message: 'is missing or empty',
            expected: 'at least one redirect URI, or a grant that needs none',
          },
        ]
      : [];
  }
  const urls = uris.flatMap((text, index) => (URL.canParse(text) ? [{ url: new URL(text), index }] : []));
  const kind = metadata.application_type;
  const native = kind !== undefined && kind !== 'web';
  const found = urls
    .filter(({ url }) => isAppScheme(url) && !native)
    .map(({ index }): Finding => {
      const problem = {
        at: [...at('redirect_uris'), index],
        message: 'has a scheme of an app',
        expected: 'application_type: native',
      };
      return kind === 'web' ? problem : { ...problem, warning: true };
    });
  const hosts = new Set(urls.map(({ url }) => url.host));
  if (metadata.subject_type === 'pairwise' && hosts.size > 1 && metadata.sector_identifier_uri === undefined) {
    found.push({
      at: at('subject_type'),
      message: 'is pairwise and the redirect URIs have several hosts',
      expected: 'a sector_identifier_uri as well',
    });
  }
  return found;
}

function checkAuthentication(metadata: JsonObject, { grants }: Flows): readonly Finding[] {
  const found: Finding[] = [];
  const algorithm = metadata.token_endpoint_auth_signing_alg;
  const method = metadata.token_endpoint_auth_method;
  if (metadata.jwks !== undefined && metadata.jwks_uri !== undefined) {
    found.push({ at: at('jwks_uri'), message: 'is given together with jwks', expected: 'one of the two' });
  }
  // RFC 6749 section 4.4
  if (method === 'none' && grants.includes('client_credentials')) {
    found.push({
      at: at('grant_types'),
      message: 'has client_credentials, which a client without a secret or key cannot use',
      expected: 'type: confidential or backend',
    });
  }
  if (algorithm === 'none') {
    found.push({
      at: at('token_endpoint_auth_signing_alg'),
      message: 'is none',
      expected: 'an algorithm such as ES384',
    });
  }
  if (method === 'private_key_jwt' && /^HS/u.test(String(algorithm))) {
    found.push({
      at: at('token_endpoint_auth_signing_alg'),
      message: 'is an algorithm for shared secrets',
      expected: 'an algorithm for key pairs, such as ES384',
    });
  }
  return found;
}

// OpenID Connect Registration section 2
function checkOpenId(metadata: JsonObject, { responses }: Flows): readonly Finding[] {
  const pairs = [
    ['id_token_encrypted_response_enc', 'id_token_encrypted_response_alg'],
    ['userinfo_encrypted_response_enc', 'userinfo_encrypted_response_alg'],
    ['request_object_encryption_enc', 'request_object_encryption_alg'],
  ] as const;
  const found: Finding[] = pairs
    .filter(([enc, alg]) => metadata[enc] !== undefined && metadata[alg] === undefined)
    .map(([enc, alg]) => ({ at: at(enc), message: `needs ${alg}`, expected: `${alg} as well` }));
  if (metadata.id_token_signed_response_alg === 'none' && responses.includes('id_token')) {
    found.push({
      at: at('id_token_signed_response_alg'),
      message: 'is none, but ID tokens come through the browser',
      expected: 'an algorithm such as RS256',
    });
  }
  return found;
}

/**
 * Checks members of client metadata against each other: grants and response types (RFC 7591 section 2.1), redirect
 * URIs where a grant needs them, keys and authentication, and the dependencies of OpenID Connect Registration
 * section 2. A software statement may bring redirect URIs of its own, so none are missed when there is one.
 */
export function checkConsistency(metadata: JsonObject, hasStatement: boolean): readonly Finding[] {
  const flows = flowsOf(metadata);
  return [
    ...checkFlows(flows),
    ...checkRedirects(metadata, flows, hasStatement || metadata.software_statement !== undefined),
    ...checkAuthentication(metadata, flows),
    ...checkOpenId(metadata, flows),
  ];
}
