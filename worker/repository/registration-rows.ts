import type { Owner } from '../../shared/manifest/desired.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Failure } from './reply.ts';
import type { Sql } from './storage.ts';

/** How a registration stands: in use, being removed, removed. */
export type Status = 'active' | 'ending' | 'ended';

/** What is kept of a registration beside its sealed record. */
export type RegistrationRow = {
  readonly key: string;
  readonly sealed: string;
  readonly key_id: string;
  readonly status: Status;
  readonly owner: string | null;
  readonly endpoint: string;
  readonly traits: string;
  /** What a list shows of it, as JSON. */
  readonly summary: string;
  readonly due: number | null;
  /** Attempts without anybody asking that stopped in a row. */
  readonly failures: number;
  /** The last {@link Failure}, as JSON. */
  readonly problem: string | null;
  /** It is to end for this reason, as soon as it is at rest. */
  readonly end_reason: string | null;
  /** The run that asked for a rotation last. */
  readonly rotation_run: string | null;
  /** 1: a host asked for a rotation, which is begun when the registration is at rest. */
  readonly rotation_asked: number;
  readonly orphans_tried: number | null;
  /** 1: it came from the inventory and was not opened since. */
  readonly restored: number;
  readonly inventory_due: number | null;
  readonly inventory_failures: number;
};

/** An owner as one word: `pull_request:42`, `branch:feature-x`. */
export function ownerName(owner: Owner): string {
  return owner.kind === 'pull_request' ? `pull_request:${owner.number}` : `branch:${owner.name}`;
}

export function statusOf({ ending, clients, published, intent, call }: RegistrationRecord): Status {
  if (ending === undefined) return 'active';
  return clients.length > 0 || published.length > 0 || intent !== undefined || call !== undefined ? 'ending' : 'ended';
}

export function problemOf(row: Pick<RegistrationRow, 'problem'>): Failure | undefined {
  return row.problem === null ? undefined : (JSON.parse(row.problem) as Failure);
}

export function findRow(sql: Sql, key: string): RegistrationRow | undefined {
  return sql.exec<RegistrationRow>('SELECT * FROM registrations WHERE key = ?', key).toArray()[0];
}

/** Which registrations may be worked on without anybody asking. */
export type Workable = {
  /** Ids of the keys there are: a record under another one is locked. */
  readonly keyIds: readonly string[];
  /** Registrations without an owner stay as they are; what environments share goes as they do. */
  readonly frozen: boolean;
};

/** Keys of registrations that are due, the longest overdue first. */
export function dueKeys(sql: Sql, now: number, most: number, workable: Workable): readonly string[] {
  return sql
    .exec<{ key: string }>(
      `SELECT key FROM registrations WHERE due <= ? AND ${conditions(workable)} ORDER BY due LIMIT ?`,
      now,
      ...workable.keyIds,
      most,
    )
    .toArray()
    .map(({ key }) => key);
}

/** When the next registration is due. */
export function earliestDue(sql: Sql, workable: Workable): number | undefined {
  const [row] = sql
    .exec<{ due: number }>(
      `SELECT due FROM registrations WHERE due IS NOT NULL AND ${conditions(workable)} ORDER BY due LIMIT 1`,
      ...workable.keyIds,
    )
    .toArray();
  return row?.due;
}

function conditions({ keyIds, frozen }: Workable): string {
  const known = `key_id IN (${keyIds.map(() => '?').join(', ')})`;
  return frozen ? `${known} AND (owner IS NOT NULL OR key GLOB 'shared/*')` : known;
}

/** What other registrations have shown of the server at an endpoint. */
export function traitsSeen(sql: Sql, endpoint: string): RegistrationRecord['traits'] {
  const rows = sql.exec<{ traits: string }>(
    'SELECT DISTINCT traits FROM registrations WHERE endpoint = ? LIMIT 50',
    endpoint,
  );
  return Object.assign({}, ...rows.toArray().map(({ traits }) => JSON.parse(traits) as RegistrationRecord['traits']));
}

/** Members of a row that are changed without touching the record. */
export type Settled = Partial<
  Pick<
    RegistrationRow,
    | 'due'
    | 'failures'
    | 'problem'
    | 'end_reason'
    | 'rotation_run'
    | 'rotation_asked'
    | 'orphans_tried'
    | 'inventory_due'
    | 'inventory_failures'
  >
>;

/** Changes what differs; writes nothing when nothing does. */
export function settleRow(sql: Sql, key: string, settled: Settled): void {
  const row = findRow(sql, key);
  if (row === undefined) return;
  const changed = Object.entries(settled).filter(([column, value]) => row[column as keyof Settled] !== value);
  if (changed.length === 0) return;
  sql.exec(
    `UPDATE registrations SET ${changed.map(([column]) => `${column} = ?`).join(', ')} WHERE key = ?`,
    ...changed.map(([, value]) => value),
    key,
  );
}
