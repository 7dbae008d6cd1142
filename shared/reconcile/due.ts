import type { RegistrationRecord } from '../record/record.ts';
import { currentClient, isOwned } from './record-queries.ts';

/** A secret that expires is replaced this long before, if its life is long enough. */
const EXPIRY_LEAD_SECONDS = 7 * 86_400;

/** A rotation is due by age, or because the secret ends soon, and no overlap holds it back. */
export function rotationDue(record: RegistrationRecord, now: number): boolean {
  const time = rotationTime(record);
  return time !== undefined && now >= time && !record.clients.some(({ role }) => role === 'retiring');
}

/** When the next scheduled rotation is due (epoch milliseconds), whether or not an overlap still holds it back. */
export function rotationTime(record: RegistrationRecord): number | undefined {
  const client = currentClient(record);
  if (client === undefined) return undefined;
  const { rotation } = record.desired;
  const times: number[] = [];
  if (rotation?.everySeconds !== undefined) {
    times.push((record.rotatedAt ?? client.madeAt) + rotation.everySeconds * 1000);
  }
  const expires = secretExpiry(record);
  if (expires !== undefined && (rotation !== undefined || isOwned(record))) {
    const life = expires - client.madeAt;
    times.push(expires - Math.min(EXPIRY_LEAD_SECONDS * 1000, life / 2));
  }
  return times.length === 0 ? undefined : Math.max(Math.min(...times), record.rotationHeldUntil ?? 0);
}

/** When the secret in use ends (epoch milliseconds), if the server said so. */
export function secretExpiry(record: RegistrationRecord): number | undefined {
  const at = currentClient(record)?.clientSecretExpiresAt;
  return at === undefined || at === 0 ? undefined : at * 1000;
}

/** The earliest time at which something has to be done without anybody asking (epoch milliseconds). */
export function nextDueTime(record: RegistrationRecord): number | undefined {
  const retiring = record.clients.filter(({ role }) => role === 'retiring');
  const overlap = (record.desired.rotation?.overlapSeconds ?? 0) * 1000;
  if (record.ending !== undefined) return undefined;
  const times = [
    isOwned(record) ? record.expiresAt : undefined,
    retiring.length === 0 ? rotationTime(record) : undefined,
    ...(record.desired.rotation?.retire === 'after-overlap'
      ? retiring.map((client) => (client.retiringSince ?? 0) + overlap)
      : []),
    ...record.clients.filter(({ role }) => role === 'leaving').map(({ removal }) => removal?.tryAt),
  ].filter((time): time is number => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}
