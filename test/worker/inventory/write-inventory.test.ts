import { expect, test } from 'vitest';
import { createInventory } from '../../../worker/inventory/inventory.ts';
import { earliestInventoryDue } from '../../../worker/inventory/inventory-due.ts';
import { fitMetadata, readEntry } from '../../../worker/inventory/inventory-entry.ts';
import { fitsInventory } from '../../../worker/inventory/inventory-keys.ts';
import { setMeta } from '../../../worker/repository/meta.ts';
import { rememberOwner } from '../../../worker/repository/tombstones.ts';
import { openStorage } from '../support/sql-storage.ts';

const KEY = 'production/web';

function setUp() {
  const { sql } = openStorage();
  let now = 1_000_000;
  const slept: number[] = [];
  const written: { readonly key: string; readonly value: string; readonly at: number; readonly metadata?: object }[] =
    [];
  const failing = { times: 0 };
  const failed: string[] = [];
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      now += ms;
    },
  };
  const during: { work?: () => void } = {};
  const inventory = createInventory({
    kv: {
      put: async (key, value, { metadata }) => {
        during.work?.();
        if (failing.times > 0) {
          failing.times -= 1;
          throw new Error('429');
        }
        written.push({ key, value, at: now, ...(metadata && { metadata }) });
      },
    },
    sql,
    repositoryId: '1',
    clock,
    failed: (key) => failed.push(key),
  });
  const mark = (sealed: string) =>
    sql.exec(
      `INSERT OR REPLACE INTO registrations (key, sealed, key_id, status, endpoint, traits, summary, inventory_due)
       VALUES (?, ?, 'k', 'active', 'https://as.example.org/register', '{}', '{}', ?)`,
      KEY,
      sealed,
      now,
    );
  return { sql, inventory, written, failing, failed, slept, mark, during, pass: (ms: number) => (now += ms) };
}

test('what is marked is written once, and what is not is not', async () => {
  const { inventory, written, mark } = setUp();
  await inventory.write(KEY);
  mark('one');
  await inventory.write(KEY);
  await inventory.write(KEY);
  expect(written.map(({ key, value }) => [key, readEntry(value)?.sealed])).toEqual([[`registration/1/${KEY}`, 'one']]);
});

test('writes to one key are a second apart, and what changes meanwhile goes along', async () => {
  const { inventory, written, slept, mark, during } = setUp();
  mark('one');
  during.work = () => {
    during.work = undefined as never;
    mark('two');
  };
  await Promise.all([inventory.write(KEY), inventory.write(KEY)]);
  expect(written.map(({ value }) => readEntry(value)?.sealed)).toEqual(['one', 'two']);
  expect(slept).toEqual([1_000]);
});

test('a clock that is set back keeps no write waiting', async () => {
  const { inventory, written, slept, mark, pass } = setUp();
  mark('one');
  await inventory.write(KEY);
  pass(-900_000);
  mark('two');
  await inventory.write(KEY);
  expect(written.map(({ value }) => readEntry(value)?.sealed)).toEqual(['one', 'two']);
  expect(slept).toEqual([1_000]);
});

test('what fails stays marked, is due later and later, and lands in the end', async () => {
  const { sql, inventory, written, failing, failed, mark, pass } = setUp();
  failing.times = 2;
  mark('one');
  await inventory.write(KEY);
  const first = earliestInventoryDue(sql) ?? 0;
  pass(20_000);
  await inventory.writeDue(10);
  const second = earliestInventoryDue(sql) ?? 0;
  expect(second - first).toBeGreaterThan(16_000);
  pass(60_000);
  await inventory.writeDue(10);
  expect(earliestInventoryDue(sql)).toBeUndefined();
  expect(written).toHaveLength(1);
  expect(failed).toHaveLength(2);
});

test('the entry of the repository is tried later and later too, and a change during a write is not lost', async () => {
  const { sql, inventory, written, failing, during, pass } = setUp();
  setMeta(sql, 'repository_name', 'acme/app');
  setMeta(sql, 'inventory_due', '1');
  failing.times = 3;
  const waits: number[] = [];
  for (let failed = 0; failed < 3; failed += 1) {
    await inventory.writeDue(10);
    const due = earliestInventoryDue(sql) ?? 0;
    waits.push(due - pass(0));
    pass(due - pass(0));
  }
  expect(waits).toEqual([8_000, 16_000, 32_000]);
  during.work = () => {
    during.work = undefined as never;
    setMeta(sql, 'repository_name', 'acme/renamed');
  };
  await inventory.writeDue(10);
  expect(written).toHaveLength(1);
  await inventory.writeDue(10);
  await inventory.writeDue(10);
  expect(written.map(({ metadata }) => metadata)).toMatchObject([{ name: 'acme/app' }, { name: 'acme/renamed' }]);
  expect(earliestInventoryDue(sql)).toBeUndefined();
});

test('tombstones are written with their times', async () => {
  const { sql, inventory, written } = setUp();
  rememberOwner(sql, 'pull_request:1', { kind: 'ended', at: 5, reason: 'closed' });
  sql.exec('UPDATE tombstones SET inventory_due = 1');
  await inventory.writeDue(10);
  await inventory.writeDue(10);
  expect(written.map(({ key, value }) => [key, JSON.parse(value)])).toEqual([
    ['tombstone/1/pull_request:1', { ended_at: 5, reopened_at: null, reason: 'closed' }],
  ]);
});

test('metadata fits into what KV takes', () => {
  const long = 'é'.repeat(600);
  const metadata = {
    status: 'active',
    key_id: 'k',
    at: 1,
    server: 'https://as.example.org',
    client_id: long,
    owner: 'branch:b',
  };
  const fitted = fitMetadata(metadata);
  expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThanOrEqual(1024);
  expect(fitted).toMatchObject({ status: 'active', key_id: 'k', at: 1 });
  expect(fitMetadata({ status: 'active', key_id: 'k', at: 1 })).toEqual({ status: 'active', key_id: 'k', at: 1 });
});

test('a registration whose name does not fit is refused before anything is made', () => {
  expect(fitsInventory(`${'e'.repeat(255)}/web`)).toBe(true);
  expect(fitsInventory(`${'é'.repeat(255)}/web`)).toBe(false);
});

test.each(['', 'nothing', '{}', '{"version":2,"sealed":"","endpoint":"","ledger":[]}'])('%j is no entry', (text) => {
  expect(readEntry(text)).toBeUndefined();
});
