import type { Desired } from '../../shared/manifest/desired.ts';
import { currentClient, nextClient } from '../../shared/reconcile/record-queries.ts';
import { endRegistration } from '../../shared/reconcile/transitions.ts';
import { wantClient } from '../../shared/reconcile/want.ts';
import type { Client, RegistrationRecord } from '../../shared/record/record.ts';
import { contributionsTo, earliestEnd, endContributions, urisIn } from './contribution-rows.ts';
import type { Home } from './home.ts';
import { type Contributed, together } from './shared-client.ts';
import type { Sql } from './storage.ts';
import type { Piece } from './work-on.ts';

/**
 * What the environments that share a client want it to be now: the client with what they bring, nothing when the last of
 * them has gone, or as it is while the first of them is still on its way.
 */
function wanted(sql: Sql, record: RegistrationRecord): Desired | 'nothing' | 'as it is' {
  const all = contributionsTo(sql, record.key);
  const held = all.filter((row) => row.held === 1);
  const there = currentClient(record) ?? nextClient(record);
  // Work that was broken off has brought it to the server without saying so.
  const brought = held.length > 0 || there === undefined ? held : all.filter((row) => has(there, urisIn(row)));
  if (brought.length > 0) return together(record.desired, brought.map(urisIn));
  return there !== undefined || all.length === 0 ? 'nothing' : 'as it is';
}

/** Whether everything that an environment brings was asked of a client. */
function has({ requested }: Client, contributed: Contributed): boolean {
  return Object.entries(contributed).every(([member, uris]) => {
    const asked = requested[member];
    return Array.isArray(asked) && uris.every((uri) => asked.includes(uri));
  });
}

/** The record as the environments that share it want it now, when nobody is waiting. */
export function wantedTogether(
  { sql, storage }: Pick<Home, 'sql' | 'storage'>,
  record: RegistrationRecord,
  now: number,
): Pick<Piece, 'start' | 'happened'> {
  storage.transactionSync(() => endContributions(sql, now, 'shared = ? AND expires_at <= ?', record.key, now));
  const desired = wanted(sql, record);
  if (desired === 'as it is') return { start: record };
  if (desired !== 'nothing') return { start: wantClient({ record, desired, server: record.server, now }) };
  if (record.ending !== undefined) return { start: record };
  const { record: start, events: happened } = endRegistration(record, now, 'no environment shares it any more');
  return { start, happened };
}

/** When the alarm is to look at a client that environments share: at once if what they want has changed meanwhile. */
export function dueTogether(sql: Sql, record: RegistrationRecord, due: number | null, now: number): number | null {
  const desired = wanted(sql, record);
  const changed =
    desired === 'nothing'
      ? record.ending === undefined
      : desired !== 'as it is' && JSON.stringify(desired) !== JSON.stringify(record.desired);
  const earliest = Math.min(
    changed ? now : (due ?? Number.POSITIVE_INFINITY),
    earliestEnd(sql, record.key) ?? Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(earliest) ? earliest : null;
}
