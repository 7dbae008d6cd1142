import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadJobRecords } from '../../action/load-job-records.ts';
import { secretsOf } from '../../action/secrets-of.ts';
import { openStore } from '../../action/standalone/git-store.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import type { GitHubRequest } from '../../shared/publish/github-request.ts';
import { nextStep } from '../../shared/reconcile/next-step.ts';
import { endRegistration } from '../../shared/reconcile/transitions.ts';
import { decodeState, encodeState } from '../../shared/record/codec.ts';
import { open, parseStateKeys, seal } from '../../shared/record/seal.ts';
import { readEntry } from '../../worker/inventory/inventory-entry.ts';
import {
  listRegistrations,
  type ReadableKv,
  readRegistrations,
  readTombstones,
} from '../../worker/inventory/read-inventory.ts';
import { createVault } from '../../worker/repository/vault.ts';
import { stillClock } from '../http/still-clock.ts';
import { fullRecord, plainRecord } from '../record/sample-record.ts';
import { contained, expectPrintable, expectUnpolluted } from './support/contained.ts';
import { nastyBody, nastyText, spoilt, spoiltText } from './support/json.ts';
import { runs } from './support/runs.ts';

const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
const keys = await parseStateKeys(Buffer.alloc(32, 7).toString('base64'));
const STATE = {
  version: 1 as const,
  registrations: { 'pr-1/web': fullRecord('pr-1/web'), 'pr-1/job': plainRecord('pr-1/job') },
  tombstones: { 'pull_request:1': { owner: { kind: 'pull_request' as const, number: 1 }, since: 5, run: '7/1' } },
  savedBy: '7/1',
  savedWith: '1.2.3',
};
/** Secrets of the sample: none of them may be in an error. */
const SECRETS = ['canary-client-secret', 'canary-registration-access-token'];
const UNUSABLE = ['state_damaged', 'state_newer'];

test('state under the seal, spoilt anywhere: what is taken can be kept again, all else is refused', async () => {
  await fc.assert(
    fc.asyncProperty(nastyBody(STATE), async (text) => {
      const outcome = await contained(() => decodeState(text), SECRETS);
      if (isRegistrarError(outcome)) {
        expect(UNUSABLE).toContain(outcome.code);
        return;
      }
      expect(Object.getPrototypeOf(outcome.registrations)).toBe(Object.prototype);
      const again = await contained(() => decodeState(encodeState(outcome)), SECRETS);
      expect(again).toEqual(outcome);
    }),
    runs(),
  );
});

test('sealed text, spoilt anywhere, opens nowhere', async () => {
  const aad = ['state', '4242', 'pr-1'];
  const sealed = await seal({ keys, aad, random, text: encodeState(STATE) });
  await fc.assert(
    fc.asyncProperty(fc.oneof(spoiltText(sealed), nastyText), async (text) => {
      if (text.trim() === sealed) return;
      const outcome = await contained(() => open({ keys, aad, sealed: text }), SECRETS);
      expect(isRegistrarError(outcome) && outcome.code).toMatch(/^state_(?:damaged|newer|key_wrong)$/);
    }),
    runs(),
  );
});

test("a record of the Worker's, spoilt under its own seal", async () => {
  const key = 'pr-1/web';
  const vault = createVault({ repositoryId: '4242', keys, random });
  await fc.assert(
    fc.asyncProperty(spoilt({ ...STATE, registrations: { [key]: fullRecord(key) } }), async (state) => {
      const sealed = await seal({ keys, aad: ['4242', key, 'record'], random, text: JSON.stringify(state) });
      const outcome = await contained(() => vault.open(key, sealed), SECRETS);
      if (isRegistrarError(outcome)) expect(UNUSABLE).toContain(outcome.code);
      else expect(outcome.key).toBe(key);
    }),
    runs(),
  );
});

/** Workers KV with whatever somebody has put there. */
function kvOf(
  entries: readonly { readonly name: string; readonly value: string; readonly metadata: unknown }[],
): ReadableKv {
  return {
    list: async ({ prefix }) => ({
      keys: entries.filter(({ name }) => name.startsWith(prefix)).map(({ name, metadata }) => ({ name, metadata })),
      list_complete: true,
    }),
    get: async (names) =>
      new Map(names.map((name) => [name, entries.find((entry) => entry.name === name)?.value ?? null])),
  };
}

const ENTRY = {
  version: 1,
  sealed: 'v1.abcdefgh.0123456789abcdef.0123456789abcdefghijkl',
  endpoint: 'https://as.example/register',
  ledger: [{ clientId: 'a', server: 'https://as.example', madeAt: 1, madeByRun: '1.1', endedAt: 2, ended: 'deleted' }],
};
const METADATA = { status: 'active', key_id: 'abcdefgh', owner: 'pull_request:1', expires_at: 5, orphans: 1, at: 9 };
const TOMBSTONE = { ended_at: 1, reopened_at: null, reason: 'closed' };

test('values of the inventory: what is none is named or passed over, and the rest is read', async () => {
  const prefix = 'registration/4242/';
  const value = fc.record({
    key: nastyText,
    value: nastyBody(ENTRY),
    metadata: spoilt(METADATA),
    tombstone: nastyBody(TOMBSTONE),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 3 }), async (values) => {
      const kv = kvOf([
        { name: `${prefix}good/web`, value: JSON.stringify(ENTRY), metadata: METADATA },
        { name: 'tombstone/4242/branch:good', value: JSON.stringify(TOMBSTONE), metadata: null },
        ...values.flatMap(({ key, tombstone, ...rest }, index) => [
          { ...rest, name: `${prefix}${index}${key}` },
          { name: `tombstone/4242/${index}${key}`, value: tombstone, metadata: null },
        ]),
      ]);
      const { registrations, unreadable } = await readRegistrations(kv, '4242');
      expect(registrations.length + unreadable.length).toBe(values.length + 1);
      expect(registrations.map(({ key }) => key)).toContain('good/web');
      expect((await readTombstones(kv, '4242')).map(({ owner }) => owner)).toContain('branch:good');
      const { items } = await listRegistrations(kv, { limit: 10 });
      expect(items.map(({ key }) => key)).toContain('good/web');
      for (const { value: text } of values) expect(() => readEntry(text)).not.toThrow();
      expectUnpolluted();
    }),
    runs(),
  );
});

test('what main left for the post step: each place is read or named, and the rest is read', async () => {
  const good = { STATE_registration_1: JSON.stringify(fullRecord('pr-1/web')) };
  const slot = fc.tuple(
    fc.oneof(fc.constantFrom('0', '2', '7', '00', '-1', '1e9', ''), nastyText),
    nastyBody(fullRecord('pr-1/job')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(slot, { maxLength: 4 }), async (slots) => {
      const spoiltSlots = Object.fromEntries(slots.map(([index, text]) => [`STATE_registration_${index}`, text]));
      const { records, unreadable } = loadJobRecords({ ...spoiltSlots, ...good });
      expect(records.map(({ key }) => key)).toContain('pr-1/web');
      const places = Object.keys({ ...spoiltSlots, ...good }).filter((name) => /_(?:0|[1-9]\d{0,8})$/u.test(name));
      expect(records.length + unreadable.length).toBeGreaterThanOrEqual(places.length);
      for (const index of [0, 2, 7]) {
        const text = spoiltSlots[`STATE_registration_${index}`];
        if (text !== undefined && !text.startsWith('{')) expect(unreadable).toContain(`registration_${index}`);
      }
      for (const record of records) {
        expect(secretsOf(record).every((secret) => typeof secret === 'string')).toBe(true);
        expect(nextStep(endRegistration(record, 1_000, 'the job has ended').record, 1_000).kind).toBeTypeOf('string');
      }
      for (const line of unreadable) expectPrintable(line);
      expectUnpolluted();
    }),
    runs(2),
  );
});

test("GitHub's answers about state: read or refused, and never taken for a fresh start", async () => {
  const sealed = await seal({ keys, aad: ['state', '4242', 'pr-1'], random, text: encodeState(STATE) });
  const sha = 'a'.repeat(40);
  const good = { ref: 'refs/oauth-registrar/pr-1', object: { sha, type: 'commit' } };
  const bytes = fc.oneof(
    spoiltText(sealed).map((text) => new TextEncoder().encode(text).buffer),
    spoilt({ content: sealed }),
    fc.constant(new TextEncoder().encode(sealed).buffer),
  );
  await fc.assert(
    fc.asyncProperty(spoilt(good), bytes, async (ref, contents) => {
      const asked: string[] = [];
      const request = (async (route: string) => {
        asked.push(route);
        if (route.includes('/git/ref/')) return { status: 200, headers: {}, data: ref };
        if (route.includes('/contents/')) return { status: 200, headers: {}, data: contents };
        throw Object.assign(new Error('not found'), { status: 404 });
      }) as unknown as GitHubRequest;
      const silent = () => undefined;
      const { clock } = stillClock();
      const log = { info: silent, warning: silent, debug: silent };
      const place = { owner: 'acme', repo: 'app', repositoryId: 4242, environment: 'pr-1' };
      const store = openStore({ ...place, request, keys, clock, random, log });
      const outcome = await contained(() => store.load(), SECRETS);
      if (isRegistrarError(outcome)) expect([...UNUSABLE, 'state_key_wrong', 'github_failed']).toContain(outcome.code);
      else expect(Object.keys(outcome.registrations)).toEqual(Object.keys(STATE.registrations));
      expect(asked.filter((route) => !route.startsWith('GET '))).toEqual([]);
    }),
    { ...runs(), examples: [[{ ...good, object: { sha: '\u0000', type: 'commit' } }, { content: '' }]] },
  );
});
