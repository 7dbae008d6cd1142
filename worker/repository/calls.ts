import type { ApplyAnswer, PublishedBody, RegistrationView } from '../../shared/api/worker-api.ts';
import type { Desired, Owner } from '../../shared/manifest/desired.ts';
import type { Event } from '../../shared/reconcile/event.ts';
import type { HandedOver } from '../../shared/reconcile/requests.ts';
import type { Identity } from '../identity/identity.ts';
import type { RepositoryHooks } from '../webhooks/delivery.ts';
import type { LoggedEvent, Since } from './event-rows.ts';
import type { LedgerEntry } from './ledger-rows.ts';
import type { Reply } from './reply.ts';
import type { Summary } from './summary.ts';

/** A request about one registration, by the run that its id-token proves. */
export type Caller = { readonly identity: Identity; readonly environment: string; readonly name: string };

export type ApplyCall = Caller & { readonly desired: Desired; readonly owner?: Owner | undefined };

/** The client, and where keys are rotated the key, that the deployed app uses. */
export type RetireCall = Caller & { readonly clientId: string; readonly keyId?: string };

/** What an apply came to. */
export type Applied = Omit<ApplyAnswer, 'api' | 'status'>;

/** How a registration stands and what was done. */
export type Viewed = { readonly registration: RegistrationView; readonly events: readonly Event[] };

/** What became of a client that may exist, or was made by hand. */
export type ResolveCall = Pick<Caller, 'environment' | 'name'> &
  (
    | { readonly resolution: 'forget' }
    /** May contain secrets. */
    | { readonly resolution: 'adopt'; readonly given: HandedOver }
  );

/** A registration as the operator sees it in a list. */
export type Listed = Summary & {
  readonly key: string;
  readonly status: string;
  readonly owner?: string;
  readonly key_id: string;
  /** ISO 8601. */
  readonly due?: string;
  readonly locked: boolean;
  readonly problem?: string;
};

/** How a repository stands, for the operator. */
export type Overview = {
  readonly repository: string;
  readonly name?: string;
  readonly frozen?: string;
  /** Restored from the inventory, and not released yet. */
  readonly held: boolean;
  readonly registrations: readonly Listed[];
};

/** What the object of a repository can be asked. No method throws what a caller has to tell apart. */
export type RepositoryCalls = RepositoryHooks & {
  readonly apply: (call: ApplyCall) => Promise<Reply<Applied>>;
  readonly view: (call: Caller) => Promise<Reply<Viewed>>;
  readonly end: (call: Caller) => Promise<Reply<Viewed>>;
  readonly rotate: (call: Caller & { readonly now: boolean }) => Promise<Reply<Viewed>>;
  readonly published: (call: Caller & { readonly receipt: PublishedBody }) => Promise<Reply<Viewed>>;
  readonly retire: (call: RetireCall) => Promise<Reply<Viewed>>;
  /** The public keys of a hosted set, as JSON; undefined for one that is not there. */
  readonly keySet: (id: string) => Promise<string | undefined>;
  /** Sees to it that the alarm is set for what is due. */
  readonly wake: () => Promise<void>;
  readonly overview: () => Promise<Reply<Overview>>;
  readonly ledger: (after: number) => Promise<{ readonly entries: readonly LedgerEntry[]; readonly next?: number }>;
  readonly events: (since: Since) => Promise<readonly LoggedEvent[]>;
  /** How many values are sealed under each key. */
  readonly keyCounts: () => Promise<Readonly<Record<string, number>>>;
  /** Everything, sealed to a public key (base64, X25519). */
  readonly export: (publicKey: string) => Promise<Reply<string>>;
  readonly resolve: (call: ResolveCall) => Promise<Reply<Pick<Viewed, 'registration'>>>;
  readonly restore: () => Promise<Reply<{ readonly registrations: number; readonly tombstones: number }>>;
  /** Ends a freeze or the hold after a restore; with an owner, lets it be deployed again. */
  readonly release: (owner?: string) => Promise<Reply<{ readonly released: readonly string[] }>>;
};
