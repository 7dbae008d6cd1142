import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ApplyBody } from '../../../shared/api/worker-api.ts';
import { unfinished } from '../../../shared/reconcile/record-queries.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import type { GitHub } from '../../support/github/server.ts';
import { APP_ID, PKCS1 } from '../github-app/support/app.ts';
import { ALL_RIGHTS, startGitHubWithApp } from '../support/github-with-app.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let github: GitHub;
let worker: TestWorker;

beforeAll(async () => {
  server = await startAuthorizationServer();
  github = await startGitHubWithApp({
    permissions: ALL_RIGHTS,
  });
  worker = await startWorker(server, { GH_APP_ID: APP_ID, GH_APP_PRIVATE_KEY: PKCS1 }, { GH_API_URL: github.url });
});

afterAll(async () => {
  await worker.close();
  await github.close();
  await server.close();
});

beforeEach(() => {
  server.reset();
  github.clearFaults();
  for (const number of [5, 6]) pull(number, 'open');
});

function pull(number: number, state: 'open' | 'closed'): void {
  github.pull({ number, state, head: { ref: `feature-${number}`, sha: '1'.repeat(40) } });
}

function published(prefix: string, more: Partial<ApplyBody['desired']> = {}, environment?: string): ApplyBody {
  return wish(server, {
    publish: [
      {
        kind: 'github',
        ...(environment !== undefined && { environment }),
        createEnvironment: environment !== undefined,
        items: [
          { kind: 'variable', name: `${prefix}_ID`, field: 'client_id' },
          { kind: 'secret', name: `${prefix}_SECRET`, field: 'client_secret' },
        ],
      },
    ],
    ...more,
  });
}

test('the App publishes, and the job has nothing left to do', async () => {
  const { status, body } = await worker.apply('production/web', published('A'));
  expect([status, body.publish]).toEqual([200, []]);
  expect(github.variables()).toMatchObject({ A_ID: body.credentials.client_id });
  expect(github.secrets()).toMatchObject({ A_SECRET: body.credentials.client_secret });
  const calls = github.calls.length;
  expect((await worker.apply('production/web', published('A'), { run_id: '101' })).body.changed).toBe(false);
  expect(github.calls.length).toBe(calls);
});

test('a scheduled rotation replaces the client, tells the workflows, and waits for the deploy to name the one in use', async () => {
  const rotation = {
    everySeconds: 86_400,
    overlapSeconds: 3_600,
    strategy: 'replace',
    clientIdMayChange: true,
    retire: 'confirmed',
  } as const;
  const { body: made } = await worker.apply('production/rotated', published('B', { rotation, announce: 'dispatch' }));
  await worker.edit('production/rotated', (record) => ({ ...record, rotatedAt: Date.now() - 2 * 86_400_000 }));
  await worker.cron();
  await until(async () => github.variables().B_ID !== made.credentials.client_id);
  await until(async () => (await worker.send('GET', 'production/rotated')).body.registration.retiring.length === 1);
  const fresh = github.variables().B_ID ?? '';
  expect(github.dispatches).toEqual([
    expect.objectContaining({
      type: 'oauth-client-rotated',
      payload: { environment: 'production', name: 'rotated', client_id: fresh },
    }),
  ]);
  expect(server.clients().map(({ clientId }) => clientId)).toEqual([made.credentials.client_id, fresh]);
  await worker.send('POST', 'production/rotated/retire', { body: { client_id: fresh } });
  expect(server.clients().map(({ clientId }) => clientId)).toEqual([fresh]);
});

test('a teardown takes back what was published, and the environment that was made for it', async () => {
  const owner = { kind: 'pull_request', number: 5 } as const;
  const { status } = await worker.apply('pr-5/web', { ...published('C', {}, 'pr-5'), owner }, pullRequestRun(5));
  expect(status).toBe(200);
  expect(Object.keys(github.secrets('pr-5'))).toEqual(['C_SECRET']);
  await (await worker.object()).takeDelivery({
    id: 'github:closed',
    receivedAt: Date.now(),
    event: { kind: 'owner_ended', repositoryId: REPOSITORY.id, at: Date.now(), owner },
  });
  await until(
    async () => (await worker.sql("SELECT status FROM registrations WHERE key = 'pr-5/web'"))[0]?.status === 'ended',
  );
  expect(github.environments().map(({ name }) => name)).not.toContain('pr-5');
  expect(server.clients()).toEqual([]);
});

test('while GitHub is down a teardown waits, and others go on', async () => {
  const owner = { kind: 'pull_request', number: 6 } as const;
  await worker.apply('pr-6/web', { ...published('D'), owner }, pullRequestRun(6));
  github.fault({ method: 'DELETE', times: 50, answer: { kind: 'status', status: 500 } });
  const { body } = await worker.send('DELETE', 'pr-6/web', { claims: pullRequestRun(6) });
  expect(body.error).toBe('publish_failed');
  const [row] = await worker.sql("SELECT status, due, failures FROM registrations WHERE key = 'pr-6/web'");
  expect(row).toMatchObject({ status: 'ending', failures: 1 });
  expect(Number(row?.due)).toBeGreaterThan(Date.now());
  expect((await worker.apply('production/other', wish(server))).status).toBe(200);
  github.clearFaults();
  await worker.sql("UPDATE registrations SET due = ? WHERE key = 'pr-6/web'", Date.now());
  await worker.cron();
  await until(
    async () => (await worker.sql("SELECT status FROM registrations WHERE key = 'pr-6/web'"))[0]?.status === 'ended',
  );
  expect(github.secrets()).not.toHaveProperty('D_SECRET');
});

test('GitHub is asked whether an owner is open: a lost webhook neither revives nor blocks it', async () => {
  const owner = { kind: 'pull_request', number: 8 } as const;
  const deploy = (run: string) =>
    worker.apply('pr-8/web', { ...wish(server), owner }, pullRequestRun(8, { run_id: run }));
  pull(8, 'closed');
  const closed = await deploy('100');
  expect([closed.status, closed.body.error]).toEqual([409, 'owner_ended']);
  expect(server.clients()).toEqual([]);
  pull(8, 'open');
  expect((await deploy('101')).status).toBe(200);
});

test('a name that is somebody else’s is not taken, and no client is made', async () => {
  await worker.apply('production/mine', published('E'));
  const { status, body } = await worker.apply('production/theirs', published('E'));
  expect([status, body.error]).toEqual([409, 'publish_conflict']);
  expect(server.clients()).toHaveLength(1);
});

test('names that a registration left before the App was there are looked at like any other', async () => {
  const key = 'production/before-app';
  await worker.apply('production/first', wish(server));
  github.seedSecret('K_SECRET', 'made by a person meanwhile');
  await worker.sql(
    'INSERT INTO left_names (place, registration, left_at) VALUES (?, ?, ?)',
    '[null,"secret","K_SECRET"]',
    key,
    Date.now() + 3_600_000,
  );
  const { status, body } = await worker.apply(key, published('K'));
  expect([status, body.error]).toEqual([409, 'secret_exists']);
  expect(github.secrets()).toMatchObject({ K_SECRET: 'made by a person meanwhile' });
  expect(server.clients()).toHaveLength(1);
});

test('names taken back from what was left, and not looked at before the App came, are neither written over nor deleted', async () => {
  const key = 'production/taken-back';
  await worker.apply(key, published('L'));
  github.seedSecret('L_SECRET', 'made by a person meanwhile');
  await worker.edit(key, (record) => ({
    ...record,
    published: record.published.map(({ target, item, at }) => ({
      target,
      item,
      state: 'claimed',
      of: unfinished('#0'),
      at,
      leftAt: Date.now() + 3_600_000,
    })),
  }));
  const { status, body } = await worker.apply(key, published('L'), { run_id: '101' });
  expect([status, body.error]).toEqual([409, 'secret_exists']);
  expect((await worker.send('DELETE', key, { claims: { run_id: '102' } })).body.registration.status).toBe('ended');
  expect(github.secrets()).toMatchObject({ L_SECRET: 'made by a person meanwhile' });
});
