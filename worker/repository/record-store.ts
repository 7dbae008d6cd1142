import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import type { Publication } from '../../shared/publish/sink.ts';
import type { Store } from '../../shared/reconcile/ports.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { canonical } from './canonical.ts';
import type { Home } from './home.ts';
import { saveKeySets } from './key-sets.ts';
import { saveLedger, withoutEnded } from './ledger-rows.ts';
import { keepLeft } from './left-names.ts';
import { forgetNames, saveNames } from './names.ts';
import { refuseFirstWhenFull } from './quota.ts';
import { ownerName, type RegistrationRow, statusOf } from './registration-rows.ts';
import type { Sql } from './storage.ts';
import { summaryOf } from './summary.ts';
import { whyBuried } from './tombstones.ts';

/** While a registration is worked on the alarm waits this long: longer than any call that may be under way. */
const LEASE_MS = 150_000;

/** A record with what is kept beside it. */
export type Loaded = {
  readonly record: RegistrationRecord;
  /** The record as it is stored, when that is another one. */
  readonly stored: RegistrationRecord;
  readonly row: RegistrationRow;
};

/** What is written with a record besides. */
export type Beside = {
  readonly run?: string | undefined;
  /** Names that stay at GitHub, as they come up; remembered with the first record that does not have them any more. */
  readonly left?: readonly Publication[];
};

/** A {@link Store} that also does something else in the transaction in which it writes a record. */
export type RecordStore = {
  readonly save: (record: RegistrationRecord, also?: () => void) => ReturnType<Store['save']>;
};

/**
 * Keeps the record of one registration while it is worked on. It is sealed first; then everything about it is written
 * in one transaction, together with the time at which the alarm goes on with it should the object be evicted.
 */
export function createRecordStore(
  home: Home,
  key: string,
  loaded: Loaded | undefined,
  { run, left = [] }: Beside = {},
): RecordStore {
  const { sql, storage, vault, clock, alarm } = home;
  let restored = loaded?.row.restored === 1 ? loaded.stored : undefined;
  let before = restored === undefined ? loaded?.stored : undefined;
  let leasedUntil = 0;
  const remembered = new Set<Publication>();
  return {
    save: async (record, also) => {
      const sealed = await vault.seal(withoutEnded(record));
      const now = clock.now();
      const places = new Set(record.published.map(publicationKey));
      const leaving = left.filter((entry) => !remembered.has(entry) && !places.has(publicationKey(entry)));
      if (leasedUntil < now + LEASE_MS / 2) leasedUntil = now + LEASE_MS;
      try {
        storage.transactionSync(() => {
          if (before?.intent === undefined) refuseFirstWhenFull(home, record);
          writeRecord(sql, { record, sealed, keyId: vault.keyId, leasedUntil, changed: matters(before, record) });
          saveLedger(sql, record, before?.ledger ?? []);
          saveKeySets(sql, record, before);
          // What the inventory said of its names was true only as far as its record says so.
          if (restored !== undefined) forgetNames(sql, key);
          saveNames(sql, key, record.published, (before ?? restored)?.published ?? []);
          keepLeft(sql, record, leaving, { at: now, run });
          also?.();
        });
      } catch (error) {
        if (error instanceof RegistrarError) throw error;
        throw new RegistrarError('state_unwritable', {
          message: `The record of ${key} could not be saved in the Worker.`,
          hint: 'Run again in a minute. Nothing was sent to the authorization server after the failed save.',
          client: key,
          cause: error,
        });
      }
      before = record;
      restored = undefined;
      for (const entry of leaving) remembered.add(entry);
      await alarm.soonest(leasedUntil);
    },
  };
}

type Write = {
  readonly record: RegistrationRecord;
  readonly sealed: string;
  readonly keyId: string;
  readonly leasedUntil: number;
  /** The inventory is to know. */
  readonly changed: boolean;
};

/** A registration that is new to an owner that ended meanwhile is to end as well. */
function writeRecord(sql: Sql, { record, sealed, keyId, leasedUntil, changed }: Write): void {
  const owner = record.owner === undefined ? null : ownerName(record.owner);
  sql.exec(
    `INSERT INTO registrations
       (key, sealed, key_id, status, owner, endpoint, traits, summary, due, end_reason, inventory_due)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET
       sealed = excluded.sealed, key_id = excluded.key_id, status = excluded.status, owner = excluded.owner,
       endpoint = excluded.endpoint, traits = excluded.traits, summary = excluded.summary, due = excluded.due, restored = 0,
       end_reason = CASE WHEN excluded.status = 'active' THEN COALESCE(end_reason, excluded.end_reason) END,
       inventory_due = COALESCE(excluded.inventory_due, inventory_due)`,
    record.key,
    sealed,
    keyId,
    statusOf(record),
    owner,
    record.server.registrationEndpoint,
    JSON.stringify(record.traits),
    JSON.stringify(summaryOf(record)),
    leasedUntil,
    record.ending === undefined ? (whyBuried(sql, owner) ?? null) : null,
    changed ? leasedUntil : null,
  );
}

/** A time to live that was renewed, by whichever run, is not worth a write to the inventory. */
function matters(before: RegistrationRecord | undefined, record: RegistrationRecord): boolean {
  return before === undefined || essence(before) !== essence(record);
}

function essence(record: RegistrationRecord): string {
  const { expiresAt: _e, appliedBy: _a, ...rest } = withoutEnded(record);
  return canonical(rest);
}
