import type { Client, RegistrationRecord } from '../record/record.ts';
import { isOwned } from './record-queries.ts';

/** A secret that expires is replaced this long before, if its life is long enough. */
const EXPIRY_LEAD_MS = 7 * 86_400_000;

/** A rotation is due by age, or because the secret ends soon, and no overlap holds it back. */
export function rotationDue(record: RegistrationRecord, client: Client, now: number): boolean {
  const time = rotationTime(record, client);
  return time !== undefined && now >= time && !isRotating(record);
}

/** When an old client or key has had its overlap (epoch milliseconds). */
export function overlapEnd(
  { desired }: RegistrationRecord,
  { retiringSince = 0 }: { readonly retiringSince?: number },
): number {
  return retiringSince + (desired.rotation?.overlapSeconds ?? 0) * 1000;
}

/** The earliest time at which something has to be done without anybody asking (epoch milliseconds). */
export function nextDueTime(record: RegistrationRecord): number | undefined {
  if (record.ending !== undefined) return undefined;
  const { clients, desired } = record;
  const old = retiring(record);
  const times = [
    isOwned(record) ? record.expiresAt : undefined,
    ...currentClients(record).map((client) => client.nextKey?.tryAt),
    ...(isRotating(record) ? [] : currentClients(record).map((client) => rotationTime(record, client))),
    ...(desired.rotation?.retire === 'after-overlap' ? old.map((one) => overlapEnd(record, one)) : []),
    ...clients.filter(({ role }) => role === 'leaving').map(({ removal }) => removal?.tryAt),
  ].filter((time): time is number => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** When the next scheduled rotation is due (epoch milliseconds), whether or not an overlap still holds it back. */
export function rotationTime(record: RegistrationRecord, client: Client): number | undefined {
  const { rotation } = record.desired;
  const times: number[] = [];
  if (rotation?.everySeconds !== undefined) {
    times.push((record.rotatedAt ?? client.madeAt) + rotation.everySeconds * 1000);
  }
  const { clientSecretExpiresAt: expiresAt = 0 } = client;
  if (expiresAt !== 0 && (rotation !== undefined || isOwned(record))) {
    const expires = expiresAt * 1000;
    times.push(expires - Math.min(EXPIRY_LEAD_MS, (expires - client.madeAt) / 2));
  }
  return times.length === 0 ? undefined : Math.max(Math.min(...times), record.rotationHeldUntil ?? 0);
}

function currentClients({ clients }: RegistrationRecord): readonly Client[] {
  return clients.filter(({ role }) => role === 'current');
}

/** No other rotation begins while one goes on or its overlap is not over. */
function isRotating(record: RegistrationRecord): boolean {
  return retiring(record).length > 0 || currentClients(record).some(({ nextKey }) => nextKey !== undefined);
}

/** Clients and keys that were replaced and still work. */
function retiring(record: RegistrationRecord): readonly { readonly retiringSince?: number }[] {
  const keys = currentClients(record).flatMap(({ retiringKeys = [] }) => retiringKeys);
  return [...record.clients.filter(({ role }) => role === 'retiring'), ...keys];
}
