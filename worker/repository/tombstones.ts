import type { Sql } from './storage.ts';
/** Kept so long that no run from before can still be under way or be run again. */
export const TOMBSTONE_MS = 90 * 86_400_000;

/** What is known of an owner: when it ended last and when it was reopened last, by the times of those events. */
export type Tombstone = {
  readonly owner: string;
  readonly ended_at: number | null;
  readonly reopened_at: number | null;
  readonly reason: string;
  readonly inventory_due: number | null;
  readonly inventory_failures: number;
};

export function findTombstone(sql: Sql, owner: string): Tombstone | undefined {
  return sql.exec<Tombstone>('SELECT * FROM tombstones WHERE owner = ?', owner).toArray()[0];
}

/** Nothing may be made for an owner that ended after it was last reopened; a tie is for the living. */
export function isEnded({ ended_at, reopened_at }: Pick<Tombstone, 'ended_at' | 'reopened_at'>): boolean {
  return ended_at !== null && ended_at > (reopened_at ?? 0);
}

/** Why an owner has ended; undefined while it has not. */
export function whyBuried(sql: Sql, owner: string | null): string | undefined {
  const tombstone = owner === null ? undefined : findTombstone(sql, owner);
  return tombstone !== undefined && isEnded(tombstone) ? tombstone.reason : undefined;
}

/** Remembers an end or a reopening; whatever the order they come in, the later one counts. Answers the entry as it is now. */
export function rememberOwner(
  sql: Sql,
  owner: string,
  what: { readonly kind: 'ended' | 'reopened'; readonly at: number; readonly reason: string },
): Tombstone {
  const before = findTombstone(sql, owner);
  const column = what.kind === 'ended' ? 'ended_at' : 'reopened_at';
  if (before === undefined) {
    sql.exec(`INSERT INTO tombstones (owner, ${column}, reason) VALUES (?, ?, ?)`, owner, what.at, what.reason);
  } else if ((before[column] ?? 0) < what.at) {
    sql.exec(
      `UPDATE tombstones SET ${column} = ?, reason = ? WHERE owner = ?`,
      what.at,
      what.kind === 'ended' ? what.reason : before.reason,
      owner,
    );
  }
  return findTombstone(sql, owner) as Tombstone;
}
