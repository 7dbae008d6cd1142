import { isDeepStrictEqual } from 'node:util';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import type { RegistrationRecord, Suspect } from '../../shared/record/record.ts';
import { type InventoryEntry, readEntry } from '../../worker/inventory/inventory-entry.ts';
import { registrationKey, registrationsPrefix } from '../../worker/inventory/inventory-keys.ts';
import { unrecorded } from '../reconcile/rules.ts';
import { REPOSITORY_ID, type Scene } from './scene.ts';
import { openPlain } from './stage.ts';
import { isOf, KEYS, type Key, keyOf, nameOf } from './wishes.ts';

/** A person needs longer than any call can be on its way. */
const NOTICED_MS = 120_000;

/** What may be missing because the inventory did not have it yet. */
export type Missing = {
  /** Clients that are in no record which was read from the inventory, and that no suspect there is about. */
  readonly clients: Set<string>;
  /** Clients whose registration access token was replaced after that record was written. */
  readonly tokens: Set<string>;
  /** Clients that had ended by then, and are in such a record as if they were there. */
  readonly ends: Set<string>;
  /** Clients whose secret was replaced after that record was written, or whose newest key is not hosted any more. */
  readonly credentials: Set<string>;
  /** Registrations whose record does not say that the name with their credentials is theirs. */
  readonly names: Set<Key>;
  /** Names that two such records have, because they are from different times. */
  readonly places: Set<string>;
};

export function nothingMissing(): Missing {
  return {
    clients: new Set(),
    tokens: new Set(),
    ends: new Set(),
    credentials: new Set(),
    names: new Set(),
    places: new Set(),
  };
}

type Told = { readonly registrations: number; readonly unreadable: readonly string[] };

type Kept = { readonly entry: InventoryEntry; readonly record: RegistrationRecord };

/**
 * The object loses its tables; a person restores it from an inventory that is so much behind, each key and each list by
 * a time of its own. What the inventory had is all there again; what it did not have is added to what may be missing.
 */
export async function loseAndRestore(scene: Scene, behind: readonly number[], missing: Missing): Promise<void> {
  const { network, kv, server, github } = scene;
  await network.settle();
  const lost = scene.records();
  const untold = new Set(scene.rows<{ key: string }>(MARKED).map(({ key }) => key));
  for (const record of lost) {
    if (!untold.has(record.key)) wasTold(record, opened(kv.newest(registrationKey(REPOSITORY_ID, record.key))));
  }
  const lostAt = network.now();
  await scene.lose();
  await scene.pass(NOTICED_MS, true);
  network.setDown('kv', false);
  const keys = kv.keys();
  const late = (index: number) => behind[index % Math.max(1, behind.length)] ?? 0;
  kv.readAsOf((key, by) => lostAt - late(keys.indexOf(key) + (by === 'list' ? 1 : 0)));

  const kept = new Map<string, Kept>();
  const unreadable: string[] = [];
  for (const key of keys.filter((name) => name.startsWith(registrationsPrefix(REPOSITORY_ID)))) {
    const read = opened(kv.read(key));
    if (read !== undefined) kept.set(read.record.key, read);
    else if (kv.isListed(key)) unreadable.push(key.slice(registrationsPrefix(REPOSITORY_ID).length));
  }
  const before = server.calls.length;
  let answer: unknown;
  scene.restore().then((reply) => {
    answer = reply;
  });
  await scene.pass(1000, true);
  kv.readAsOf(() => Number.POSITIVE_INFINITY);
  const expected = { registrations: kept.size, unreadable };
  const { kind, value } = (answer ?? {}) as { readonly kind?: string; readonly value?: Told };
  const told = value && { registrations: value.registrations, unreadable: value.unreadable };
  if (kind !== 'done' || !isDeepStrictEqual(told, expected))
    throw new Error(`a restore is answered with ${JSON.stringify(answer)}, not ${JSON.stringify(expected)}`);
  if (server.calls.length !== before) throw new Error('a restore calls the server');
  everythingIsBack(scene, kept);

  const records = [...kept.values()].map(({ record }) => record);
  const known = {
    clients: records.flatMap(({ clients }) => clients),
    orphans: records.flatMap(({ orphans }) => orphans),
    suspects: records
      .flatMap(({ suspects, intent }) => [...suspects, ...(intent ? [intent] : [])])
      .toSorted((a, b) => b.marker.length - a.marker.length) as readonly Suspect[],
  };
  // A suspect without a marker may be about any of those that nothing else is about.
  const marked = { ...known, suspects: known.suspects.filter(({ marker }) => marker !== '') };
  const some = unrecorded(server.alive(), known, network.behind()).length > 0;
  for (const clientId of some ? unrecorded(server.alive(), marked, network.behind()) : [])
    missing.clients.add(clientId);
  for (const { clientId, access, clientSecret } of known.clients) {
    if (server.find(clientId)?.secret !== clientSecret) missing.credentials.add(clientId);
    if (server.find(clientId)?.alive !== true) missing.ends.add(clientId);
    if (server.find(clientId)?.token !== access?.registrationAccessToken) missing.tokens.add(clientId);
  }
  const places = records.flatMap(({ published }) => [...new Set(published.map(publicationKey))]);
  for (const [index, place] of places.entries()) {
    if (places.indexOf(place) !== index) missing.places.add(place);
  }
  for (const key of KEYS) {
    const items = kept.get(keyOf(key, scene.circumstances))?.record.published ?? [];
    const has = (name: string) =>
      items.some(({ item, state }) => state === 'written' && `${item.kind} ${item.name}` === name);
    const { client_id, key_id } = JSON.parse(github.names.get(nameOf(key)) ?? '{}') as Readonly<Record<string, string>>;
    if (client_id !== undefined && key_id !== undefined && !server.acceptsKey(client_id, key_id))
      missing.credentials.add(client_id);
    if ([...github.names.keys()].some((name) => isOf(key, name) && !has(name))) missing.names.add(key);
  }
}

/** What is still to be written, and what came from the inventory and was not looked at since. */
const MARKED = 'SELECT key FROM registrations WHERE inventory_due IS NOT NULL OR restored = 1';

function everythingIsBack(scene: Scene, kept: ReadonlyMap<string, Kept>): void {
  const back = new Map(scene.records().map((record) => [record.key, record]));
  const ledger = scene.rows<{ registration: string; client_id: string }>('SELECT * FROM ledger');
  for (const [key, { entry, record }] of kept) {
    if (back.get(key) !== record) throw new Error(`${key} is in the inventory and was not restored`);
    for (const { clientId } of entry.ledger) {
      if (ledger.some((row) => row.registration === key && row.client_id === clientId)) continue;
      throw new Error(`${clientId} is in the ledger of the inventory and was not restored`);
    }
  }
}

/** Where nothing is left to be told, the inventory has everything but a time to live that was renewed. */
function wasTold(record: RegistrationRecord, told: Kept | undefined): void {
  const essence = ({ expiresAt: _e, appliedBy: _a, ...rest }: RegistrationRecord) => rest;
  if (told === undefined || !isDeepStrictEqual(essence(record), essence(told.record)))
    throw new Error(`the inventory was never told what became of ${record.key}`);
}

function opened(text: string | undefined): Kept | undefined {
  const entry = text === undefined ? undefined : readEntry(text);
  return entry && { entry, record: openPlain(entry.sealed) };
}
