import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { backOffMilliseconds } from '../../shared/reconcile/back-off.ts';
import { jitter } from '../../shared/reconcile/call.ts';
import { currentClient } from '../../shared/reconcile/record-queries.ts';
import { askRotation } from '../../shared/reconcile/requests.ts';
import { endRegistration } from '../../shared/reconcile/transitions.ts';
import { workable } from './arm.ts';
import { forgetContributions } from './contribution-rows.ts';
import type { Home } from './home.ts';
import { forgetLeft } from './left-names.ts';
import { loadRecord } from './load-record.ts';
import { getMeta } from './meta.ts';
import { forgetNames } from './names.ts';
import { logLine, whereThrown } from './platform.ts';
import type { Loaded } from './record-store.ts';
import { dueKeys, findRow, settleRow } from './registration-rows.ts';
import { failureOf } from './reply.ts';
import { retryOrphans } from './retry-orphans.ts';
import { forgottenAt } from './settle.ts';
import { isShared } from './shared-client.ts';
import { TOMBSTONE_MS } from './tombstones.ts';
import { wantedTogether } from './wanted-together.ts';
import { type Piece, workOn } from './work-on.ts';

/** Registrations worked on at once. */
const AT_ONCE = 2;
/** Pieces of one alarm, so that it ends whatever happens. */
const MOST_PIECES = 100;
/** A free plan has 50 outgoing calls per alarm: no registration is begun after so many, and no step after so many more. */
const CALLS_TO_BEGIN = 20;
const CALLS_TO_GO_ON = 36;

/** Does what is due, a bounded piece of it; the rest stays due. */
export async function doWhatIsDue(home: Home): Promise<void> {
  const { clock, sql, calls } = home;
  const began = calls.count;
  for (let pieces = 0; pieces < MOST_PIECES; pieces += 1) {
    const what = workable(home);
    if (what === undefined || calls.count - began >= CALLS_TO_BEGIN) return;
    const keys = dueKeys(sql, clock.now(), AT_ONCE, what);
    if (keys.length === 0) return;
    const stopping = () => calls.count - began >= CALLS_TO_GO_ON;
    await Promise.all(keys.map((key) => home.turns.take(key, () => workAlone(home, key, stopping))));
  }
}

/** Does what is due for one registration. Never rejects, and leaves it due later than now. */
async function workAlone(home: Home, key: string, stopping: () => boolean): Promise<void> {
  const before = findRow(home.sql, key);
  try {
    if (before === undefined || before.due === null || before.due > home.clock.now()) return;
    const opened = await loadRecord(home, key);
    if (opened === undefined || isFrozen(home, opened) || forget(home, opened)) return;
    const loaded = (await retryOrphans(home, opened)) ? await loadRecord(home, key) : opened;
    if (loaded === undefined) return;
    await workOn(home, { doing: 'due', loaded, ...wantedNow(home, loaded), alone: true, stopping });
    await home.inventory.write(key);
  } catch (error) {
    if (!isRegistrarError(error))
      logLine({ at: 'due', repository: home.repositoryId, registration: key, ...whereThrown(error) });
    putOff(home, key, error);
  }
}

/** It may be due by the inventory, which says that somebody owns it, and stay as it is by its record. */
function isFrozen({ sql }: Home, { row }: Loaded): boolean {
  return getMeta(sql, 'frozen') !== undefined && row.owner === null && !isShared(row.key);
}

function wantedNow(home: Home, loaded: Loaded): Pick<Piece, 'start' | 'happened' | 'settled'> {
  const now = home.clock.now();
  return isShared(loaded.record.key) ? wantedTogether(home, loaded.record, now) : wantedAlone(loaded, now);
}

/** The record as it is wanted by what was asked for while nobody was waiting. */
function wantedAlone({ row, record }: Loaded, now: number): Pick<Piece, 'start' | 'happened' | 'settled'> {
  if (record.ending !== undefined) return { start: record };
  if (row.end_reason !== null) {
    const { record: start, events: happened } = endRegistration(record, now, row.end_reason);
    return { start, happened };
  }
  if (row.rotation_asked === 0) return { start: record };
  const strategy = record.desired.rotation?.strategy ?? 'replace';
  const start =
    currentClient(record) === undefined ? record : askRotation(record, { reason: 'asked', strategy, startedAt: now });
  return { start, settled: { rotation_asked: 0 } };
}

/**
 * What has ended long ago and has nothing left for a person to see is forgotten; its ledger stays. When it ended is read
 * from the record: it also comes due after an eviction and after a restore.
 */
function forget({ sql, clock }: Home, { record, row }: Loaded): boolean {
  if (row.status !== 'ended' || row.inventory_due !== null) return false;
  if (forgottenAt(record) > clock.now()) return false;
  sql.exec('DELETE FROM registrations WHERE key = ?', row.key);
  forgetLeft(sql, row.key);
  forgetNames(sql, row.key);
  return true;
}

function putOff(home: Home, key: string, error: unknown): void {
  const failures = (findRow(home.sql, key)?.failures ?? 0) + 1;
  settleRow(home.sql, key, {
    due: home.clock.now() + backOffMilliseconds(failures + 6, jitter(home)),
    failures,
    problem: JSON.stringify(failureOf(error)),
  });
}

const DELIVERY_MS = 14 * 86_400_000;
const EVENTS_AT_ONCE = 200;

/** Drops what is too old to matter. */
export function forgetOld({ sql, clock }: Home, eventMs: number): void {
  const now = clock.now();
  sql.exec(
    'DELETE FROM tombstones WHERE max(coalesce(ended_at, 0), coalesce(reopened_at, 0)) <= ?',
    now - TOMBSTONE_MS,
  );
  forgetContributions(sql, now);
  sql.exec('DELETE FROM deliveries WHERE at < ?', now - DELIVERY_MS);
  sql.exec('DELETE FROM token_ids WHERE expires_at < ?', now);
  sql.exec(
    'DELETE FROM events WHERE at < ? AND id IN (SELECT id FROM events ORDER BY id LIMIT ?)',
    now - eventMs,
    EVENTS_AT_ONCE,
  );
}
