import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { ServerEntry } from '../config/config.ts';
import { checkQuota } from '../policy/check-quota.ts';
import { entryOfRecord } from '../policy/find-server.ts';
import type { Home } from './home.ts';
import { repositoryRef } from './publisher.ts';
import type { Sql } from './storage.ts';

/** Throws `quota_reached` when the other registrations have as many clients at the server as the operator allows. */
export function refuseFull(sql: Sql, key: string, entry: ServerEntry): void {
  if (entry.maxClientsPerRepository === undefined) return;
  checkQuota({ key, entry, live: liveClients(sql, key, [...entry.addresses, entry.registrationEndpoint ?? '']) });
}

/**
 * Throws `quota_reached` for a first client that is about to be asked for. To be called in the transaction that saves
 * the intent: of two registrations that begin at once, the second then sees the first.
 */
export function refuseFirstWhenFull(home: Home, record: RegistrationRecord): void {
  const { settings, sql, repositoryId } = home;
  if (record.intent?.purpose !== 'first') return;
  const { ownerId = '' } = repositoryRef(home);
  const entry = entryOfRecord(settings.config.servers, record.server, { repositoryId, ownerId });
  if (entry !== undefined) refuseFull(sql, record.key, entry);
}

/** Clients at a server, by any of its addresses, that other registrations have, are asking for, or may have. */
export function liveClients(sql: Sql, registration: string, servers: readonly string[]): number {
  const places = servers.map(() => '?').join(', ');
  const [row] = sql
    .exec<{ live: number }>(
      `SELECT (
         SELECT count(*) FROM ledger WHERE ended_at IS NULL AND registration <> ? AND server IN (${places})
       ) + (
         SELECT coalesce(sum(coalesce(summary ->> 'making', 0) + coalesce(summary ->> 'suspects', 0)), 0)
         FROM registrations WHERE key <> ? AND summary ->> 'server' IN (${places})
       ) AS live`,
      registration,
      ...servers,
      registration,
      ...servers,
    )
    .toArray();
  return row?.live ?? 0;
}
