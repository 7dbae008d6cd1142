import type { Client, RegistrationRecord } from '../../shared/record/record.ts';

/** How long an owned registration lives after its last deploy unless the manifest says otherwise. */
const DEFAULT_TTL_SECONDS = 14 * 86_400;

/**
 * A record from the inventory as it may be worked with: it can be older than what was done last. Its time to live starts
 * anew, and nothing counts as shown of a client, so that a dead registration access token makes an orphan and is never
 * taken for proof that the client is gone.
 */
export function restoredRecord(record: RegistrationRecord, now: number): RegistrationRecord {
  const { ttl } = record.desired;
  const life = (ttl === undefined || ttl === 'job' ? DEFAULT_TTL_SECONDS : ttl.seconds) * 1000;
  return {
    ...record,
    ...(record.expiresAt !== undefined && { expiresAt: now + life }),
    clients: record.clients.map(asUnseen),
  };
}

function asUnseen({ verification: _v, removal: _r, ...client }: Client): Client {
  return { ...client, accessSeen: 'untried' };
}
