import type { LedgerRow, RegistrationRecord } from '../../shared/record/record.ts';
import { canonical } from './canonical.ts';
import type { Sql } from './storage.ts';

/** A row of the ledger with the registration it belongs to. */
export type LedgerEntry = LedgerRow & { readonly registration: string };

type Stored = {
  readonly id: number;
  readonly registration: string;
  readonly client_id: string;
  readonly server: string;
  readonly made_at: number;
  readonly made_by_run: string | null;
  readonly ended_at: number | null;
  readonly ended: string | null;
};

/**
 * Brings the ledger to what a record says. Rows that have ended stay in the table and leave the record when it is
 * loaded again, so that a record does not grow with every rotation.
 */
export function saveLedger(sql: Sql, record: RegistrationRecord, before: readonly LedgerRow[]): void {
  if (canonical(record.ledger) === canonical(before)) return;
  sql.exec('DELETE FROM ledger WHERE registration = ? AND ended_at IS NULL', record.key);
  record.ledger.forEach((row, index) => {
    const ended = row.endedAt !== undefined;
    if (ended && before[index]?.endedAt !== undefined) return;
    sql.exec(
      'INSERT INTO ledger (registration, client_id, server, made_at, made_by_run, ended_at, ended) VALUES (?, ?, ?, ?, ?, ?, ?)',
      record.key,
      row.clientId,
      row.server,
      row.madeAt,
      row.madeByRun ?? null,
      row.endedAt ?? null,
      row.ended ?? null,
    );
  });
}

/** The record as it is sealed: with the clients in its ledger that still exist. */
export function withoutEnded(record: RegistrationRecord): RegistrationRecord {
  return { ...record, ledger: record.ledger.filter(({ endedAt }) => endedAt === undefined) };
}

/** Every client ever made for one registration, oldest first. */
export function ledgerOf(sql: Sql, registration: string): readonly LedgerRow[] {
  return sql
    .exec<Stored>('SELECT * FROM ledger WHERE registration = ? ORDER BY made_at, id', registration)
    .toArray()
    .map((row) => {
      const { registration: _, ...rest } = entry(row);
      return rest;
    });
}

/** Every client ever made in this repository, in the order of their ids, a page at a time. */
export function ledgerPage(
  sql: Sql,
  after: number,
  most: number,
): { readonly entries: readonly LedgerEntry[]; readonly next?: number } {
  const rows = sql.exec<Stored>('SELECT * FROM ledger WHERE id > ? ORDER BY id LIMIT ?', after, most).toArray();
  const last = rows.at(-1);
  return {
    entries: rows.map(entry),
    ...(rows.length === most && last !== undefined && { next: last.id }),
  };
}

/** An orphan was deleted after all. */
export function orphanEnded(sql: Sql, registration: string, clientId: string, now: number): void {
  sql.exec(
    "UPDATE ledger SET ended = 'deleted', ended_at = ? WHERE registration = ? AND client_id = ? AND ended = 'orphan'",
    now,
    registration,
    clientId,
  );
}

function entry(row: Stored): LedgerEntry {
  return {
    registration: row.registration,
    clientId: row.client_id,
    server: row.server,
    madeAt: row.made_at,
    ...(row.made_by_run !== null && { madeByRun: row.made_by_run }),
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
    ...(row.ended !== null && { ended: row.ended as NonNullable<LedgerRow['ended']> }),
  };
}
