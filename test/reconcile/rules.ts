import { expect } from 'vitest';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import { hostedSets } from '../../shared/reconcile/key-hosting.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { ALL } from './build.ts';
import type { FaultyRun } from './faults.ts';
import type { ModelClient } from './model-server.ts';
import { FOREIGN, type World } from './world.ts';

/** A registration is over for certain this long after it began: its turn and the call. */
const REGISTRATION_MS = 125_000;

/** Nothing of a call is under way any more after this time; what is sent earlier could overtake it. */
const LONGEST_CALL_MS = 60_000;

const PUBLISHED = publicationKey({ target: {}, item: ALL });

/** Rule 1: every client that is alive is in the record, or is what a suspect tells people to look for. */
export function noUnrecordedClient({ server }: Pick<World, 'server'>, record: RegistrationRecord, behindMs = 0): void {
  const [unknown] = unrecorded(server.alive(), record, behindMs);
  if (unknown !== undefined) expect.fail(`${unknown} is alive and nobody knows it`);
  const unlisted = record.clients.find((client) => record.ledger.every(({ clientId }) => clientId !== client.clientId));
  if (unlisted !== undefined) expect.fail(`${unlisted.clientId} is not in the ledger`);
}

/**
 * Those of the clients that are neither in the record nor what a suspect tells people to look for; a suspect is one. The
 * record's clock may be so much behind the server's.
 */
export function unrecorded(
  clients: readonly Pick<ModelClient, 'clientId' | 'registeredAt' | 'metadata'>[],
  record: Pick<RegistrationRecord, 'clients' | 'orphans' | 'suspects' | 'intent'>,
  behindMs = 0,
): readonly string[] {
  const known = new Set([...record.clients, ...record.orphans].map(({ clientId }) => clientId));
  const wanted = [...record.suspects, ...(record.intent ? [record.intent] : [])];
  const unknown: string[] = [];
  for (const { clientId, registeredAt, metadata } of clients) {
    if (known.has(clientId)) continue;
    const match = wanted.findIndex(
      ({ startedAt, marker }) =>
        registeredAt >= startedAt &&
        registeredAt <= startedAt + REGISTRATION_MS + behindMs &&
        (marker === '' || String(metadata.client_name).includes(marker)),
    );
    if (match === -1) unknown.push(clientId);
    else wanted.splice(match, 1);
  }
  return unknown;
}

/** Rule 1: one lost answer leaves one suspect. */
export function fewSuspects(record: RegistrationRecord, { hit }: FaultyRun): void {
  expect(record.suspects.length).toBeLessThanOrEqual(hit === 'register' || hit === 'save' ? 1 : 0);
}

/** Rule 2: whatever was answered is saved, so that the token in the record is the one that works. */
export function neverLockedOut({ server }: World, record: RegistrationRecord): void {
  for (const { clientId, access } of record.clients) {
    const client = server.find(clientId);
    if (client?.alive !== true || access === undefined) continue;
    expect(access.registrationAccessToken, `the token of ${clientId} is not the newest`).toBe(client.token);
  }
}

/** Rule 2: nothing is sent for a client while a call without an answer may be under way. */
export function nothingOvertakes({ server }: World, { lost }: FaultyRun): void {
  if (lost === undefined) return;
  const tooEarly = server.calls
    .slice(lost.seen)
    .filter(
      ({ verb, clientId, at }) =>
        at < lost.at + LONGEST_CALL_MS &&
        (lost.call === 'register' ? verb === 'register' : verb !== 'register' && clientId === lost.clientId),
    );
  expect(tooEarly, `sent before the lost ${lost.call} was over`).toEqual([]);
}

/** Rule 3: what is published belongs to a client that is alive, and works unless an update replaced the secret. */
export function publishedWorks({ server, names }: World, allowed: { readonly interrupted: boolean }): void {
  const text = names.get(PUBLISHED);
  if (text === undefined || text === FOREIGN) return;
  const published = JSON.parse(text) as {
    readonly client_id: string;
    readonly client_secret: string;
    readonly key_id?: string;
  };
  const client = server.find(published.client_id);
  const { acceptsKey } = server;
  if (client?.alive !== true) expect.fail(`what is published is of ${published.client_id}, which is gone`);
  const interrupted = allowed.interrupted && client.replacedSecrets.includes(published.client_secret);
  if (!interrupted && published.client_secret !== client.secret)
    expect.fail(`the published secret of ${client.clientId} does not work`);
  if (published.key_id !== undefined && !acceptsKey(client.clientId, published.key_id))
    expect.fail(`the published key of ${client.clientId} does not work`);
}

/** Something is published under the name that these checks read. */
export function isPublished({ names }: World): boolean {
  return names.has(PUBLISHED);
}

/** Rule 3: the keys that apps may use are hosted, as long as there is a client for them. */
export function hostedForClients({ server, hosted }: World, record: RegistrationRecord): void {
  for (const { clientId, keySet, key, role } of record.clients) {
    if (keySet === undefined || role === 'leaving') continue;
    expect(hosted(keySet.uri)).toContain(key?.keyId);
    const { jwks_uri: uri } = server.find(clientId)?.metadata ?? {};
    if (uri !== undefined) expect(uri).toBe(keySet.uri);
  }
  if (record.clients.length === 0 && record.intent === undefined) expect(hostedSets(record)).toEqual([]);
}

/** Rule 7: what is somebody else’s is as they made it. */
export function foreignStays({ names }: World, foreign: ReadonlySet<string>): void {
  for (const name of foreign) if (names.get(name) !== FOREIGN) expect.fail(`${name} is not ours and was changed`);
}

/** At rest the server holds what the manifest asks for. */
export function isAsAsked({ server }: World, record: RegistrationRecord): void {
  const current = record.clients.find(({ role }) => role === 'current');
  const held = server.find(current?.clientId ?? '')?.metadata.redirect_uris;
  expect(held).toEqual(record.desired.metadata.redirect_uris);
}
