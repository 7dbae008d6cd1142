import { earliestInventoryDue } from '../inventory/inventory-due.ts';
import type { Home } from './home.ts';
import { getMeta } from './meta.ts';
import { earliestDue, type Workable } from './registration-rows.ts';
import { sealedAnew } from './sealed-with.ts';
import { TOMBSTONE_MS } from './tombstones.ts';

/** What may be worked on without anybody asking; undefined while what was restored waits for the operator. */
export function workable({ sql, vault }: Pick<Home, 'sql' | 'vault'>): Workable | undefined {
  if (getMeta(sql, 'restored') !== undefined) return undefined;
  return { keyIds: vault.keyIds, frozen: getMeta(sql, 'frozen') !== undefined };
}

/** Sets the alarm for the earliest thing that is due. */
export async function arm(home: Home): Promise<void> {
  const times = dueTimes(home);
  await home.alarm.set(times.length === 0 ? undefined : Math.min(...times));
}

function dueTimes(home: Home): readonly number[] {
  const { sql } = home;
  const what = workable(home);
  const [old] = sql
    .exec<{ at: number | null }>(
      'SELECT min(max(coalesce(ended_at, 0), coalesce(reopened_at, 0))) AS at FROM tombstones',
    )
    .toArray();
  const times = [
    what && earliestDue(sql, what),
    earliestInventoryDue(sql),
    old?.at == null ? undefined : old.at + TOMBSTONE_MS,
    what === undefined || sealedAnew(home) ? undefined : home.clock.now(),
  ];
  return times.filter((time) => time !== undefined);
}
