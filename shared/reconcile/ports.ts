import type { Clock, Log, Random } from '../ports/ports.ts';
import type { Sink } from '../publish/sink.ts';
import type { Client, KeySet, RegistrationRecord, ServerRecord } from '../record/record.ts';
import type { RegistrationApi } from '../registration/answer.ts';
import type { Verifier } from '../registration/verify.ts';

/** Where records are kept. */
export type Store = {
  /**
   * Resolves when the record is kept safely. Rejects with a RegistrarError (`run_again`, `state_unwritable`, …) when it
   * is not; nothing else is sent for the registration then.
   */
  readonly save: (record: RegistrationRecord) => Promise<void>;
};

/** Tells the outside that new credentials are published. */
export type Announcer = (record: RegistrationRecord, client: Client) => Promise<void>;

/** Everything the loop needs from outside; each can fail. */
export type Ports = {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly api: RegistrationApi;
  readonly verify: Verifier;
  /** Credentials are not tried here, because somebody said so; {@link verify} then answers `unknown`. */
  readonly untried?: boolean;
  readonly sink: Sink;
  readonly announce: Announcer;
  readonly store: Store;
  /** The initial access token for a server, if registering there needs one. May reject with a RegistrarError. */
  readonly initialAccessToken: (server: ServerRecord) => Promise<string | undefined>;
  /** A set for the keys of a new client, where the home hosts what records have in their sets. */
  readonly newKeySet?: () => KeySet;
  /** Sent with every registration (RFC 7591 section 2.3). */
  readonly softwareStatement?: string;
  /** Called with secrets before anything else is done with them, so that a home can keep them out of its logs. */
  readonly protect: (secrets: readonly string[]) => void;
  /** Who is at work, for the ledger: a run's id or address. */
  readonly run?: string;
};
