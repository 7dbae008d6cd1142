import { isRegistrarError } from '../errors/registrar-error.ts';
import type { PublishTarget } from '../manifest/desired.ts';
import { credentialValue } from '../publish/credential-value.ts';
import { publicationKey } from '../publish/publish-place.ts';
import type { Publication } from '../publish/sink.ts';
import { isUnsent } from '../publish/unsent.ts';
import type { Client, RegistrationRecord } from '../record/record.ts';
import type { Performed } from './perform.ts';
import type { Ports } from './ports.ts';
import { asProblem } from './problem.ts';
import {
  announcement,
  credentialsOf,
  editionOf,
  stalePublications,
  unfinished,
  wantedPublications,
} from './record-queries.ts';

/** Shows the right to publish and takes the names, before a client exists that could not be handed over. */
export async function performClaim(record: RegistrationRecord, ports: Ports): Promise<Performed> {
  const wanted = wantedPublications(record);
  const targets = record.desired.publish.map((target) => ({
    ...target,
    items: wanted.filter(({ target: { environment } }) => environment === target.environment).map(({ item }) => item),
  }));
  const claims = await claim(record, targets, ports);
  const byName = new Map([...record.published, ...claims].map((entry) => [publicationKey(entry), entry] as const));
  return { record: { ...record, published: [...byName.values()] }, events: [] };
}

/** One target per entry, as the manifest has it. */
function targetsOf({ desired }: RegistrationRecord, entries: readonly Publication[]): readonly PublishTarget[] {
  return entries.flatMap(({ target: { environment }, item }) =>
    desired.publish
      .filter((target) => target.environment === environment)
      .map((target) => ({ ...target, items: [item] })),
  );
}

async function claim(record: RegistrationRecord, targets: readonly PublishTarget[], ports: Ports) {
  try {
    return await ports.sink.claim({ targets, ours: record.published });
  } catch (error) {
    // A name that another run of this registration has made meanwhile is ours: this save then says to run again.
    if (isRegistrarError(error, 'secret_exists')) await ports.store.save(record);
    throw error;
  }
}

/**
 * Writes every value that is not yet the client's current one; what was written is kept even when a later one fails.
 *
 * A name that was claimed by an earlier run and never written may be somebody else's by now, so it is looked at again.
 * It is saved first what will be written, because after a crash nobody knows whose credentials a name holds.
 */
export async function performPublish(record: RegistrationRecord, client: Client, ports: Ports): Promise<Performed> {
  const edition = editionOf(client);
  const stale = new Set(stalePublications(record, client).map(({ publication }) => publication));
  const begin = (entry: Publication): Publication => ({ ...entry, of: unfinished(edition) });
  const unsent = record.published.filter((entry) => stale.has(entry) && isUnsent(entry));
  if (unsent.length > 0) await claim(record, targetsOf(record, unsent), ports);
  const begun = record.published.map((entry) => (stale.has(entry) ? begin(entry) : entry));
  await ports.store.save({ ...record, published: begun });
  const toWrite = begun.filter((_, index) => stale.has(record.published[index]));
  const results = await Promise.allSettled(
    toWrite.map(async (entry) => {
      const value = credentialValue(entry.item.field, credentialsOf(client), client.server) as string;
      return { ...(await ports.sink.write(entry, value)), of: edition };
    }),
  );
  const written = new Map(
    results.flatMap((result, index) =>
      result.status === 'fulfilled' ? [[toWrite[index], result.value] as const] : [],
    ),
  );
  const published = begun.map((entry) => written.get(entry) ?? entry);
  const failure = results.find((result) => result.status === 'rejected');
  return {
    record: { ...record, published },
    events:
      written.size === 0
        ? []
        : [{ kind: 'published', clientId: client.clientId, names: [...written.values()].map(label) }],
    ...(failure && { problem: asProblem(record, failure.reason) }),
  };
}

/** Takes back names that are ours and no longer wanted; all of them when the registration ends. */
export async function performUnpublish(record: RegistrationRecord, ports: Ports): Promise<Performed> {
  const kept = new Set(
    record.ending === undefined ? wantedPublications(record).map(({ publication }) => publication) : [],
  );
  const leaving = record.published.filter((entry) => !kept.has(entry));
  const results = await Promise.allSettled(
    leaving.map(async (entry) => (isUnsent(entry) ? undefined : ports.sink.erase(entry))),
  );
  const erased = new Set(leaving.filter((_, index) => results[index]?.status === 'fulfilled'));
  const gone = [...erased].filter((entry) => !isUnsent(entry));
  const failure = results.find((result) => result.status === 'rejected');
  return {
    record: { ...record, published: record.published.filter((entry) => !erased.has(entry)) },
    events: gone.length === 0 ? [] : [{ kind: 'unpublished', names: gone.map(label) }],
    ...(failure && { problem: asProblem(record, failure.reason) }),
  };
}

/** Tells the outside that the client's credentials are published. */
export async function performAnnounce(record: RegistrationRecord, client: Client, ports: Ports): Promise<Performed> {
  await ports.announce(record, client);
  return {
    record: { ...record, announced: { ...announcement(client), at: ports.clock.now() } },
    events: [{ kind: 'announced', clientId: client.clientId }],
  };
}

function label({ target, item }: Publication): string {
  return target.environment === undefined
    ? `${item.kind} ${item.name}`
    : `${item.kind} ${item.name} (environment ${target.environment})`;
}
