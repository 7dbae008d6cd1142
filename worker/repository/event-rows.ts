import type { Event } from '../../shared/reconcile/event.ts';
import type { Sql } from './storage.ts';

/** What happens to a repository or its owners, besides what the engine does. */
export type HomeEvent =
  | { readonly kind: 'owner_ended' | 'owner_reopened'; readonly owner: string; readonly reason: string }
  | { readonly kind: 'frozen' | 'thawed' | 'restored' | 'released' | 'renamed'; readonly reason: string }
  /** Names at GitHub that only the job could take away. */
  | { readonly kind: 'names_left'; readonly names: readonly string[] }
  | { readonly kind: 'resolved'; readonly resolution: 'forget' | 'adopt'; readonly clientId?: string }
  /** An environment shares the client from now on, or no longer. */
  | { readonly kind: 'joined' | 'left'; readonly contribution: string }
  | { readonly kind: 'orphan_deleted'; readonly clientId: string }
  | { readonly kind: 'stopped'; readonly code: string; readonly message: string };

/** An event as operators read it. */
export type LoggedEvent = {
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
  readonly registration?: string;
  readonly run?: string;
} & (Event | HomeEvent);

type Stored = {
  readonly id: number;
  readonly at: number;
  readonly registration: string | null;
  readonly run: string | null;
  readonly event: string;
};

/** Events are kept this long. */
export const EVENT_MS = 400 * 86_400_000;

export function addEvents(
  sql: Sql,
  events: readonly (Event | HomeEvent)[],
  { at, registration, run }: { readonly at: number; readonly registration?: string; readonly run?: string | undefined },
): void {
  for (const event of events) {
    sql.exec(
      'INSERT INTO events (at, registration, run, event) VALUES (?, ?, ?, ?)',
      at,
      registration ?? null,
      run ?? null,
      JSON.stringify(event),
    );
  }
}

/** From where events are wanted: after the one with an id, or from a time on (epoch milliseconds). */
export type Since = { readonly id: number } | { readonly at: number };

/** Events since then, oldest first. */
export function eventsSince(sql: Sql, since: Since, most: number): readonly LoggedEvent[] {
  const [condition, value] = 'id' in since ? ['id > ?', since.id] : ['at >= ?', since.at];
  return sql
    .exec<Stored>(`SELECT * FROM events WHERE ${condition} ORDER BY id LIMIT ?`, value, most)
    .toArray()
    .map(({ id: number, at, registration, run, event }) => ({
      id: number,
      at: new Date(at).toISOString(),
      ...(registration !== null && { registration }),
      ...(run !== null && { run }),
      ...(JSON.parse(event) as Event | HomeEvent),
    }));
}
