import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createJobStore } from '../../action/job-store.ts';
import { encodeState } from '../../shared/record/codec.ts';
import { parseStateKeys, seal } from '../../shared/record/seal.ts';
import { saveLedger } from '../../worker/repository/ledger-rows.ts';
import { setMeta } from '../../worker/repository/meta.ts';
import { migrate } from '../../worker/repository/schema.ts';
import { rememberOwner } from '../../worker/repository/tombstones.ts';
import { createVault } from '../../worker/repository/vault.ts';
import { VERSION } from '../../worker/version.ts';
import { fullRecord, plainRecord } from '../record/sample-record.ts';
import { storageOver } from '../worker/support/sql-storage.ts';
import { ENVIRONMENT, fixtureFile, REPOSITORY_ID, TEST_KEY } from './fixtures.ts';

/**
 * Writes what this version keeps to `test/fixtures/v{version}`, once per release: `node test/upgrade/record-fixtures.ts`.
 * What is there already is never written again, because it stands for what people have stored; before its release a
 * version's folder may be removed and recorded anew.
 */
const folder = fixtureFile(VERSION, '');
if (existsSync(fixtureFile(VERSION, 'state.sealed'))) throw new Error(`${folder} is there already`);
mkdirSync(folder, { recursive: true });
const write = (name: string, text: string) => writeFileSync(fixtureFile(VERSION, name), text);

const keys = await parseStateKeys(TEST_KEY);
let byte = 0;
const random = { bytes: (length: number) => Uint8Array.from({ length }, () => byte++ % 256) };
const web = fullRecord(`${ENVIRONMENT}/web`);
const job = plainRecord(`${ENVIRONMENT}/job`);
const state = {
  version: 1 as const,
  registrations: { [web.key]: web, [job.key]: job },
  tombstones: { 'pull_request:41': { owner: { kind: 'pull_request' as const, number: 41 }, since: 5, run: '7/1' } },
  savedBy: '7/1',
  savedWith: VERSION,
};
const text = encodeState(state);
write('state.json', `${JSON.stringify(state, null, 2)}\n`);
write('state.sealed', await seal({ keys, aad: ['state', REPOSITORY_ID, ENVIRONMENT], random, text }));

const slots: Record<string, string> = {};
await createJobStore((name, value) => {
  slots[name] = value;
}).save(web);
write('job-state.json', `${JSON.stringify(slots, null, 2)}\n`);

const sealed = await createVault({ repositoryId: REPOSITORY_ID, keys, random }).seal(web);
const database = new DatabaseSync(':memory:');
const { sql, ...rest } = storageOver(database);
migrate({ sql, ...rest });
setMeta(sql, 'repository_id', REPOSITORY_ID);
sql.exec(
  `INSERT INTO registrations (key, sealed, key_id, status, owner, endpoint, traits, summary, due)
   VALUES (?, ?, ?, 'ending', 'branch:feature/x', ?, ?, '{}', 5)`,
  web.key,
  sealed,
  keys[0]?.id ?? '',
  web.server.registrationEndpoint,
  JSON.stringify(web.traits),
);
saveLedger(sql, web, []);
rememberOwner(sql, 'pull_request:41', { kind: 'ended', at: 5, reason: 'closed' });
const tables = sql
  .exec<{ name: string; sql: string }>('SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL')
  .toArray();
const rows = ['registrations', 'ledger', 'tombstones', 'meta'].map((table) => [
  table,
  sql.exec(`SELECT * FROM ${table}`).toArray(),
]);
write(
  'object.json',
  `${JSON.stringify({ tables: tables.map((table) => table.sql), rows: Object.fromEntries(rows) }, null, 2)}\n`,
);

const { traits: _t, ...entry } = {
  version: 1,
  sealed,
  endpoint: web.server.registrationEndpoint,
  ledger: web.ledger,
  traits: 0,
};
const metadata = {
  status: 'active',
  key_id: keys[0]?.id,
  owner: 'branch:feature/x',
  client_id: 'abc',
  orphans: 1,
  at: 9,
};
const inventory = {
  [`registration/${REPOSITORY_ID}/${web.key}`]: { value: JSON.stringify(entry), metadata },
  [`tombstone/${REPOSITORY_ID}/pull_request:41`]: {
    value: JSON.stringify({ ended_at: 5, reopened_at: null, reason: 'closed' }),
    metadata: null,
  },
};
write('inventory.json', `${JSON.stringify(inventory, null, 2)}\n`);
