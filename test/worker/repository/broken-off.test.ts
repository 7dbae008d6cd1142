import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun } from '../support/issuer.ts';
import { startUnreliableWorker, type UnreliableWorker } from '../support/unreliable.ts';
import { wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: UnreliableWorker;
/** Calls until the object is evicted: the server acts on that one, and nobody is there for the answer. */
let callsLeft = Number.POSITIVE_INFINITY;
let number = 0;
let runs = 100;

/** Longer than any call, and any lease, lasts. */
const LONG_MS = 300_000;
/** More than any of the journeys has. */
const MOST_CALLS = 20;

beforeAll(async () => {
  server = await startAuthorizationServer();
  server.before(async () => {
    callsLeft -= 1;
    if (callsLeft === 0) await worker.breakOff();
  });
  worker = await startUnreliableWorker(server);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

const key = () => `pr-${number}/web`;
const claims = () => {
  runs += 1;
  return pullRequestRun(number, { run_id: String(runs) });
};
const deploy = () => worker.apply(key(), { ...wish(server), owner: { kind: 'pull_request', number } }, claims());

/** Does it for one preview after another, each time broken off one call later, until it ends before that. */
async function breakOffEverywhere(journey: {
  readonly before?: () => Promise<unknown>;
  readonly work: () => Promise<{ readonly status: number; readonly body: { readonly error?: string } }>;
  readonly afterwards: (at: string) => Promise<void>;
}): Promise<number> {
  for (let call = 1; call <= MOST_CALLS; call += 1) {
    number += 1;
    await journey.before?.();
    callsLeft = call;
    const { status, body } = await journey.work();
    const broken = callsLeft <= 0;
    callsLeft = Number.POSITIVE_INFINITY;
    const at = `broken off at call ${call}`;
    expect([status, body.error], at).toEqual(broken ? [503, 'worker_restarted'] : [200, undefined]);
    await worker.pass(LONG_MS);
    await journey.afterwards(at);
    await accountedFor(at);
    if (!broken) return call - 1;
  }
  throw new Error('there is no end to it');
}

/** Every client at the server is in the ledger and has not ended, or is one that is said to be possible. */
async function accountedFor(at: string): Promise<void> {
  const rows = await worker.sql('SELECT client_id FROM ledger WHERE ended IS NULL');
  const known = new Set(rows.map(({ client_id: id }) => id));
  const unknown = server.clients().filter(({ clientId }) => !known.has(clientId));
  const summaries = await worker.sql('SELECT summary FROM registrations');
  const suspects = summaries.map(({ summary }) => (JSON.parse(String(summary)) as { suspects?: number }).suspects ?? 0);
  expect(unknown.length, at).toBeLessThanOrEqual(suspects.reduce((sum, each) => sum + each, 0));
  for (const id of known) expect(server.client(String(id)), at).toBeDefined();
}

async function inUse(at: string): Promise<string> {
  const { status, body } = await deploy();
  expect([status, body.error], at).toEqual([200, undefined]);
  const client = server.client(body.credentials.client_id);
  expect(client?.metadata.client_secret, at).toBe(body.credentials.client_secret);
  return body.credentials.client_id;
}

test('an apply that is broken off at any of its calls is made good by the next', async () => {
  const calls = await breakOffEverywhere({ work: deploy, afterwards: async (at) => void (await inUse(at)) });
  expect(calls).toBeGreaterThanOrEqual(3);
});

test('a rotation that is broken off at any of its calls ends with one client that works, and without the old one', async () => {
  let old = '';
  const rotate = (claimed: ReturnType<typeof claims>) =>
    worker.send('POST', `${key()}/rotate`, { body: { now: true }, claims: claimed });
  const calls = await breakOffEverywhere({
    before: async () => {
      old = await inUse('at first');
    },
    work: () => rotate(claims()),
    afterwards: async (at) => {
      const client = await inUse(at);
      if (client === old) expect((await rotate(claims())).status, at).toBe(200);
      await worker.pass(LONG_MS);
      expect(server.client(old), at).toBeUndefined();
      await inUse(at);
    },
  });
  expect(calls).toBeGreaterThanOrEqual(4);
});

test('a teardown that is broken off at any of its calls is ended by the alarm', async () => {
  let made = '';
  const calls = await breakOffEverywhere({
    before: async () => {
      made = await inUse('at first');
    },
    work: () => worker.send('DELETE', key(), { claims: claims() }),
    afterwards: async (at) => {
      const { body } = await worker.send('GET', key(), { claims: claims() });
      expect(body.registration, at).toMatchObject({ status: 'ended', orphans: [], suspects: [] });
      expect(server.client(made), at).toBeUndefined();
    },
  });
  expect(calls).toBeGreaterThanOrEqual(2);
});
