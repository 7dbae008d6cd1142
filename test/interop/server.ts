import type { CodeFlow } from '../support/real-client.ts';
import type { Traffic } from '../support/traffic.ts';

/** A client in a server's own books. */
export type HeldClient = {
  readonly clientId: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
};

type Not = { readonly why: string };

/** What clients can get tokens by, in the set-up of this run; or why they cannot. */
export type Grants = {
  readonly codeFlow: Omit<CodeFlow, 'redirectUri'> | Not;
  readonly clientCredentials: { readonly scope?: string } | Not;
};

export const NO_GRANTS: Grants = {
  codeFlow: { why: 'no sign-in is automated here' },
  clientCredentials: { why: 'not set up here' },
};

/** An authorization server that listens on this machine, behind a front that sees and can spoil what passes. */
export type RunningServer = {
  /** What a manifest says as `server`. */
  readonly address: string;
  readonly traffic: Pick<Traffic, 'requests' | 'count' | 'interfere'>;
  readonly initialAccessToken?: string;
  /** Metadata that every client of this server needs. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Tried with the credentials that were published; {@link NO_GRANTS} unless said. */
  readonly grants?: Grants;
  /** Clients that were registered and exist now, as the server itself has them stored. */
  readonly clients: () => Promise<readonly HeldClient[]>;
  readonly close: () => Promise<void>;
};

/** Why a server cannot run here, and what a person types so that it can. */
export type Missing = { readonly why: string; readonly type: string };

export type Installed = { readonly version: string; readonly start: () => Promise<RunningServer> };

/** An authorization server of somebody else, in one configuration. */
export type Candidate = {
  /** First column of the table; names the row. */
  readonly title: string;
  /** The faults are tried here too. */
  readonly faults?: boolean;
  readonly install: (permissions: { readonly systemPackages: boolean }) => Promise<Installed | Missing>;
};
