import type { RegistrarError } from '../errors/registrar-error.ts';
import type { JsonObject } from '../ports/ports.ts';

/** A 2xx answer of a registration or client configuration endpoint, read leniently (RFC 7591 section 3.2.1, RFC 7592 section 3). */
export type ClientInformation = {
  readonly clientId: string;
  /** Present when the answer has a usable secret. */
  readonly clientSecret?: string;
  /** Epoch seconds; 0 means never; undefined means not said. */
  readonly clientSecretExpiresAt?: number;
  /** Epoch seconds. */
  readonly clientIdIssuedAt?: number;
  readonly registrationAccessToken?: string;
  /** Absolute; verbatim, unless a registration answered a relative one. */
  readonly registrationClientUri?: string;
  /** All other members as answered, without any of the above, private keys or what repeats a secret. */
  readonly metadata: JsonObject;
};

/** What a person is told of a refusal. `error` and `description` are printable. */
export type Refusal = { readonly status: number; readonly error?: string; readonly description?: string };

/** What came of one call, after the tables of real servers' behaviour. */
export type Answer =
  /** 2xx with a client. */
  | { readonly kind: 'client'; readonly information: ClientInformation }
  /** 2xx to a DELETE. */
  | { readonly kind: 'removed' }
  /** 401, or 400 that speaks of the token: token replaced or client gone, indistinguishable. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** 403: exists, but not for us. */
  | { readonly kind: 'forbidden'; readonly refusal: Refusal }
  /** 404 or 410. */
  | { readonly kind: 'missing'; readonly refusal: Refusal }
  /** 405 or 501. */
  | { readonly kind: 'unsupported'; readonly refusal: Refusal }
  /** 400, 409, 413, 422, …: unchanged, it will be refused again. */
  | { readonly kind: 'rejected'; readonly refusal: Refusal; readonly cause?: RegistrarError }
  /** 425, 429, or 503 with Retry-After: not processed. */
  | { readonly kind: 'busy'; readonly refusal: Refusal; readonly retryAfterSeconds: number }
  /** The request never left, for want of a connection or because it cannot be sent: nothing happened. */
  | { readonly kind: 'not_sent'; readonly cause: RegistrarError }
  /** It may or may not have happened: no answer, 5xx, 408, or a 2xx without a usable client. `answered`: the server is done with it. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly answered: boolean; readonly cause?: RegistrarError };

/** How a client's registration is managed: its own endpoint and token (RFC 7592). */
export type Access = { readonly registrationClientUri: string; readonly registrationAccessToken: string };

/** The registration protocol as a port. No method rejects: what went wrong is an {@link Answer}. */
export type RegistrationApi = {
  readonly register: (request: {
    readonly registrationEndpoint: string;
    readonly metadata: JsonObject;
    readonly initialAccessToken?: string;
    /** Epoch milliseconds; when the turn at this endpoint comes later, nothing is sent and the outcome is `too_late`. */
    readonly sendBefore: number;
  }) => Promise<Answer | { readonly kind: 'too_late' }>;
  readonly read: (access: Access) => Promise<Answer>;
  readonly update: (access: Access, body: JsonObject) => Promise<Answer>;
  readonly remove: (access: Access) => Promise<Answer>;
};

/** The calls of the protocol, named as in the record. */
export type Verb = 'register' | 'read' | 'update' | 'remove';
