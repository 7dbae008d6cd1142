import type { Home } from './home.ts';
import type { Loaded } from './record-store.ts';
import { findRow } from './registration-rows.ts';
import { restoredRecord } from './restored-record.ts';

/** What is kept of a registration; undefined when nothing is. Rejects with `registration_locked` and as the vault does. */
export async function loadRecord({ sql, vault, clock }: Home, key: string): Promise<Loaded | undefined> {
  const row = findRow(sql, key);
  if (row === undefined) return undefined;
  const stored = await vault.open(key, row.sealed);
  return { record: row.restored === 1 ? restoredRecord(stored, clock.now()) : stored, stored, row };
}
