import type { PublishedBody } from '../../shared/api/worker-api.ts';
import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { credentialValue } from '../../shared/publish/credential-value.ts';
import { fingerprint } from '../../shared/publish/fingerprint.ts';
import type { Publication } from '../../shared/publish/sink.ts';
import { withNewestKey } from '../../shared/reconcile/key-hosting.ts';
import { credentialsOf, editionOf, unfinished, wantedPublications } from '../../shared/reconcile/record-queries.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';

/**
 * The record after the job said that it wrote the credentials of an edition to where they belong, or is about to and has
 * seen that the names are nobody else's. Said again, nothing changes.
 *
 * Rejects with `not_confirmable` for an edition that is not the newest of a client there is.
 */
export async function takeReceipt(
  record: RegistrationRecord,
  { edition, stage = 'written' }: PublishedBody,
  now: number,
): Promise<RegistrationRecord> {
  const client = record.clients.map(withNewestKey).find((candidate) => editionOf(candidate) === edition);
  if (client === undefined || (client.role !== 'current' && client.role !== 'next')) {
    throw new RegistrarError('not_confirmable', {
      message: `${printable(record.key)} has no credentials ${printable(edition)} that could have been published.`,
      hint: 'Run the deploy again: it publishes what there is now.',
      client: record.key,
    });
  }
  // A name that was asked for before is not what the job was told to publish: nobody has said whose it is.
  const wanted = new Set(wantedPublications(record).map(({ publication }) => publication));
  const waiting = record.published.filter((entry) => entry.of === unfinished(edition) && wanted.has(entry));
  if (waiting.length === 0) return record;
  if (stage === 'claimed') {
    const claim = (entry: Publication): Publication => ({ ...takenBack(entry), tokenKind: 'job' });
    return { ...record, published: record.published.map((entry) => (waiting.includes(entry) ? claim(entry) : entry)) };
  }
  const written = new Map(
    await Promise.all(
      waiting.map(async (entry): Promise<[Publication, Publication]> => {
        const value = credentialValue(entry.item.field, credentialsOf(client), client.server) ?? '';
        return [
          entry,
          {
            ...takenBack(entry),
            state: 'written',
            fingerprint: await fingerprint(value),
            of: edition,
            at: now,
            tokenKind: 'job',
          },
        ];
      }),
    ),
  );
  return { ...record, published: record.published.map((entry) => written.get(entry) ?? entry) };
}

/** The job has seen that nobody had changed it since it was left. */
function takenBack({ leftAt: _, ...entry }: Publication): Publication {
  return entry;
}
