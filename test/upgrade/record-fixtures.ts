import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createJobStore } from '../../action/job-store.ts';
import { encodeState } from '../../shared/record/codec.ts';
import { parseStateKeys, seal } from '../../shared/record/seal.ts';
import { createVault } from '../../worker/repository/vault.ts';
import { VERSION } from '../../worker/version.ts';
import { fullRecord, plainRecord } from '../record/sample-record.ts';
import { ENVIRONMENT, fixtureFile, objectName, REPOSITORY_ID, TEST_KEY } from './fixtures.ts';
import { fullObject, schemaVersion } from './full-object.ts';

/**
 * Writes what this version keeps to `test/fixtures/v{version}`, once per release: `node test/upgrade/record-fixtures.ts`.
 * What is there already is never written again, because it stands for what people have stored; what is missing is added,
 * so that tables that have changed since have an object of their own beside the earlier ones.
 */
mkdirSync(fixtureFile(VERSION, ''), { recursive: true });
const write = (name: string, text: string) => {
  const file = fixtureFile(VERSION, name);
  if (existsSync(file)) return console.info(`${file} is there already`);
  writeFileSync(file, text);
  console.info(`${file} is new`);
};

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
const object = await fullObject({ web, keys, random });
write(objectName(schemaVersion(object)), `${JSON.stringify({ ...object, record: web }, null, 2)}\n`);

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
