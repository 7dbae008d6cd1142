import type { Clock } from '../../shared/ports/ports.ts';
import { backOffMilliseconds } from '../../shared/reconcile/back-off.ts';
import { canonical } from '../repository/canonical.ts';
import { contributionsTo } from '../repository/contribution-rows.ts';
import { keySetsOf } from '../repository/key-sets.ts';
import { ledgerOf } from '../repository/ledger-rows.ts';
import { getMeta, setMeta } from '../repository/meta.ts';
import { namesOf } from '../repository/names.ts';
import { findRow, type RegistrationRow, settleRow } from '../repository/registration-rows.ts';
import { isShared } from '../repository/shared-client.ts';
import type { Sql } from '../repository/storage.ts';
import type { Summary } from '../repository/summary.ts';
import { findTombstone, TOMBSTONE_MS } from '../repository/tombstones.ts';
import { fitMetadata, type InventoryEntry } from './inventory-entry.ts';
import { registrationKey, repositoryKey, tombstoneKey } from './inventory-keys.ts';

/** Workers KV takes one write per second and key. */
const PACE_MS = 1_000;
/** What has ended stays in the inventory this long, for its ledger. */
const ENDED_SECONDS = 400 * 86_400;

type PutOptions = { readonly metadata?: object; readonly expirationTtl?: number };

/** Workers KV as far as it is written to. */
type Writable = { readonly put: (key: string, value: string, options: PutOptions) => Promise<void> };

/** Tells the inventory of all repositories what changed here. What fails stays marked and is tried again by the alarm. */
export type Inventory = {
  /** Writes a registration, if it is marked. Never rejects. */
  readonly write: (key: string) => Promise<void>;
  /** Writes what is marked and due, so much at most. Never rejects. */
  readonly writeDue: (most: number) => Promise<void>;
};

export function createInventory({
  kv,
  sql,
  repositoryId,
  clock,
  failed,
}: {
  readonly kv: Writable;
  readonly sql: Sql;
  readonly repositoryId: string;
  readonly clock: Clock;
  /** Told of each write that failed, with the key it was for. */
  readonly failed: (key: string) => void;
}): Inventory {
  const last = new Map<string, number>();
  const writing = new Map<string, Promise<void>>();

  const put = async (key: string, value: string, options: PutOptions): Promise<boolean> => {
    const wait = (last.get(key) ?? 0) + PACE_MS - clock.now();
    // The clock may have been set back meanwhile.
    if (wait > 0) await clock.sleep(Math.min(wait, PACE_MS));
    try {
      await kv.put(key, value, options);
      return true;
    } catch {
      failed(key);
      return false;
    } finally {
      last.set(key, clock.now());
    }
  };

  const later = (failures: number) => ({
    inventory_due: clock.now() + backOffMilliseconds(failures + 4, 0),
    inventory_failures: failures + 1,
  });

  /** Once more if the record was saved again while it was being written. */
  const writeRegistration = async (key: string): Promise<void> => {
    for (let row = findRow(sql, key); row !== undefined && row.inventory_due !== null; row = findRow(sql, key)) {
      const ended = row.status === 'ended' ? { expirationTtl: ENDED_SECONDS } : {};
      const metadata = metadataOf(row, clock.now());
      const landed = await put(registrationKey(repositoryId, key), entryTextOf(sql, row), { metadata, ...ended });
      if (!landed) return settleRow(sql, key, later(row.inventory_failures));
      sql.exec(
        'UPDATE registrations SET inventory_due = NULL, inventory_failures = 0 WHERE key = ? AND sealed = ?',
        key,
        row.sealed,
      );
    }
  };

  const write = (key: string): Promise<void> => {
    const under = writing.get(key) ?? writeRegistration(key).finally(() => writing.delete(key));
    writing.set(key, under);
    return under;
  };

  const writeTombstone = async (owner: string): Promise<void> => {
    const before = findTombstone(sql, owner);
    if (before === undefined) return;
    const { ended_at, reopened_at, reason, inventory_failures: failures } = before;
    const landed = await put(tombstoneKey(repositoryId, owner), JSON.stringify({ ended_at, reopened_at, reason }), {
      expirationTtl: TOMBSTONE_MS / 1000,
    });
    const { inventory_due: due, inventory_failures: count } = landed
      ? { inventory_due: null, inventory_failures: 0 }
      : later(failures);
    sql.exec(
      `UPDATE tombstones SET inventory_due = ?, inventory_failures = ?
       WHERE owner = ? AND ended_at IS ? AND reopened_at IS ?`,
      due,
      count,
      owner,
      ended_at,
      reopened_at,
    );
  };

  const repositoryNow = () => ({ name: getMeta(sql, 'repository_name'), frozen: getMeta(sql, 'frozen') });

  /** What changed while it was being written stays marked. */
  const writeRepository = async (): Promise<void> => {
    const metadata = repositoryNow();
    const failures = Number(getMeta(sql, 'inventory_failures') ?? 0);
    const landed = await put(repositoryKey(repositoryId), '', { metadata });
    const { inventory_due, inventory_failures } = later(failures);
    setMeta(sql, 'inventory_failures', landed ? undefined : String(inventory_failures));
    if (!landed) setMeta(sql, 'inventory_due', String(inventory_due));
    else if (canonical(repositoryNow()) === canonical(metadata)) setMeta(sql, 'inventory_due', undefined);
  };

  return {
    write,
    writeDue: async (most) => {
      const now = clock.now();
      if (Number(getMeta(sql, 'inventory_due') ?? Number.POSITIVE_INFINITY) <= now) await writeRepository();
      const owners = sql
        .exec<{ owner: string }>('SELECT owner FROM tombstones WHERE inventory_due <= ? LIMIT ?', now, most)
        .toArray();
      for (const { owner } of owners) await writeTombstone(owner);
      const keys = sql
        .exec<{ key: string }>(
          'SELECT key FROM registrations WHERE inventory_due <= ? ORDER BY inventory_due LIMIT ?',
          now,
          Math.max(0, most - owners.length),
        )
        .toArray();
      await Promise.all(keys.map(({ key }) => write(key)));
    },
  };
}

function entryTextOf(sql: Sql, row: RegistrationRow): string {
  const keySets = keySetsOf(sql, row.key);
  const names = namesOf(sql, row.key);
  const entry: InventoryEntry = {
    version: 1,
    sealed: row.sealed,
    endpoint: row.endpoint,
    ledger: ledgerOf(sql, row.key),
    ...(keySets.length > 0 && { keySets }),
    ...(names.length > 0 && { names }),
    ...(isShared(row.key) && { contributions: contributionsTo(sql, row.key) }),
  };
  return JSON.stringify(entry);
}

function metadataOf(row: RegistrationRow, now: number) {
  return fitMetadata({
    ...(JSON.parse(row.summary) as Summary),
    status: row.status,
    key_id: row.key_id,
    ...(row.owner !== null && { owner: row.owner }),
    at: now,
  });
}
