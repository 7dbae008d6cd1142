import type { SealKey } from '../../shared/record/seal.ts';
import type { InitialAccess } from '../../shared/registration/initial-access-token.ts';
import type { HostPattern } from './host-pattern.ts';

/** An authorization server that repositories may use: what is needed there, and what may be asked for. */
export type ServerEntry = {
  /** Names the entry to people; unique. Never a secret. */
  readonly name: string;
  /** FHIR base URLs or issuers that manifests may give as `server`. */
  readonly addresses: readonly string[];
  readonly registrationEndpoint?: string;
  readonly tokenEndpoint?: string;
  readonly issuer?: string;
  readonly initialAccess?: InitialAccess;
  /** Where `initialAccess` is fetched, when that is not the server's own token endpoint. */
  readonly initialAccessTokenEndpoint?: string;
  readonly softwareStatement?: string;
  readonly redirectHosts: readonly HostPattern[];
  /** Schemes of apps, without colon, that redirect URIs may have. */
  readonly redirectSchemes: readonly string[];
  readonly scopes: 'any' | readonly string[];
  readonly grants: readonly string[];
  readonly authMethods: 'any' | readonly string[];
  /** Origins besides the registration endpoint's own where a client configuration endpoint may be. */
  readonly configurationEndpointOrigins: readonly string[];
  readonly maxClientsPerRepository?: number;
  /** Numeric ids of owners and repositories that may use the entry; all that the policy lists when both are absent. */
  readonly onlyOwners?: readonly string[];
  readonly onlyRepositories?: readonly string[];
};

/** An event, besides those that need no listing, whose runs reach an environment. */
export type AllowedEvent = {
  readonly event: string;
  /** Full refs, `*` for any characters; any ref when absent. */
  readonly refs?: readonly string[];
};

/** Who reaches the environments that a pattern fits. */
export type EnvironmentRule = {
  /** A name, or a pattern with `*`. */
  readonly pattern: string;
  /** Full refs whose `push` and `workflow_dispatch` runs reach it; `*` for any characters. */
  readonly refs: readonly string[];
  /** A job that names it as its GitHub environment reaches it. */
  readonly environmentClaim: boolean;
  readonly allow: readonly AllowedEvent[];
  /** Pull requests and branches may make registrations in it that they own. */
  readonly owned: boolean;
  /** Jobs get the credentials of a client that several environments share. */
  readonly sharedCredentials: boolean;
  /** A signed deploy webhook acts on registrations without an owner too. */
  readonly deployWebhooks: boolean;
};

/** Which repositories may use the Worker, and who reaches which environment. Ids are numeric, kept as strings. */
export type Policy = {
  readonly owners: readonly { readonly id: string; readonly allRepositories: boolean }[];
  readonly repositories: readonly { readonly id: string; readonly environments: readonly EnvironmentRule[] }[];
  /** Rules for every repository, after its own. */
  readonly environments: readonly EnvironmentRule[];
};

export type GitHubApp = {
  readonly id: string;
  /** PEM, as GitHub hands it out (PKCS#1) or PKCS#8. */
  readonly privateKey: string;
};

/** Everything the Worker is told by its bindings, checked. Contains secrets: never logged. */
export type Config = {
  /** The first seals, each opens. */
  readonly keys: readonly SealKey[];
  readonly servers: readonly ServerEntry[];
  readonly policy: Policy;
  /** Origin without a slash at its end; the audience of id-tokens. */
  readonly publicUrl: string;
  readonly app?: GitHubApp;
  readonly webhookSecret?: string;
  readonly deployWebhookSecret?: string;
  readonly operatorToken?: string;
  /** Without a slash at its end. */
  readonly githubApiUrl: string;
  /** Issuers of id-tokens, exactly as they appear in `iss`. */
  readonly issuers: readonly string[];
  readonly insecureLoopback: boolean;
};
