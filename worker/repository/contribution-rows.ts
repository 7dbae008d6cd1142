import { addEvents } from './event-rows.ts';
import { settleRow } from './registration-rows.ts';
import type { Contributed } from './shared-client.ts';
import type { Sql } from './storage.ts';
import { TOMBSTONE_MS } from './tombstones.ts';

/** What one environment brings to a client that it shares with others. Times are epoch milliseconds. */
export type Contribution = {
  /** `{environment}/{name}`, as of a registration. */
  readonly key: string;
  /** Key of the registration that it is a part of. */
  readonly shared: string;
  readonly owner: string | null;
  /** {@link Contributed} as JSON. */
  readonly uris: string;
  /** 1: the server has taken it. Until then it counts for nobody but the run that brings it. */
  readonly held: number;
  /** How long it lives after its last deploy, in milliseconds; null for what stays. */
  readonly life: number | null;
  readonly expires_at: number | null;
  /** The newest run whose wish was taken in. */
  readonly run_id: number;
  readonly attempt: number;
  /** Kept for some time after its end, so that an older run does not bring it back. */
  readonly ended_at: number | null;
};

export function findContribution(sql: Sql, key: string): Contribution | undefined {
  return sql.exec<Contribution>('SELECT * FROM contributions WHERE key = ?', key).toArray()[0];
}

/** Contributions to a registration that have not ended, in the order of their keys. */
export function contributionsTo(sql: Sql, shared: string): readonly Contribution[] {
  return sql
    .exec<Contribution>('SELECT * FROM contributions WHERE shared = ? AND ended_at IS NULL ORDER BY key', shared)
    .toArray();
}

export function urisIn({ uris }: Pick<Contribution, 'uris'>): Contributed {
  return JSON.parse(uris) as Contributed;
}

/** Keeps a contribution as it is now. */
export function saveContribution(sql: Sql, row: Contribution): void {
  sql.exec(
    `INSERT OR REPLACE INTO contributions
       (key, shared, owner, uris, held, life, expires_at, run_id, attempt, ended_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row.key,
    row.shared,
    row.owner,
    row.uris,
    row.held,
    row.life,
    row.expires_at,
    row.run_id,
    row.attempt,
    row.ended_at,
  );
}

/**
 * Ends the contributions that a condition on their columns holds for, and has the alarm take from the clients what they
 * brought. Answers how many ended. To be called in a transaction.
 */
export function endContributions(
  sql: Sql,
  now: number,
  condition: string,
  ...bindings: readonly (string | number)[]
): number {
  const ended = sql
    .exec<Contribution>(`SELECT * FROM contributions WHERE ended_at IS NULL AND ${condition}`, ...bindings)
    .toArray();
  for (const { key, shared } of ended) {
    sql.exec('UPDATE contributions SET ended_at = ? WHERE key = ?', now, key);
    settleRow(sql, shared, { due: now, inventory_due: now });
    addEvents(sql, [{ kind: 'left', contribution: key }], { at: now, registration: shared });
  }
  return ended.length;
}

/** When the next contribution to a registration ends by itself. */
export function earliestEnd(sql: Sql, shared: string): number | undefined {
  const times = contributionsTo(sql, shared).map(({ expires_at }) => expires_at ?? Number.POSITIVE_INFINITY);
  const earliest = Math.min(...times);
  return Number.isFinite(earliest) ? earliest : undefined;
}

/** Drops what ended so long ago that no run from before can come any more, and what never came to anything. */
export function forgetContributions(sql: Sql, now: number): void {
  sql.exec('DELETE FROM contributions WHERE ended_at <= ?', now - TOMBSTONE_MS);
  sql.exec(
    'DELETE FROM contributions WHERE held = 0 AND expires_at <= ? AND shared NOT IN (SELECT key FROM registrations)',
    now,
  );
}
