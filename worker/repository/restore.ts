import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { type ReadableKv, readRegistrations, readTombstones } from '../inventory/read-inventory.ts';
import { type Contribution, saveContribution } from './contribution-rows.ts';
import { addEvents } from './event-rows.ts';
import type { Home } from './home.ts';
import { addKeySet } from './key-sets.ts';
import { setMeta } from './meta.ts';
import { keepNames } from './names.ts';
import { isShared, isSharedByPreviews } from './shared-client.ts';

export type Restored = {
  readonly registrations: number;
  readonly tombstones: number;
  /** Registrations that are in the inventory's list and not restored: their entries are none, or could not be read yet. */
  readonly unreadable: readonly string[];
};

/**
 * Fills an empty object from the inventory. Nothing is opened or sent: each registration waits until the repository is
 * released, one under a missing key until the key returns too.
 *
 * Rejects with `repository_in_use` when the object has registrations.
 */
export async function restore(home: Home, kv: ReadableKv): Promise<Restored> {
  const { sql, storage, repositoryId, clock } = home;
  const { registrations, unreadable } = await readRegistrations(kv, repositoryId);
  const tombstones = await readTombstones(kv, repositoryId);
  home.keep();
  storage.transactionSync(() => {
    if (sql.exec('SELECT 1 FROM registrations LIMIT 1').toArray().length > 0) {
      throw new RegistrarError('repository_in_use', {
        message: `Repository ${repositoryId} has registrations, so nothing was restored.`,
      });
    }
    const now = clock.now();
    // Of two that say that a name is theirs, the one that was written last has it.
    for (const { key, entry, metadata } of registrations.toSorted((a, b) => b.metadata.at - a.metadata.at)) {
      const { status, owner, key_id, at: _, ...summary } = metadata;
      sql.exec(
        `INSERT INTO registrations (key, sealed, key_id, status, owner, endpoint, traits, summary, due, restored)
         VALUES (?, ?, ?, ?, ?, ?, '{}', ?, ?, 1)`,
        key,
        entry.sealed,
        key_id,
        status,
        owner ?? null,
        entry.endpoint,
        JSON.stringify(summary),
        now,
      );
      for (const set of entry.keySets ?? []) addKeySet(sql, key, set);
      keepNames(sql, key, entry.names ?? []);
      for (const contribution of entry.contributions ?? []) {
        if (!isContributionTo(key, contribution)) continue;
        const { life } = contribution;
        saveContribution(sql, { ...contribution, expires_at: life === null ? null : now + life });
      }
      for (const row of entry.ledger) {
        sql.exec(
          `INSERT INTO ledger (registration, client_id, server, made_at, made_by_run, ended_at, ended)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
          key,
          row.clientId,
          row.server,
          row.madeAt,
          row.madeByRun ?? null,
          row.endedAt ?? null,
          row.ended ?? null,
        );
      }
    }
    for (const { owner, ended_at, reopened_at, reason } of tombstones) {
      sql.exec(
        'INSERT OR IGNORE INTO tombstones (owner, ended_at, reopened_at, reason) VALUES (?, ?, ?, ?)',
        owner,
        ended_at,
        reopened_at,
        reason,
      );
    }
    setMeta(sql, 'restored', String(now));
    setMeta(sql, 'sealed_with', undefined);
    addEvents(sql, [{ kind: 'restored', reason: `${registrations.length} registrations from the inventory` }], {
      at: now,
    });
  });
  return { registrations: registrations.length, tombstones: tombstones.length, unreadable };
}

/** Lets what was restored or frozen be worked on again; with an owner, lets it be deployed again. */
export function release({ sql, storage, clock }: Home, owner: string | undefined): readonly string[] {
  const now = clock.now();
  return storage.transactionSync(() => {
    if (owner !== undefined) {
      const written = sql.exec(
        'UPDATE tombstones SET reopened_at = ?, inventory_due = ? WHERE owner = ?',
        now,
        now,
        owner,
      );
      if (written.rowsWritten === 0) return [];
      addEvents(sql, [{ kind: 'owner_reopened', owner, reason: 'the operator released it' }], { at: now });
      return [owner];
    }
    const released = (['restored', 'frozen'] as const).filter((name) => setMeta(sql, name, undefined));
    if (released.length > 0) {
      setMeta(sql, 'inventory_due', String(now));
      addEvents(sql, [{ kind: 'released', reason: released.join(' and ') }], { at: now });
    }
    return released;
  });
}

/** Nothing seals what environments bring: it is never taken for a part of what they do not share. */
function isContributionTo(key: string, { shared, owner }: Contribution): boolean {
  return shared === key && isShared(key) && (owner !== null) === isSharedByPreviews(key);
}
