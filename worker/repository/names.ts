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
    if (had.has(place)) {
      // It may have been another's by the inventory alone.
      keepNames(sql, registration, [place]);
      continue;
    }
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

/** What a registration publishes to is anybody's from now on. */
export function forgetNames(sql: Sql, registration: string): void {
  sql.exec('DELETE FROM names WHERE registration = ?', registration);
}

/** The places that a registration publishes to. */
export function namesOf(sql: Sql, registration: string): readonly string[] {
  return sql
    .exec<{ place: string }>('SELECT place FROM names WHERE registration = ?', registration)
    .toArray()
    .map(({ place }) => place);
}

/**
 * The sink, refusing names that another registration of the repository has: two never publish to one name. After a
 * restore the records of two can have one, from different times; it is that of one of them, and the other leaves it.
 */
export function withOwnNames(sink: Sink, sql: Sql, registration: string): Sink {
  return {
    ...sink,
    claim: async (request) => {
      for (const target of request.targets) {
        for (const item of target.items) refuseTaken(sql, registration, { target, item });
      }
      return sink.claim(request);
    },
    write: async (publication, value) => {
      refuseTaken(sql, registration, publication);
      return sink.write(publication, value);
    },
    erase: async (publication) => {
      if (takenBy(sql, registration, publication) === undefined) await sink.erase(publication);
    },
  };
}

type Place = Pick<Publication, 'target' | 'item'>;

/** The other registration that has a name. */
function takenBy(sql: Sql, registration: string, place: Place): string | undefined {
  return sql
    .exec<{ registration: string }>(
      'SELECT registration FROM names WHERE place = ? AND registration <> ?',
      publicationKey(place),
      registration,
    )
    .toArray()[0]?.registration;
}

function refuseTaken(sql: Sql, registration: string, entry: Place): void {
  const other = takenBy(sql, registration, entry);
  if (other === undefined) return;
  throw new RegistrarError('publish_conflict', {
    message: `${printable(registration)} cannot publish ${entry.item.kind} ${printable(entry.item.name)}: it is a name of ${printable(other)}.`,
    client: registration,
  });
}
