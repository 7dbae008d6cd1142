import type { Client, RegistrationRecord } from '../record/record.ts';
import { overlapEnd } from './due.ts';
import { hostsKeys } from './key-hosting.ts';
import { currentClient, nextClient } from './record-queries.ts';
import { ignoresKeySet } from './sent-metadata.ts';
import type { HasNextKey, Step } from './step.ts';

/** Servers are seen to keep a set for longer than it says; after this time a new key that is refused is given up. */
const PATIENCE_MS = 86_400_000;

/** A new key for the client is a matter of its hosted set, which the server reads as far as is known. */
export function canRotateKeys({ desired }: Pick<RegistrationRecord, 'desired'>, client: Client): boolean {
  return hostsKeys(desired) && client.keySet !== undefined && client.key !== undefined && !ignoresKeySet(client);
}

/** A next key that does not work is given up; the one in use stays. */
export function uselessKey(record: RegistrationRecord): Step | undefined {
  const client = rotatingClient(record);
  if (client === undefined) return undefined;
  const { hostedSince, tryAt, verification } = client.nextKey;
  if (verification?.outcome === 'works') return undefined;
  if (!hostsKeys(record.desired))
    return { kind: 'give_up_key', client, reason: 'the manifest has changed since it was made' };
  if (verification?.outcome === 'unknown')
    return { kind: 'give_up_key', client, reason: 'it could not be shown that it works', failed: true };
  return verification !== undefined && tryAt > hostedSince + PATIENCE_MS
    ? { kind: 'give_up_key', client, reason: 'the server does not accept it', failed: true }
    : undefined;
}

/** A rotation of keys that can go on now comes before what the manifest changed: after a leak it must not wait for that. */
export function keyGoesOn({ nextKey }: Client, now: number): boolean {
  return nextKey !== undefined && (nextKey.verification?.outcome === 'works' || now >= nextKey.tryAt);
}

/** A server that still knows the set as it was is asked again later; meanwhile everything else goes on. */
export function untriedKey(record: RegistrationRecord, now: number): Step | undefined {
  const client = rotatingClient(record);
  if (client === undefined || client.nextKey.verification?.outcome === 'works') return undefined;
  return now >= client.nextKey.tryAt ? { kind: 'try_key', client } : undefined;
}

/** The next key is published and announced. */
export function keyPromotion(record: RegistrationRecord): Step | undefined {
  const client = rotatingClient(record);
  return client?.nextKey.verification?.outcome === 'works' ? { kind: 'promote_key', client } : undefined;
}

/** A key that was replaced leaves the set when the app is known to use the new one, or time alone may end its overlap. */
export function keyRetirement(record: RegistrationRecord, now: number): Step | undefined {
  const client = currentClient(record);
  const byTime = record.desired.rotation?.retire === 'after-overlap';
  for (const key of client?.retiringKeys ?? []) {
    const reason =
      key.replaced === true
        ? 'the app uses the key that replaced it'
        : byTime && now >= overlapEnd(record, key)
          ? 'its overlap is over'
          : undefined;
    if (client !== undefined && reason !== undefined) return { kind: 'drop_key', client, keyId: key.keyId, reason };
  }
  return undefined;
}

function rotatingClient(record: RegistrationRecord): HasNextKey | undefined {
  const client = currentClient(record);
  return nextClient(record) === undefined && client?.nextKey !== undefined ? (client as HasNextKey) : undefined;
}
