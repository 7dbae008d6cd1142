import type { JsonObject } from '../ports/ports.ts';

/** SMART's three client types; each fills the RFC 7591 fields that go with it. */
export type ClientType = 'public' | 'confidential' | 'backend';

/** Where to look for the authorization server. */
export type ServerReference = {
  /** FHIR base URL or issuer, exactly as written; undefined when both endpoints are given. */
  readonly address?: string;
  readonly registrationEndpoint?: string;
  readonly tokenEndpoint?: string;
  readonly issuer?: string;
  /** Origins besides the registration endpoint's own where a client configuration endpoint may be. */
  readonly configurationEndpointOrigins: readonly string[];
};

/** What a registration dies with. */
export type Owner =
  | { readonly kind: 'pull_request'; readonly number: number }
  | { readonly kind: 'branch'; readonly name: string };

/** `job`: deleted in the post step of the job that made it. */
export type Ttl = 'job' | { readonly seconds: number };

/** Which part of the credentials a published value holds. `json` is the whole set on one line. */
export type CredentialField =
  | 'client_id'
  | 'client_secret'
  | 'private_key'
  | 'key_id'
  | 'issuer'
  | 'token_endpoint'
  | 'json';

export type PublishItem = {
  readonly kind: 'secret' | 'variable';
  readonly name: string;
  readonly field: CredentialField;
};

/** One place that credentials are published to. */
export type PublishTarget = {
  readonly kind: 'github';
  /** GitHub environment; undefined for the repository itself. */
  readonly environment?: string;
  readonly createEnvironment: boolean;
  readonly items: readonly PublishItem[];
};

export type Rotation = {
  readonly everySeconds?: number;
  readonly overlapSeconds: number;
  readonly strategy: 'replace' | 'in-place' | 'keys';
  /** The manifest accepts that a rotation changes the `client_id`. */
  readonly clientIdMayChange: boolean;
  /** `confirmed`: the old client stays until `retire` names the one in use. `after-overlap`: time alone ends it. */
  readonly retire: 'confirmed' | 'after-overlap';
};

/** What the repository asks for: one client, templates filled, presets expanded, ready to be sent. */
export type Desired = {
  /** `{environment}/{name}`, unique in the repository. */
  readonly key: string;
  readonly name: string;
  readonly environment: string;
  readonly server: ServerReference;
  readonly type?: ClientType;
  /** RFC 7591 client metadata with wire names, checked for consistency. */
  readonly metadata: JsonObject;
  /** A key pair is to be made for `private_key_jwt`, because the metadata names no key of its own. */
  readonly makeKey: boolean;
  readonly ttl?: Ttl;
  readonly owner?: Owner;
  readonly publish: readonly PublishTarget[];
  readonly rotation?: Rotation;
  /** What may be done when an update would interrupt apps or is not possible. */
  readonly update: 'ask' | 'interrupt' | 'replace';
  readonly announce?: 'dispatch';
  /** Fail when the server grants something else than asked. */
  readonly strict: boolean;
  /** The environments that this name or pattern fits have one client, which a Worker keeps for them. */
  readonly shared?: string;
};
