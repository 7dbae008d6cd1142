import type { Desired, Owner, PublishTarget } from '../manifest/desired.ts';
import type { Event } from '../reconcile/event.ts';

/** Version of what the Action and the Worker say to each other; both sides name theirs. */
export const API_VERSION = 1;

/** Header in which a request names the version it speaks. */
export const API_VERSION_HEADER = 'X-Oauth-Registrar-Api';

/** What a job asks for; environment and name are in the path, everything else about the run is in its id-token. */
export type ApplyBody = {
  readonly desired: Omit<Desired, 'key' | 'name' | 'environment' | 'owner'>;
  /** What the registration is to die with; the id-token has to allow it. */
  readonly owner?: Owner;
};

export type RotateBody = {
  /** The credentials leaked: the old client is deleted at once. */
  readonly now?: boolean;
};

/** The job wrote the credentials of this edition to where the manifest says. */
export type PublishedBody = {
  readonly edition: string;
  /**
   * `claimed`: it is about to. It has seen that the names are nobody else's, so they are ours from now on, whether or
   * not the job lives to write them. `written` when left out.
   */
  readonly stage?: 'claimed' | 'written';
};

export type RetireBody = {
  readonly client_id: string;
  /** The key that the deployed app uses; needed where keys are rotated, since the client stays the same. */
  readonly key_id?: string;
};

/** Credentials of one client; only ever in the answer to PUT. */
export type IssuedCredentials = {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly private_key?: string;
  readonly key_id?: string;
  readonly issuer?: string;
  readonly token_endpoint?: string;
  /** ISO 8601; absent for never. */
  readonly expires_at?: string;
  /** Names this state of the credentials, for the receipt. */
  readonly edition: string;
};

/** A registration as anybody with a right to it may see it: never a secret. */
export type RegistrationView = {
  readonly environment: string;
  readonly name: string;
  readonly server: string;
  readonly status: 'active' | 'ending' | 'ended';
  readonly client_id?: string;
  readonly owner?: Owner;
  /** ISO 8601. */
  readonly expires_at?: string;
  readonly next_rotation?: string;
  /** Clients that were replaced and wait for `retire`. */
  readonly retiring: readonly string[];
  /** The key in use, and keys that were replaced and wait for `retire`, of a client whose keys are rotated. */
  readonly key_id?: string;
  readonly retiring_keys?: readonly string[];
  readonly suspects: readonly { readonly look_for: string; readonly since: string }[];
  readonly orphans: readonly { readonly client_id: string; readonly server: string; readonly reason: string }[];
  readonly published: readonly string[];
  /** The environments that this name or pattern fits share the client. */
  readonly shared?: string;
};

/** A name that credentials are published under. */
export type PublishedName = {
  /** GitHub environment; absent for the repository itself. */
  readonly environment?: string;
  readonly kind: 'secret' | 'variable';
  readonly name: string;
  /** ISO 8601: it was given up then, and is ours again only if nobody has made or changed it since. */
  readonly left_at?: string;
};

/** 200 to PUT. */
export type ApplyAnswer = {
  readonly api: typeof API_VERSION;
  readonly status: 'done';
  readonly changed: boolean;
  readonly registration: RegistrationView;
  readonly credentials: IssuedCredentials;
  /** What the job has to publish itself, because the Worker cannot; it then sends the receipt. */
  readonly publish: readonly PublishTarget[];
  /** Names among them that a job has claimed or written before: they may exist, and are ours. */
  readonly claimed?: readonly PublishedName[];
  /** Why secret and key are not among the credentials although the client has them. */
  readonly withheld?: string;
  readonly events: readonly Event[];
};

/** 202: the work goes on; the same request again, with a fresh id-token, joins it. */
export type WorkingAnswer = {
  readonly api: typeof API_VERSION;
  readonly status: 'working';
  readonly retry_after_seconds: number;
};

/** 200 to every other request about one registration. */
export type ViewAnswer = {
  readonly api: typeof API_VERSION;
  readonly registration: RegistrationView;
  readonly events: readonly Event[];
};

/** Every 4xx and 5xx. */
export type ErrorAnswer = {
  readonly api: typeof API_VERSION;
  /** A code of `docs/errors.md`. */
  readonly error: string;
  readonly message: string;
  readonly hint: string;
  readonly retry_after_seconds?: number;
};
