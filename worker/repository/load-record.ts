import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Home } from './home.ts';
import type { Loaded } from './record-store.ts';
import { findRow, ownerName, type RegistrationRow, statusOf } from './registration-rows.ts';
import { restoredRecord } from './restored-record.ts';
import type { Sql } from './storage.ts';
import { summaryOf } from './summary.ts';
import { whyBuried } from './tombstones.ts';

/** What is kept of a registration; undefined when nothing is. Rejects with `registration_locked` and as the vault does. */
export async function loadRecord({ sql, vault, clock }: Home, key: string): Promise<Loaded | undefined> {
  const row = findRow(sql, key);
  if (row === undefined) return undefined;
  const stored = await vault.open(key, row.sealed);
  if (row.restored === 0) return { record: stored, stored, row };
  return { record: restoredRecord(stored, clock.now()), stored, row: standAsOpened(sql, row, stored) };
}

/**
 * A list of the inventory may be older than what was restored with it, and nothing seals it: how a registration stands
 * and whose it is are in its record. What was asked of it by another's name was not asked.
 */
function standAsOpened(sql: Sql, row: RegistrationRow, stored: RegistrationRecord): RegistrationRow {
  const owner = stored.owner === undefined ? null : ownerName(stored.owner);
  const [status, summary] = [statusOf(stored), JSON.stringify(summaryOf(stored))];
  if (status === row.status && owner === row.owner && summary === row.summary) return row;
  sql.exec(
    `UPDATE registrations SET status = ?, summary = ?, owner = ?,
       end_reason = CASE WHEN owner IS ? THEN end_reason ELSE ? END,
       rotation_asked = CASE WHEN owner IS ? THEN rotation_asked ELSE 0 END
     WHERE key = ? AND restored = 1`,
    status,
    summary,
    owner,
    owner,
    whyBuried(sql, owner) ?? null,
    owner,
    row.key,
  );
  return findRow(sql, row.key) ?? row;
}
