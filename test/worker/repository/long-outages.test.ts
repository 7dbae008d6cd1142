import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApplyBody } from '../../../shared/api/worker-api.ts';
import type { Overview } from '../../../worker/repository/calls.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import type { GitHub } from '../../support/github/server.ts';
import { APP_ID, PKCS1 } from '../github-app/support/app.ts';
import { startGitHubWithApp } from '../support/github-with-app.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { startUnreliableWorker, type UnreliableWorker } from '../support/unreliable.ts';
import { wish } from '../support/worker.ts';

/** The server that is in trouble, and one that is not. */
let server: AuthorizationServer;
let other: AuthorizationServer;
let github: GitHub;
let worker: UnreliableWorker;
let clock = Date.now;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ROTATION = {
  everySeconds: 86_400,
  overlapSeconds: 3_600,
  strategy: 'replace',
  clientIdMayChange: true,
  retire: 'confirmed',
} as const;

beforeAll(async () => {
  server = await startAuthorizationServer();
  other = await startAuthorizationServer();
  github = await startGitHubWithApp({
    now: () => clock(),
    permissions: { secrets: 'write', actions_variables: 'write', pull_requests: 'read', metadata: 'read' },
  });
  const entry = (name: string, { issuer }: AuthorizationServer) => ({
    name,
    server: issuer,
    redirect_hosts: ['app.example.org'],
    scopes: 'any',
    grants: ['authorization_code'],
  });
  worker = await startUnreliableWorker(
    server,
    {
      GH_APP_ID: APP_ID,
      GH_APP_PRIVATE_KEY: PKCS1,
      SERVERS: JSON.stringify([entry('troubled', server), entry('other', other)]),
    },
    { GH_API_URL: github.url },
  );
  clock = worker.now;
  // What waits, for a server or before it tries again, does so in a tenth of the time.
  await worker.hurry(10);
});

afterAll(async () => {
  await worker.close();
  await github.close();
  await server.close();
  await other.close();
});

let runs = 200;

function nextRun() {
  runs += 1;
  return { run_id: String(runs) };
}

beforeEach(() => {
  server.reset();
  other.reset();
  github.clearFaults();
  for (const number of [1, 2]) github.pull({ number, state: 'open', head: { ref: 'feature', sha: '1'.repeat(40) } });
});

function published(prefix: string, more: Partial<ApplyBody['desired']> = {}): ApplyBody {
  const items = [
    { kind: 'variable', name: `${prefix}_ID`, field: 'client_id' },
    { kind: 'secret', name: `${prefix}_SECRET`, field: 'client_secret' },
  ] as const;
  return wish(server, { publish: [{ kind: 'github', createEnvironment: false, items }], ...more });
}

const apply = (key: string, body: ApplyBody) => worker.apply(key, body, nextRun());
const row = async (key: string) => (await worker.sql('SELECT * FROM registrations WHERE key = ?', key))[0];
const listed = async (key: string) => {
  const { body } = await worker.operator<Overview>('GET', `registrations?repository=${REPOSITORY.id}`);
  return body.registrations.find((each) => each.key === key);
};
const view = async (key: string) => (await worker.send('GET', key, { claims: nextRun() })).body.registration;

async function end(key: string): Promise<void> {
  const run = nextRun();
  while ((await worker.send('DELETE', key, { claims: run })).status === 202);
}

/** Lets time pass until the registration is due and what is then done has ended. */
async function passToDue(key: string): Promise<void> {
  await worker.idle();
  await worker.pass(Math.max(0, Number((await row(key))?.due) - worker.now()) + 1);
}

describe('the authorization server answers 500 for a day', () => {
  test('a rotation that was due asks once, keeps the old client, and goes on when the operator has looked', async () => {
    const key = 'production/rotated';
    const { body: made } = await apply(key, published('A', { rotation: ROTATION }));
    const old = made.credentials.client_id;
    const back = server.interfere({ do: { kind: 'answer', status: 500 } });
    await worker.pass(DAY_MS + HOUR_MS);
    expect((await view(key)).suspects).toHaveLength(1);
    for (let times = 0; times < 2; times += 1) await passToDue(key);
    expect(server.count({ method: 'POST', path: '/reg' })).toBe(2);
    expect(await listed(key)).toMatchObject({ status: 'active', problem: expect.any(String), due: expect.any(String) });
    expect(github.variables().A_ID).toBe(old);
    expect(server.clients().map(({ clientId }) => clientId)).toEqual([old]);
    const meanwhile = await apply('production/elsewhere', wish(other));
    expect(meanwhile.status).toBe(200);
    back();
    const { status } = await worker.operator('POST', 'resolve', {
      repository: REPOSITORY.id,
      environment: 'production',
      name: 'rotated',
      resolution: 'forget',
    });
    expect(status).toBe(200);
    await passToDue(key);
    expect(github.variables().A_ID).not.toBe(old);
    expect(await view(key)).toMatchObject({ client_id: github.variables().A_ID, retiring: [old], suspects: [] });
    expect(server.clients().map(({ clientId }) => clientId)).toEqual([old, github.variables().A_ID]);
  });

  test('a teardown is tried later and later, and others go on', async () => {
    const key = 'production/ended';
    await apply(key, wish(server));
    await apply('production/goes-on', wish(other));
    const back = server.interfere({ do: { kind: 'answer', status: 500 } });
    await end(key);
    await worker.idle();
    const began = worker.now();
    const waits: number[] = [];
    while (worker.now() - began < DAY_MS) {
      const due = Number((await row(key))?.due);
      waits.push(due - worker.now());
      const shown = Date.parse(String((await listed(key))?.due));
      // The clock goes on: it may have come due and have been put off meanwhile.
      expect([due, Number((await row(key))?.due)]).toContain(shown);
      await worker.pass(Math.max(waits.at(-1) ?? 0, HOUR_MS) + 1);
      if (waits.length === 1) expect((await apply('production/goes-on', wish(other))).status).toBe(200);
    }
    expect(Math.max(...waits)).toBeGreaterThan(10 * Math.min(...waits));
    expect(server.count({ method: 'DELETE' })).toBeLessThan(60);
    back();
    await passToDue(key);
    expect((await row(key))?.status).toBe('ended');
    expect(server.clients()).toEqual([]);
  });
});

test('a server that is gone: an orphan after 30 days, which is tried every month', async () => {
  const key = 'production/orphaned';
  const { body: made } = await apply(key, wish(server));
  const orphan = { client_id: made.credentials.client_id, server: server.issuer };
  const back = server.interfere({ do: { kind: 'lose_request' } });
  await end(key);
  for (let weeks = 0; weeks < 4; weeks += 1) {
    await worker.pass(7 * DAY_MS);
    expect((await view(key)).status).toBe('ending');
  }
  await worker.pass(3 * DAY_MS);
  expect((await view(key)).status).toBe('ended');
  expect((await view(key)).orphans).toEqual([{ ...orphan, reason: expect.stringContaining('30 days') }]);
  const asked = () => server.count({ method: 'DELETE' });
  const before = asked();
  await worker.pass(29 * DAY_MS);
  expect(asked()).toBe(before);
  await worker.pass(2 * DAY_MS);
  expect(asked()).toBeGreaterThan(before);
  expect((await view(key)).orphans).toMatchObject([orphan]);
  back();
  await worker.pass(31 * DAY_MS);
  expect(server.clients()).toEqual([]);
  expect((await view(key)).orphans).toEqual([]);
  expect(await worker.sql('SELECT ended FROM ledger WHERE registration = ?', key)).toEqual([{ ended: 'deleted' }]);
});

test('GitHub is down for a day while the App is to publish: one new client, published when GitHub is back; others go on', async () => {
  const key = 'production/unpublished';
  const body = published('B', { rotation: ROTATION });
  const { body: made } = await apply(key, body);
  const old = made.credentials.client_id;
  github.fault({ times: 100_000, answer: { kind: 'status', status: 502 } });
  await worker.pass(DAY_MS + HOUR_MS);
  const failures = [];
  for (let times = 0; times < 6; times += 1) {
    failures.push((await row(key))?.failures);
    await worker.pass(4 * HOUR_MS);
  }
  expect(failures.toSorted((one, other) => Number(one) - Number(other))).toEqual(failures);
  expect(Number(failures.at(-1))).toBeGreaterThan(5);
  expect((await apply('production/unbothered', wish(other))).status).toBe(200);
  expect(await listed(key)).toMatchObject({ problem: expect.any(String), due: expect.any(String) });
  expect(await view(key)).toMatchObject({ status: 'active', client_id: old });
  expect(github.variables().B_ID).toBe(old);
  github.clearFaults();
  await passToDue(key);
  const [first, second, ...more] = server.clients();
  expect([first?.clientId, more]).toEqual([old, []]);
  expect(github.variables().B_ID).toBe(second?.clientId);
  expect(github.secrets().B_SECRET).toBe(second?.metadata.client_secret);
  expect(await view(key)).toMatchObject({ client_id: second?.clientId, retiring: [old] });
});

describe('the authorization server takes its time', () => {
  test('50 s are waited for, with one request that is joined', async () => {
    server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'delay_answer', milliseconds: 5_000 } });
    const run = nextRun();
    const first = await worker.send('PUT', 'production/slow', { body: wish(server), claims: run });
    expect(first.status).toBe(202);
    expect((await apply('production/quick', wish(other))).status).toBe(200);
    const { status } = await worker.apply('production/slow', wish(server), run);
    expect(status).toBe(200);
    expect(server.count({ method: 'POST', path: '/reg' })).toBe(1);
  });

  test('one that hangs is given up after a minute: a preview is registered once more, production waits for a person', async () => {
    const hang = { kind: 'delay', milliseconds: 60_000 } as const;
    server.interfere({ method: 'POST', path: '/reg', times: 1, do: hang });
    const { status, body } = await apply('production/hanging', wish(server));
    expect([status, body.error]).toEqual([422, 'registration_unknown']);
    expect((await apply('production/hanging', wish(server))).body.error).toBe('suspect_found');
    server.reset();
    server.interfere({ method: 'POST', path: '/reg', times: 1, do: hang });
    const owner = { kind: 'pull_request', number: 1 } as const;
    const preview = () => worker.apply('pr-1/web', { ...wish(server), owner }, pullRequestRun(1));
    expect((await preview()).body.error).toBe('registration_unknown');
    expect((await preview()).status).toBe(200);
    expect((await apply('production/quick', wish(other))).status).toBe(200);
  });
});
