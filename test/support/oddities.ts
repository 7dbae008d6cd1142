import type { BodyOddity } from './odd-bodies.ts';

export type Members = Readonly<Record<string, unknown>>;

/** How the server departs from the RFCs and from what other servers do. Everything absent is as it should be. */
export type Oddities = {
  /** Status of a successful registration; 201 unless said. */
  readonly registrationStatus?: number;
  /** What a successful registration's body looks like; the client exists all the same. */
  readonly registrationBody?: BodyOddity;
  /** Registrations are refused with this (RFC 7591 section 3.2.2), and nothing is stored. */
  readonly refuseRegistration?: Refusal;
  /** Registrations end with a 500, before or after the client was stored. */
  readonly failRegistration?: 'before_storing' | 'after_storing';
  /** Members that no answer has, such as `registration_access_token`. */
  readonly withoutMembers?: readonly string[];
  /** `client_id_issued_at` as string, `redirect_uris` as bare string, `token_endpoint_auth_method` as array, … */
  readonly retypedMembers?: boolean;
  /** Metadata members that are neither stored nor answered. */
  readonly droppedMembers?: readonly string[];
  /** Last hand on every answer with a client. */
  readonly reshape?: (answer: Members) => Members;
  /** `elsewhere`: another origin; `http`: not https; `relative`: a path only; else verbatim, `{id}` standing for the client. */
  readonly registrationClientUri?: 'elsewhere' | 'http' | 'relative' | { readonly verbatim: string };
  readonly secretForPublicClients?: boolean;
  /** Seconds until a secret expires; 0, never, unless said. */
  readonly secretLifetimeSeconds?: number;
  /** Where secrets are replaced, the ones before are dead at once. */
  readonly replaceSecretOn?: 'update' | 'read' | 'both';
  readonly replaceTokenOn?: 'update' | 'read' | 'both';
  /** Every update gives the client another client_id. */
  readonly changeClientIdOnUpdate?: boolean;
  /** What a missing method answers, such as 404, 405 or 501. */
  readonly missing?: { readonly methods: readonly ('GET' | 'PUT' | 'DELETE')[]; readonly status: number };
  /** `soft`: DELETE answers 200 and the client can be read as before; `silent`: and still works. */
  readonly deletion?: 'soft' | 'silent';
  /** Status of a successful DELETE; 204 unless said, 200 with `soft` and `silent`. */
  readonly deletionStatus?: number;
  /** What a call without a valid registration access token is answered with; 401 invalid_token unless said. */
  readonly refuseManagement?: Refusal;
  /** What the token endpoint makes of any credentials, right or wrong; unless said, it tells them apart. */
  readonly tokenEndpoint?: 'always_invalid_client' | 'always_invalid_grant' | 'always_fails';
  /** Registrations beyond this many are answered with 429. */
  readonly rateLimit?: { readonly registrations: number; readonly headers: Readonly<Record<string, string>> };
};

export type Refusal = { readonly status: number; readonly error?: string; readonly description?: string };
