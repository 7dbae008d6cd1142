import type { Sql } from '../repository/storage.ts';

const DIRTY = `
  SELECT min(inventory_due) AS due FROM registrations WHERE inventory_due IS NOT NULL
  UNION ALL SELECT min(inventory_due) FROM tombstones WHERE inventory_due IS NOT NULL
  UNION ALL SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'inventory_due'`;

/** When something is to be written to the inventory next. */
export function earliestInventoryDue(sql: Sql): number | undefined {
  const times = sql
    .exec<{ due: number | null }>(DIRTY)
    .toArray()
    .flatMap(({ due }) => (due === null ? [] : [due]));
  return times.length === 0 ? undefined : Math.min(...times);
}
