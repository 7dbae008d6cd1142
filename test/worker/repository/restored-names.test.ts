import { expect, test } from 'vitest';
import { publicationKey } from '../../../shared/publish/publish-place.ts';
import type { Publication } from '../../../shared/publish/sink.ts';
import { registrationKey } from '../../../worker/inventory/inventory-keys.ts';
import type { Home } from '../../../worker/repository/home.ts';
import { loadRecord } from '../../../worker/repository/load-record.ts';
import { namesOf, withOwnNames } from '../../../worker/repository/names.ts';
import { createRecordStore } from '../../../worker/repository/record-store.ts';
import { restore } from '../../../worker/repository/restore.ts';
import { ID, NOW, record, SECRET } from '../../reconcile/build.ts';
import { plainVault } from '../../schedules/stage.ts';
import { openStorage } from '../support/sql-storage.ts';

const REPOSITORY = '2002';
const vault = plainVault({ keys: [{ id: 'one' }] });

function published(item: typeof ID | typeof SECRET): Publication {
  return { target: { kind: 'github' }, item, state: 'written', at: NOW, tokenKind: 'app' };
}

const [ID_PLACE, SECRET_PLACE] = [publicationKey(published(ID)), publicationKey(published(SECRET))];

/** What the inventory has of a registration: when it was written, what its record publishes, and what it says of that. */
type Entry = {
  readonly key: string;
  readonly at: number;
  readonly publishes: readonly Publication[];
  readonly names?: readonly string[];
};

async function restored(entries: readonly Entry[]): Promise<Home> {
  const kept = new Map<string, { readonly value: string; readonly metadata: unknown }>();
  for (const { key, at, publishes, names = publishes.map(publicationKey) } of entries) {
    const sealed = await vault.seal(record({ key, published: publishes }));
    kept.set(registrationKey(REPOSITORY, key), {
      value: JSON.stringify({ version: 1, sealed, endpoint: 'https://as.example.org/register', ledger: [], names }),
      metadata: { status: 'active', key_id: 'one', at },
    });
  }
  const kv = {
    list: async ({ prefix }: { readonly prefix: string }) => ({
      keys: [...kept].filter(([name]) => name.startsWith(prefix)).map(([name, { metadata }]) => ({ name, metadata })),
      list_complete: true,
    }),
    get: async (names: readonly string[]) => new Map(names.map((name) => [name, kept.get(name)?.value ?? null])),
  };
  const storage = openStorage();
  const home = {
    storage,
    sql: storage.sql,
    vault,
    repositoryId: REPOSITORY,
    keep: () => {},
    clock: { now: () => NOW },
    alarm: { soonest: async () => {} },
    settings: { config: { servers: [] } },
  } as unknown as Home;
  await restore(home, kv as never);
  return home;
}

async function saveAgain(home: Home, key: string): Promise<void> {
  const loaded = await loadRecord(home, key);
  if (loaded === undefined) return expect.fail(`${key} was not restored`);
  await createRecordStore(home, key, loaded).save(loaded.record);
}

const OLD = { key: 'pr-42/web', at: NOW - 2, publishes: [published(SECRET)] };
const NEW = { key: 'production/web', at: NOW - 1, publishes: [published(SECRET)] };

test.each([
  { entries: [OLD, NEW], saved: [] },
  { entries: [NEW, OLD], saved: [] },
  { entries: [OLD, NEW], saved: [OLD.key, NEW.key] },
])(
  'of two that say that a name is theirs the one that was written last has it, and the other leaves it: %#',
  async ({ entries, saved }) => {
    const home = await restored(entries);
    for (const key of saved) await saveAgain(home, key);
    const done: string[] = [];
    const sink = (key: string) =>
      withOwnNames(
        {
          claim: async () => [],
          write: async (publication) => {
            done.push(`${key} writes`);
            return publication;
          },
          erase: async () => void done.push(`${key} erases`),
        },
        home.sql,
        key,
      );
    await expect(sink(OLD.key).write(published(SECRET), 'one')).rejects.toMatchObject({ code: 'publish_conflict' });
    await sink(OLD.key).erase(published(SECRET));
    await sink(NEW.key).write(published(SECRET), 'two');
    await sink(NEW.key).erase(published(SECRET));
    expect(done).toEqual(['production/web writes', 'production/web erases']);
  },
);

test('names that the inventory makes up are nobody’s once the record is saved, and go to whoever publishes to them', async () => {
  const forged = { key: 'pr-7/web', at: NOW, publishes: [], names: [ID_PLACE, SECRET_PLACE] };
  const home = await restored([forged, NEW]);
  await saveAgain(home, NEW.key);
  expect(namesOf(home.sql, forged.key)).toHaveLength(2);
  await saveAgain(home, forged.key);
  expect(namesOf(home.sql, forged.key)).toEqual([]);
  await saveAgain(home, NEW.key);
  expect(namesOf(home.sql, NEW.key)).toEqual([SECRET_PLACE]);
});
