/** Where something was read. */
export type Source = {
  readonly kind:
    | 'manifest'
    | 'smart-configuration'
    | 'fhir-metadata'
    | 'oauth-authorization-server'
    | 'openid-configuration';
  /** The document's URL without query; undefined for the manifest. */
  readonly url?: string;
};

export type Endpoint = { readonly url: string; readonly source: Source };

/** A document that was asked for, without query, and in a few words what came of it. */
export type TrailEntry = { readonly url: string; readonly outcome: string };

/** An authorization server as found: its endpoints, each with where it was read. */
export type Server = {
  /** What the person gave: FHIR base URL, issuer, or the registration endpoint. */
  readonly address: string;
  readonly registration: Endpoint;
  readonly token?: Endpoint;
  readonly authorization?: Endpoint;
  readonly issuer?: Endpoint;
  /** What the server says it supports (names of RFC 8414 and SMART), for warnings only: servers understate it. */
  readonly says: {
    readonly scopes?: readonly string[];
    readonly grantTypes?: readonly string[];
    readonly responseTypes?: readonly string[];
    readonly tokenEndpointAuthMethods?: readonly string[];
    readonly tokenEndpointAuthSigningAlgs?: readonly string[];
    readonly codeChallengeMethods?: readonly string[];
    readonly capabilities?: readonly string[];
    /** FHIR version such as `1.0.2` or `4.0.1`, when /metadata was read. */
    readonly fhirVersion?: string;
  };
  /** Documents that were asked for, in order, with what came of it (for people). */
  readonly trail: readonly TrailEntry[];
};

/** What was found of a server, which may be less than it takes to register there. */
export type Endpoints = Omit<Server, 'address' | 'registration'> & Partial<Pick<Server, 'registration'>>;
