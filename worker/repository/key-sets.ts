import { toBase64Url } from '../../shared/base64/base64.ts';
import type { Random } from '../../shared/ports/ports.ts';
import type { HostedSet } from '../../shared/reconcile/key-hosting.ts';
import { hostedSets } from '../../shared/reconcile/key-hosting.ts';
import type { KeySet, RegistrationRecord } from '../../shared/record/record.ts';
import type { Sql } from './storage.ts';

const RANDOM_BYTES = 16;
/**
 * The repository's object is found from the id itself, since one that nobody has told of a set could not be asked. There is no MAC in
 * it: an address at a server outlives the keys of the Worker.
 */
const ID = /^([1-9]\d{0,18})-[\w-]{22}$/u;

/** A set for the keys of a new client of a repository, at the Worker's public address. */
export function makeKeySet({
  repositoryId,
  publicUrl,
  random,
}: {
  readonly repositoryId: string;
  readonly publicUrl: string;
  readonly random: Random;
}): KeySet {
  const id = `${repositoryId}-${toBase64Url(random.bytes(RANDOM_BYTES))}`;
  return { id, uri: `${publicUrl}/clients/${id}/jwks.json` };
}

/** The repository that a set is of; undefined for what cannot be the id of one. */
export function repositoryOfKeySet(id: string): string | undefined {
  return ID.exec(id)?.[1];
}

/** Brings what is served to what a record says; to be called in the transaction that saves it. */
export function saveKeySets(sql: Sql, record: RegistrationRecord, before: RegistrationRecord | undefined): void {
  const sets = new Map(hostedSets(record).map(({ id, keys }) => [id, JSON.stringify(keys)]));
  if (before !== undefined && sets.size === 0 && hostedSets(before).length === 0) return;
  const kept = new Map(keySetsOf(sql, record.key).map(({ id, keys }) => [id, JSON.stringify(keys)]));
  for (const id of kept.keys()) {
    if (!sets.has(id)) sql.exec('DELETE FROM key_sets WHERE id = ?', id);
  }
  for (const [id, keys] of sets) {
    if (kept.get(id) !== keys) addKeySet(sql, record.key, { id, keys: JSON.parse(keys) });
  }
}

export function addKeySet(sql: Sql, registration: string, { id, keys }: HostedSet): void {
  sql.exec(
    'INSERT OR REPLACE INTO key_sets (id, registration, keys) VALUES (?, ?, ?)',
    id,
    registration,
    JSON.stringify(keys),
  );
}

/** The sets of one registration. */
export function keySetsOf(sql: Sql, registration: string): readonly HostedSet[] {
  return sql
    .exec<{ id: string; keys: string }>('SELECT id, keys FROM key_sets WHERE registration = ?', registration)
    .toArray()
    .map(({ id, keys }) => ({ id, keys: JSON.parse(keys) as HostedSet['keys'] }));
}

/** The public keys of a set, as JSON; undefined for a set that is not there or not any more. */
export function findKeySet(sql: Sql, id: string): string | undefined {
  const [row] = sql.exec<{ keys: string }>('SELECT keys FROM key_sets WHERE id = ?', id).toArray();
  return row?.keys;
}
