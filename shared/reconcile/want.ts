import type { Server } from '../discovery/server.ts';
import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Desired, Owner } from '../manifest/desired.ts';
import {
  type Applier,
  type Client,
  RECORD_VERSION,
  type RegistrationRecord,
  type ServerRecord,
  type Traits,
} from '../record/record.ts';
import { sameMetadata } from '../registration/compare-metadata.ts';
import { tryTokenAgain } from './try-token-again.ts';

export type { Applier };

/** How long an owned registration lives after its last deploy unless the manifest says otherwise. */
const DEFAULT_TTL_SECONDS = 14 * 86_400;

/** A server as it is remembered with a registration. */
export function serverRecord(server: Server): ServerRecord {
  return {
    address: server.address,
    registrationEndpoint: server.registration.url,
    registrationSource: server.registration.source,
    ...(server.token && { tokenEndpoint: server.token.url }),
    ...(server.issuer && { issuer: server.issuer.url }),
  };
}

/**
 * The record with what the manifest wants now. An unchanged wish gives the same record back, so that nothing is saved,
 * unless credentials or a registration access token were refused: these are tried once more. A time to live is renewed
 * only when less than half of it is left.
 *
 * `traits` is what other registrations at the same server have shown, for a registration that is new.
 *
 * Throws `owner_differs` when what is there belongs to somebody else, or to nobody: a pull request or branch cannot take
 * over what does not end with it. Throws `superseded` for the first attempt of a run that is older than the one whose wish was taken in last; a re-run
 * goes back on purpose.
 */
export function wantClient({
  record,
  desired,
  server,
  now,
  traits = {},
  by,
}: {
  readonly record: RegistrationRecord | undefined;
  readonly desired: Desired;
  readonly server: ServerRecord;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly traits?: Traits;
  /** The run that wants it. */
  readonly by?: Applier;
}): RegistrationRecord {
  if (record !== undefined && by !== undefined) refuseOlderRun(record, by);
  if (record !== undefined) refuseOtherOwner(record, desired);
  if (record === undefined) {
    return {
      version: RECORD_VERSION,
      key: desired.key,
      desired,
      server,
      ...ownership(undefined, desired, now),
      clients: [],
      suspects: [],
      orphans: [],
      published: [],
      traits,
      ledger: [],
      ...(by && { appliedBy: by }),
    };
  }
  const sameWish = JSON.stringify(record.desired) === JSON.stringify(desired);
  const sameServer = JSON.stringify(record.server) === JSON.stringify(server);
  const refused = record.clients.some((client) => triedAnew(client) !== client);
  const { owner, expiresAt } = ownership(record, desired, now);
  const sameOwnership = record.expiresAt === expiresAt && JSON.stringify(record.owner) === JSON.stringify(owner);
  if (sameWish && sameServer && sameOwnership && !refused && record.ending === undefined) return record;

  const { ending: _e, owner: _o, expiresAt: _x, backOff, ...rest } = record;
  const sameMeaning = sameWish || sameMetadata(record.desired.metadata, desired.metadata);
  const sameEndpoint = record.server.registrationEndpoint === server.registrationEndpoint;
  return {
    ...rest,
    desired,
    server,
    ...(owner && { owner }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(backOff && sameMeaning && sameEndpoint && { backOff }),
    ...(by && { appliedBy: by }),
    traits: sameEndpoint ? record.traits : traits,
    clients: record.clients.map((client) => atServer(triedAnew(client), server)),
  };
}

/** Of these it is asked again whether their credentials work, whenever somebody asks for the registration. */
function wasRefused({ role, verification }: Client): boolean {
  return verification?.outcome === 'refused' && (role === 'current' || role === 'next');
}

function triedAnew(client: Client): Client {
  const asked = tryTokenAgain(client);
  return wasRefused(asked) ? unverified(asked) : asked;
}

function unverified({ verification: _, ...client }: Client): Client {
  return client;
}

/** What is published names the server too, so where that has changed the credentials count as changed. */
function atServer(client: Client, server: ServerRecord): Client {
  if (client.server.registrationEndpoint !== server.registrationEndpoint) return client;
  const { issuer, tokenEndpoint } = client.server;
  if (issuer === server.issuer && tokenEndpoint === server.tokenEndpoint) return client;
  return { ...unverified(client), server, edition: client.edition + 1 };
}

function ownership(
  record: RegistrationRecord | undefined,
  { owner, ttl }: Desired,
  now: number,
): Pick<RegistrationRecord, 'owner' | 'expiresAt'> {
  if (owner === undefined) return {};
  if (ttl === 'job') return { owner };
  const life = (ttl?.seconds ?? DEFAULT_TTL_SECONDS) * 1000;
  const left = (record?.expiresAt ?? 0) - now;
  const renew = left < life / 2 || left > life;
  return { owner, expiresAt: renew ? now + life : (record?.expiresAt as number) };
}

/** What has ended belongs to nobody any more. */
function refuseOtherOwner({ key, owner, ending, clients, published }: RegistrationRecord, desired: Desired): void {
  const over = ending !== undefined || (clients.length === 0 && published.length === 0);
  if (over || JSON.stringify(owner) === JSON.stringify(desired.owner)) return;
  throw new RegistrarError('owner_differs', {
    message: `${printable(key)} ${belongsTo(owner)}, and this run would have it ${belongToo(desired.owner)}. Nothing was changed.`,
    client: key,
  });
}

function belongsTo(owner: Owner | undefined): string {
  return owner === undefined ? 'belongs to nobody and stays' : `belongs to ${inWords(owner)}`;
}

function belongToo(owner: Owner | undefined): string {
  return owner === undefined ? 'belong to nobody and stay' : `belong to ${inWords(owner)}`;
}

function inWords(owner: Owner): string {
  return owner.kind === 'pull_request' ? `#${owner.number}` : `branch ${printable(owner.name)}`;
}

/** Throws `superseded` for the first attempt of a run that is older than the one whose wish was taken in last. */
export function refuseOlderRun({ key, appliedBy }: Pick<RegistrationRecord, 'key' | 'appliedBy'>, by: Applier): void {
  if (appliedBy === undefined || by.attempt > 1 || by.runId >= appliedBy.runId) return;
  throw new RegistrarError('superseded', {
    message: `${printable(key)} was changed by a newer run (${appliedBy.runId}) than this one (${by.runId}), so it stays as it is.`,
    client: key,
  });
}
