import type { Server } from '../discovery/server.ts';
import type { Desired } from '../manifest/desired.ts';
import type { JsonObject } from '../ports/ports.ts';

/** RFC 6761: no such host exists, so nobody can receive a code there. */
const PROBE_REDIRECT_URI = 'https://doctor.invalid/callback';
/** Where probes are remembered: the environment of their registrations. */
export const PROBE_ENVIRONMENT = 'doctor';

const NAME = 'oauth-registrar doctor';
const METHODS = ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'];
const ALGORITHMS = ['ES384', 'RS384', 'ES256', 'RS256'];

/** What a person may say about the throw-away client. */
export type ProbeWish = {
  /** Name of its registration. */
  readonly name: string;
  readonly redirectUris?: readonly string[];
  readonly scope?: string;
};

/** The throw-away client: one that the server, by what it says of itself, should take. */
export function probeClient({ address, says }: Server, { name, redirectUris = [], scope }: ProbeWish): Desired {
  const method = offered(METHODS, says.tokenEndpointAuthMethods);
  const makeKey = method === 'private_key_jwt';
  const grants = says.grantTypes ?? [];
  const withoutUser = grants.includes('client_credentials') && !grants.includes('authorization_code');
  const metadata: JsonObject = {
    client_name: NAME,
    token_endpoint_auth_method: method,
    ...(makeKey && { token_endpoint_auth_signing_alg: offered(ALGORITHMS, says.tokenEndpointAuthSigningAlgs) }),
    ...(scope !== undefined && { scope }),
    ...(withoutUser
      ? { grant_types: ['client_credentials'], response_types: [] }
      : {
          redirect_uris: redirectUris.length === 0 ? [PROBE_REDIRECT_URI] : redirectUris,
          grant_types: ['authorization_code'],
          response_types: ['code'],
        }),
  };
  return {
    key: `${PROBE_ENVIRONMENT}/${name}`,
    name,
    environment: PROBE_ENVIRONMENT,
    server: { address, configurationEndpointOrigins: [] },
    metadata,
    makeKey,
    ttl: 'job',
    publish: [],
    update: 'ask',
    strict: false,
  };
}

/** The same client with the one change that the probe makes. */
export function changedProbeClient(desired: Desired): Desired {
  return { ...desired, metadata: { ...desired.metadata, client_name: `${NAME}, updated` } };
}

/** The first of ours that the server names; our first where it names none of them. */
function offered(ours: readonly string[], theirs: readonly string[] | undefined): string {
  return ours.find((candidate) => theirs?.includes(candidate)) ?? (ours[0] as string);
}
