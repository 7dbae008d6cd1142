import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { VERSION } from '../version.ts';
import type { ObjectStorage } from './storage.ts';

/**
 * Each step is applied once, in order, and is never changed after a release. Times are epoch milliseconds.
 *
 * What is secret is in `sealed` and nowhere else; the other columns are what has to be found without opening a record.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE registrations (
    key TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    key_id TEXT NOT NULL,
    status TEXT NOT NULL,
    owner TEXT,
    endpoint TEXT NOT NULL,
    traits TEXT NOT NULL,
    summary TEXT NOT NULL,
    due INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    end_reason TEXT,
    rotation_run TEXT,
    rotation_asked INTEGER NOT NULL DEFAULT 0,
    orphans_tried INTEGER,
    restored INTEGER NOT NULL DEFAULT 0,
    inventory_due INTEGER,
    inventory_failures INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX registrations_due ON registrations (due) WHERE due IS NOT NULL;
  CREATE INDEX registrations_owner ON registrations (owner) WHERE owner IS NOT NULL;
  CREATE INDEX registrations_inventory_due ON registrations (inventory_due) WHERE inventory_due IS NOT NULL;
  CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    registration TEXT NOT NULL,
    client_id TEXT NOT NULL,
    server TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by_run TEXT,
    ended_at INTEGER,
    ended TEXT
  );
  CREATE INDEX ledger_registration ON ledger (registration);
  CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    registration TEXT,
    run TEXT,
    event TEXT NOT NULL
  );
  CREATE TABLE names (
    place TEXT PRIMARY KEY,
    registration TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE tombstones (
    owner TEXT PRIMARY KEY,
    ended_at INTEGER,
    reopened_at INTEGER,
    reason TEXT NOT NULL,
    inventory_due INTEGER,
    inventory_failures INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX tombstones_inventory_due ON tombstones (inventory_due) WHERE inventory_due IS NOT NULL;
  CREATE INDEX tombstones_age ON tombstones (max(coalesce(ended_at, 0), coalesce(reopened_at, 0)));
  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX deliveries_at ON deliveries (at);
  CREATE TABLE token_ids (
    id TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE key_sets (
    id TEXT PRIMARY KEY,
    registration TEXT NOT NULL,
    keys TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX key_sets_registration ON key_sets (registration);
    `,
  `
  CREATE TABLE contributions (
    key TEXT PRIMARY KEY,
    shared TEXT NOT NULL,
    owner TEXT,
    uris TEXT NOT NULL,
    held INTEGER NOT NULL,
    life INTEGER,
    expires_at INTEGER,
    run_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    ended_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX contributions_shared ON contributions (shared);
  CREATE INDEX contributions_owner ON contributions (owner) WHERE owner IS NOT NULL;
  `,
  'CREATE INDEX registrations_endpoint ON registrations (endpoint)',
  `
  CREATE TABLE left_names (
    place TEXT PRIMARY KEY,
    registration TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX left_names_registration ON left_names (registration);
  `,
  // What was left before is taken for left now.
  `
  ALTER TABLE left_names ADD COLUMN left_at INTEGER NOT NULL DEFAULT 0;
  UPDATE left_names SET left_at = unixepoch() * 1000;
  `,
  'CREATE INDEX names_registration ON names (registration)',
  // The inventory is to have the names of what there is.
  "UPDATE registrations SET inventory_due = 0 WHERE inventory_due IS NULL AND restored = 0 AND status <> 'ended'",
];

/** What a later version wrote is for a later version. */
export const NEWER_HINT =
  'Whoever runs the Worker deploys the later version again, or one after it. Nothing was changed.';

/** True once something was ever kept in this object. */
export function isKept({ sql }: ObjectStorage): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").toArray().length > 0;
}

/**
 * Brings the tables to what this version needs; makes them in an object that has none.
 *
 * Throws `state_newer` for tables of a later version.
 */
export function migrate(storage: ObjectStorage): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    sql.exec('CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
    const [row] = sql.exec<{ value: string }>("SELECT value FROM meta WHERE name = 'schema'").toArray();
    const version = Number(row?.value ?? '0');
    if (version > MIGRATIONS.length) {
      throw new RegistrarError('state_newer', {
        message: `The tables of this repository are of version ${version}; this version of the Worker, ${VERSION}, knows up to ${MIGRATIONS.length}.`,
        hint: NEWER_HINT,
      });
    }
    if (version === MIGRATIONS.length) return;
    for (const step of MIGRATIONS.slice(version)) sql.exec(step);
    sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES ('schema', ?)", String(MIGRATIONS.length));
  });
}
