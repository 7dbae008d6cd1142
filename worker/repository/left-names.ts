import { publicationKey } from '../../shared/publish/publish-place.ts';
import type { Publication, Sink } from '../../shared/publish/sink.ts';
import { unfinished } from '../../shared/reconcile/record-queries.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { addEvents } from './event-rows.ts';
import { isSharedByPreviews } from './shared-client.ts';
import type { Sql } from './storage.ts';

/** Something of a client that is gone is there: the name was written before, and has to be written again. */
const NO_CLIENT = unfinished('#0');

/**
 * Remembers names that stay at GitHub because only the job may write there, and tells of them. To be called in the
 * transaction in which the registration gives them up.
 */
export function keepLeft(
  sql: Sql,
  { key, owner, ending }: RegistrationRecord,
  left: readonly Publication[],
  { at, run }: { readonly at: number; readonly run: string | undefined },
): void {
  // What is permanent ends because somebody wants it to; its names may be somebody else's from then on.
  const forGood = owner === undefined && !isSharedByPreviews(key) && ending !== undefined;
  if (forGood) forgetLeft(sql, key);
  if (left.length === 0) return;
  for (const entry of forGood ? [] : left) {
    sql.exec(
      'INSERT OR REPLACE INTO left_names (place, registration, left_at) VALUES (?, ?, ?)',
      publicationKey(entry),
      key,
      // One that was not taken back in between is as it was left first.
      entry.leftAt ?? at,
    );
  }
  addEvents(sql, [{ kind: 'names_left', names: left.map(({ item }) => item.name) }], { at, registration: key, run });
}

/** A name that is taken is no longer left, whoever took it. */
export function dropLeft(sql: Sql, place: string): void {
  sql.exec('DELETE FROM left_names WHERE place = ?', place);
}

/** Nobody comes back to what a registration has left. */
export function forgetLeft(sql: Sql, registration: string): void {
  sql.exec('DELETE FROM left_names WHERE registration = ?', registration);
}

/** The sink, to which names are ours that an earlier life of the registration has left. */
export function withLeftNames(sink: Sink, sql: Sql, registration: string, now: () => number): Sink {
  return {
    ...sink,
    claim: async ({ targets, ours }) => {
      const known = new Set(ours.map(publicationKey));
      const left = leftBy(sql, registration);
      const found = targets.flatMap(({ environment, items }) =>
        items
          .map((item): Publication => {
            const target = { kind: 'github' as const, ...(environment !== undefined && { environment }) };
            const leftAt = left.get(publicationKey({ target, item }));
            return {
              target,
              item,
              state: 'claimed',
              of: NO_CLIENT,
              at: now(),
              ...(leftAt !== undefined && { leftAt }),
            };
          })
          .filter((entry) => entry.leftAt !== undefined && !known.has(publicationKey(entry))),
      );
      return sink.claim({ targets, ours: [...ours, ...found] });
    },
  };
}

/** When each of its names was left. */
function leftBy(sql: Sql, registration: string): ReadonlyMap<string, number> {
  const rows = sql.exec<{ place: string; left_at: number }>(
    'SELECT place, left_at FROM left_names WHERE registration = ?',
    registration,
  );
  return new Map(rows.toArray().map(({ place, left_at }) => [place, left_at]));
}
