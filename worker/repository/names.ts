import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import type { Publication, Sink } from '../../shared/publish/sink.ts';
import { dropLeft } from './left-names.ts';
import type { Sql } from './storage.ts';

/**
 * Remembers which names a registration has taken. Throws `publish_conflict` for one that another took meanwhile; to be
 * called in a transaction.
 */
export function saveNames(
  sql: Sql,
  registration: string,
  now: readonly Publication[],
  before: readonly Publication[],
): void {
  const mine = new Map(now.map((entry) => [publicationKey(entry), entry]));
  const had = new Set(before.map(publicationKey));
  for (const place of had) {
    if (!mine.has(place)) sql.exec('DELETE FROM names WHERE place = ? AND registration = ?', place, registration);
  }
  for (const [place, entry] of mine) {
    if (had.has(place)) continue;
    refuseTaken(sql, registration, entry);
    sql.exec('INSERT OR REPLACE INTO names (place, registration) VALUES (?, ?)', place, registration);
    dropLeft(sql, place);
  }
}

/** The names of a registration that is restored are its own again, unless another one has them. */
export function keepNames(sql: Sql, registration: string, places: readonly string[]): void {
  for (const place of places) {
    sql.exec('INSERT OR IGNORE INTO names (place, registration) VALUES (?, ?)', place, registration);
  }
}

/** The places that a registration publishes to. */
export function namesOf(sql: Sql, registration: string): readonly string[] {
  return sql
    .exec<{ place: string }>('SELECT place FROM names WHERE registration = ?', registration)
    .toArray()
    .map(({ place }) => place);
}

/** The sink, refusing names that another registration of the repository has: two never publish to one name. */
export function withOwnNames(sink: Sink, sql: Sql, registration: string): Sink {
  return {
    ...sink,
    claim: async (request) => {
      for (const target of request.targets) {
        for (const item of target.items) refuseTaken(sql, registration, { target, item });
      }
      return sink.claim(request);
    },
  };
}

function refuseTaken(sql: Sql, registration: string, entry: Pick<Publication, 'target' | 'item'>): void {
  const [row] = sql
    .exec<{ registration: string }>(
      'SELECT registration FROM names WHERE place = ? AND registration <> ?',
      publicationKey(entry),
      registration,
    )
    .toArray();
  if (row === undefined) return;
  throw new RegistrarError('publish_conflict', {
    message: `${printable(registration)} cannot publish ${entry.item.kind} ${printable(entry.item.name)}: it is a name of ${printable(row.registration)}.`,
    client: registration,
  });
}
