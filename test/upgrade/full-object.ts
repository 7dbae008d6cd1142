import { DatabaseSync } from 'node:sqlite';
import type { Random } from '../../shared/ports/ports.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { SealKey } from '../../shared/record/seal.ts';
import { acceptToken } from '../../worker/repository/admit.ts';
import type { Caller } from '../../worker/repository/calls.ts';
import { saveContribution } from '../../worker/repository/contribution-rows.ts';
import type { Home } from '../../worker/repository/home.ts';
import { setMeta } from '../../worker/repository/meta.ts';
import { createRecordStore } from '../../worker/repository/record-store.ts';
import { migrate } from '../../worker/repository/schema.ts';
import { takeDelivery } from '../../worker/repository/take-delivery.ts';
import { createVault } from '../../worker/repository/vault.ts';
import { storageOver } from '../worker/support/sql-storage.ts';
import { REPOSITORY_ID } from './fixtures.ts';

type Row = Readonly<Record<string, string | number | null>>;

/** The object of a repository as it is kept: what makes its tables and indexes, and the rows of each table. */
export type KeptObject = {
  readonly tables: readonly string[];
  readonly rows: Readonly<Record<string, readonly Row[]>>;
};

/** An object with something in every table, written as the Worker writes it, for one registration. */
export async function fullObject({
  web,
  keys,
  random,
}: {
  readonly web: RegistrationRecord;
  readonly keys: readonly SealKey[];
  readonly random: Random;
}): Promise<KeptObject> {
  const storage = storageOver(new DatabaseSync(':memory:'));
  const { sql } = storage;
  const home = {
    repositoryId: REPOSITORY_ID,
    storage,
    sql,
    vault: createVault({ repositoryId: REPOSITORY_ID, keys, random }),
    settings: { config: { servers: [] } },
    clock: { now: () => 30, sleep: async () => {} },
    alarm: { soonest: async () => {} },
    isKept: () => true,
  } as unknown as Home;
  migrate(storage);
  setMeta(sql, 'repository_id', REPOSITORY_ID);
  setMeta(sql, 'sealed_with', keys.map(({ id }) => id).join(' '));

  const [publication] = web.published;
  if (publication === undefined) throw new Error('the record publishes nothing');
  const left = [{ ...publication, item: { ...publication.item, name: 'LEFT_SECRET' } }];
  await createRecordStore(home, web.key, undefined, { run: '7/1', left }).save(web);
  saveContribution(sql, {
    key: 'pr-43/web',
    shared: 'shared/web',
    owner: 'pull_request:43',
    uris: '{"redirect_uris":["https://pr-43.example.org/callback"]}',
    held: 1,
    life: 1_209_600_000,
    expires_at: 1_209_600_030,
    run_id: 7,
    attempt: 1,
    ended_at: null,
  });
  takeDelivery(home, {
    id: 'github:1',
    receivedAt: 5,
    event: { kind: 'owner_ended', repositoryId: REPOSITORY_ID, at: 5, owner: { kind: 'pull_request', number: 41 } },
  });
  const identity = { issuer: 'https://as.example.org', jti: 'jti-1', expiresAt: 40, ownerId: '77', repository: 'o/r' };
  acceptToken(home, { identity } as unknown as Caller);
  return keptIn(storage);
}

/** What is kept in a storage. */
export function keptIn({ sql }: Pick<Home, 'sql'>): KeptObject {
  const made = sql
    .exec<{ type: string; name: string; sql: string }>(
      'SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid',
    )
    .toArray();
  const names = made.filter(({ type }) => type === 'table').map(({ name }) => name);
  return {
    tables: made.map((each) => each.sql),
    rows: Object.fromEntries(names.map((name) => [name, sql.exec<Row>(`SELECT * FROM ${name}`).toArray()])),
  };
}

/** The version of the tables themselves, which is not the Worker's. */
export function schemaVersion({ rows }: KeptObject): number {
  return Number(rows.meta?.find(({ name }) => name === 'schema')?.value);
}
