import type { ErrorCode } from '../errors/catalog.ts';
import type { Call, Client, Intent, KeyPair, NextKey } from '../record/record.ts';

/** Why only a person can decide how to go on. */
export type StopCode = Extract<
  ErrorCode,
  | 'suspect_found'
  | 'update_unsupported'
  | 'update_interrupts'
  | 'access_refused'
  | 'credentials_refused'
  | 'metadata_differs'
  | 'rotation_not_allowed'
  | 'rotation_untried'
  | 'key_set_ignored'
>;

/** A client whose keys are being rotated. */
export type HasNextKey = Client & { readonly key: KeyPair; readonly nextKey: NextKey };

/** The one thing to do next for a registration. */
export type Step =
  /** A call may still be under way, or a failure was too recent: nothing before `until` (epoch milliseconds). */
  | { readonly kind: 'wait'; readonly until: number; readonly why: 'in_flight' | 'back_off' }
  /** The answer to a registration never came: the intent becomes a suspect. */
  | { readonly kind: 'suspect'; readonly intent: Intent }
  /** The answer to a call never came: the call is forgotten and what it did is found out. */
  | { readonly kind: 'lost_call'; readonly call: Call }
  /** The registration's time is over. */
  | { readonly kind: 'end'; readonly reason: string }
  /** Show the right to publish and take the names. */
  | { readonly kind: 'claim' }
  | { readonly kind: 'register'; readonly purpose: Intent['purpose'] }
  | { readonly kind: 'read'; readonly client: Client }
  | { readonly kind: 'update'; readonly client: Client; readonly purpose: 'changed' | 'rotation' }
  | { readonly kind: 'verify'; readonly client: Client }
  | { readonly kind: 'publish'; readonly client: Client }
  /** Take back published names that are no longer asked for, or all of them when the registration ends. */
  | { readonly kind: 'unpublish' }
  | { readonly kind: 'announce'; readonly client: Client }
  /** The next client becomes the current one, the current one retires. */
  | { readonly kind: 'promote'; readonly client: Client }
  /** The client's turn is over: it is to be deleted. `failed`: its credentials are why, so its like is not made again at once. */
  | { readonly kind: 'retire'; readonly client: Client; readonly reason: string; readonly failed?: boolean }
  /** A new key beside the old one, in the set that is hosted for the client. */
  | { readonly kind: 'new_key'; readonly client: Client }
  | { readonly kind: 'try_key'; readonly client: HasNextKey }
  /** The next key becomes the one in use, the one before retires. */
  | { readonly kind: 'promote_key'; readonly client: HasNextKey }
  | { readonly kind: 'give_up_key'; readonly client: HasNextKey; readonly reason: string; readonly failed?: boolean }
  | { readonly kind: 'drop_key'; readonly client: Client; readonly keyId: string; readonly reason: string }
  | { readonly kind: 'remove'; readonly client: Client }
  /** The client cannot be deleted: it is listed for a person. */
  | { readonly kind: 'orphan'; readonly client: Client; readonly reason: string }
  /** The client is known not to exist any more. */
  | { readonly kind: 'gone'; readonly client: Client; readonly ended: 'deleted' | 'gone'; readonly reason: string }
  /** Only a person can decide how to go on. */
  | { readonly kind: 'stop'; readonly code: StopCode; readonly client?: Client }
  /** All is as asked; `due` is when something has to be done next (epoch milliseconds). */
  | { readonly kind: 'done'; readonly due?: number };
