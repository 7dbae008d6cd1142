import * as z from 'zod';
import { readKept } from '../../shared/record/read-kept.ts';
import { type InventoryEntry, type InventoryMetadata, metadataSchema, readEntry } from './inventory-entry.ts';
import { REGISTRATIONS_PREFIX, REPOSITORIES_PREFIX, registrationsPrefix, tombstonesPrefix } from './inventory-keys.ts';

/** Values that Workers KV hands out at once. */
const AT_ONCE = 100;

/** Workers KV as far as it is read. */
export type ReadableKv = {
  readonly list: (options: {
    readonly prefix: string;
    readonly limit: number;
    readonly cursor?: string;
  }) => Promise<
    { readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[] } & (
      | { readonly list_complete: true }
      | { readonly list_complete: false; readonly cursor: string }
    )
  >;
  readonly get: (names: string[], type: 'text') => Promise<ReadonlyMap<string, string | null>>;
};

/** A registration of some repository, as a list shows it. */
export type InventoryItem = InventoryMetadata & { readonly repository: string; readonly key: string };

export type Page<T> = { readonly items: readonly T[]; readonly cursor?: string };

/** Registrations of one repository or of all, a page at a time; as stale as the inventory is. */
export async function listRegistrations(
  kv: ReadableKv,
  { repository, cursor, limit }: { readonly repository?: string; readonly cursor?: string; readonly limit: number },
): Promise<Page<InventoryItem>> {
  const prefix = repository === undefined ? REGISTRATIONS_PREFIX : registrationsPrefix(repository);
  const listed = await kv.list({ prefix, limit, ...(cursor !== undefined && { cursor }) });
  return {
    items: listed.keys.flatMap(({ name, metadata }): readonly InventoryItem[] => {
      const [id = '', ...key] = name.slice(REGISTRATIONS_PREFIX.length).split('/');
      const read = metadataSchema.safeParse(metadata).data;
      return read === undefined ? [] : [{ repository: id, key: key.join('/'), ...read }];
    }),
    ...(!listed.list_complete && { cursor: listed.cursor }),
  };
}

/** Ids of the repositories in the inventory, a page at a time. */
export async function listRepositories(
  kv: ReadableKv,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<Page<string>> {
  const listed = await kv.list({ prefix: REPOSITORIES_PREFIX, limit, ...(cursor !== undefined && { cursor }) });
  return {
    items: listed.keys.map(({ name }) => name.slice(REPOSITORIES_PREFIX.length)),
    ...(!listed.list_complete && { cursor: listed.cursor }),
  };
}

export type StoredRegistration = {
  readonly key: string;
  readonly entry: InventoryEntry;
  readonly metadata: InventoryMetadata;
};

/** All of a repository's registrations, with their values. What cannot be read is named. */
export async function readRegistrations(
  kv: ReadableKv,
  repositoryId: string,
): Promise<{ readonly registrations: readonly StoredRegistration[]; readonly unreadable: readonly string[] }> {
  const prefix = registrationsPrefix(repositoryId);
  const found = await readAll(kv, prefix);
  const registrations: StoredRegistration[] = [];
  const unreadable: string[] = [];
  for (const { name, value, metadata } of found) {
    const key = name.slice(prefix.length);
    const entry = readEntry(value);
    const read = metadataSchema.safeParse(metadata).data;
    if (entry === undefined || read === undefined) unreadable.push(key);
    else registrations.push({ key, entry, metadata: read });
  }
  return { registrations, unreadable };
}

export type StoredTombstone = {
  readonly owner: string;
  readonly ended_at: number | null;
  readonly reopened_at: number | null;
  readonly reason: string;
};

const tombstone = z.object({
  ended_at: z.number().nullable(),
  reopened_at: z.number().nullable(),
  reason: z.string(),
});

export async function readTombstones(kv: ReadableKv, repositoryId: string): Promise<readonly StoredTombstone[]> {
  const prefix = tombstonesPrefix(repositoryId);
  return (await readAll(kv, prefix)).flatMap(({ name, value }) => {
    const read = readKept(tombstone, value);
    return read === undefined ? [] : [{ owner: name.slice(prefix.length), ...read }];
  });
}

type Found = { readonly name: string; readonly value: string; readonly metadata: unknown };

async function readAll(kv: ReadableKv, prefix: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  let cursor: string | undefined;
  do {
    const listed = await kv.list({ prefix, limit: AT_ONCE, ...(cursor !== undefined && { cursor }) });
    const names = listed.keys.map(({ name }) => name);
    const values = names.length === 0 ? new Map<string, null>() : await kv.get(names, 'text');
    for (const { name, metadata } of listed.keys) {
      // A list may show what cannot be read yet: that is no entry, and not nothing.
      found.push({ name, value: values.get(name) ?? '', metadata });
    }
    cursor = listed.list_complete ? undefined : listed.cursor;
  } while (cursor !== undefined);
  return found;
}
