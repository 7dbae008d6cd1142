import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deploySecret } from '../../../worker/webhooks/verify-deploy.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { SEED } from '../../support/seed.ts';
import { sendWebhook, signBody } from '../support/github-webhook.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;

const DEPLOY_SECRET = 'canary-deploy-webhook-secret-0001';
const REPOSITORY_PAYLOAD = {
  id: Number(REPOSITORY.id),
  name: 'app',
  owner: { login: 'acme', id: Number(REPOSITORY.ownerId) },
};

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server, { DEPLOY_WEBHOOK_SECRET: DEPLOY_SECRET });
  await worker.apply('production/web', wish(server));
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

beforeEach(() => server.reset());

type Delivery = { readonly event: string; readonly payload: object; readonly id?: string };

/** As GitHub sends it: signed, through the route. Answers what became of it. */
async function deliver({ event, payload, id = randomUUID() }: Delivery): Promise<string> {
  const answer = await sendWebhook(worker, signBody(event, payload), id);
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { status: string }).status;
}

/** GitHub's times are in whole seconds. */
const iso = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/u, 'Z');

function pullRequest(action: 'closed' | 'reopened', number: number, at = Date.now()): Delivery {
  const times = { updated_at: iso(at), closed_at: action === 'closed' ? iso(at) : null };
  return {
    event: 'pull_request',
    payload: { action, number, pull_request: { number, ...times }, repository: REPOSITORY_PAYLOAD },
  };
}

let runs = 1000;

function nextRun() {
  runs += 1;
  return { run_id: String(runs) };
}

function deploy(number: number) {
  const body = { ...wish(server), owner: { kind: 'pull_request', number } as const };
  return worker.apply(`pr-${number}/web`, body, pullRequestRun(number, nextRun()));
}

const statusOf = async (key: string) =>
  (await worker.sql('SELECT status FROM registrations WHERE key = ?', key))[0]?.status;
const ended = (number: number) => until(async () => (await statusOf(`pr-${number}/web`)) === 'ended');

describe('a signed webhook and a deploy, in whatever order', () => {
  test('the teardown before the deploy: nothing is made', async () => {
    expect(await deliver(pullRequest('closed', 1))).toBe('taken');
    const { status, body } = await deploy(1);
    expect([status, body.error]).toEqual([409, 'owner_ended']);
    expect(server.requests).toEqual([]);
  });

  test.each([
    ['the metadata are read', { method: 'GET', path: /well-known/u }],
    ['the client is registered', { method: 'POST', path: '/reg' }],
    ['its credentials are tried', { method: 'POST', path: '/token' }],
  ])('the teardown while %s: what was made is deleted', async (what, which) => {
    const number = 10 + what.length;
    server.interfere({ ...which, times: 1, do: { kind: 'delay_answer', milliseconds: 700 } });
    const arrived = server.arrival(which);
    const deploying = deploy(number);
    await arrived;
    await deliver(pullRequest('closed', number));
    const { status, body } = await deploying;
    expect([status, body.error]).toEqual([409, 'owner_ended']);
    await until(async () => [undefined, 'ended'].includes((await statusOf(`pr-${number}/web`)) as 'ended'));
    expect(server.clients()).toEqual([]);
  });

  test('the teardown after the deploy, delivered five times: one deletion, and a later deploy brings nothing back', async () => {
    await deploy(2);
    const closed = { ...pullRequest('closed', 2), id: randomUUID() };
    const outcomes = [];
    for (let times = 0; times < 5; times += 1) outcomes.push(await deliver(closed));
    expect(outcomes).toEqual(['taken', 'repeated', 'repeated', 'repeated', 'repeated']);
    await ended(2);
    expect(server.count({ method: 'DELETE' })).toBe(1);
    expect((await deploy(2)).body.error).toBe('owner_ended');
    expect(server.clients()).toEqual([]);
  });

  test('closed, reopened, deployed works; the delivery of the end that comes again does nothing', async () => {
    const start = Date.now() - 60_000;
    await deploy(3);
    const closed = pullRequest('closed', 3, start);
    await deliver(closed);
    await ended(3);
    await deliver(pullRequest('reopened', 3, start + 2_000));
    expect((await deploy(3)).status).toBe(200);
    expect(await deliver(closed)).toBe('ignored');
    expect((await deploy(3)).body.changed).toBe(false);
    expect(server.clients()).toHaveLength(1);
  });

  test('200 deliveries in random order with repeats, and deploys among them: the latest event of each counts', async () => {
    const start = Date.now() - 3_600_000;
    const numbers = [21, 22, 23, 24, 25];
    const each = numbers.flatMap((number) =>
      Array.from({ length: 20 }, (_, index) => {
        // Of the odd ones the last event is an end.
        const action = (index + number) % 2 === 0 ? 'closed' : 'reopened';
        return { ...pullRequest(action, number, start + index * 2_000), id: randomUUID() };
      }),
    );
    const all = [...each, ...each];
    const order = fc.shuffledSubarray(all, { minLength: all.length });
    const [shuffled = []] = fc.sample(order, { numRuns: 1, seed: SEED });
    for (const [index, delivery] of shuffled.entries()) {
      await deliver(delivery);
      if (index % 40 === 20) await Promise.all(numbers.map(deploy));
    }
    const answers = await Promise.all(numbers.map(deploy));
    const alive = (number: number) => number % 2 === 0;
    expect(answers.map(({ status }) => status)).toEqual(numbers.map((number) => (alive(number) ? 200 : 409)));
    const isOver = async (number: number) =>
      [undefined, 'ended'].includes((await statusOf(`pr-${number}/web`)) as 'ended' | undefined);
    // A deletion is over when it was seen to be one, which is after the client is gone.
    await until(async () => {
      const over = await Promise.all(numbers.filter((number) => !alive(number)).map(isOver));
      return over.every(Boolean) && server.clients().length === numbers.filter(alive).length;
    });
    expect(await Promise.all(numbers.map(isOver))).toEqual(numbers.map((number) => !alive(number)));
    const live = await worker.sql(
      "SELECT count(*) AS live FROM ledger WHERE ended IS NULL AND registration LIKE 'pr-2_/%'",
    );
    expect(live).toEqual([{ live: numbers.filter(alive).length }]);
  });
});

describe('what ends nothing', () => {
  const event = (name: string, payload: object): Delivery => ({ event: name, payload });
  const now = iso(Date.now());

  test('a branch that owns nothing is deleted, a pull request that owns nothing is closed', async () => {
    const gone = {
      ref: 'nothing',
      ref_type: 'branch',
      repository: { ...REPOSITORY_PAYLOAD, pushed_at: 1_790_000_000 },
    };
    await deliver(event('delete', gone));
    await deliver(event('delete', { ...gone, ref: 'main' }));
    await deliver(pullRequest('closed', 999));
    expect(await statusOf('production/web')).toBe('active');
    expect(server.requests).toEqual([]);
  });

  test.each<[string, Delivery]>([
    [
      'is archived',
      event('repository', { action: 'archived', repository: { ...REPOSITORY_PAYLOAD, updated_at: now } }),
    ],
    [
      'is transferred',
      event('repository', { action: 'transferred', repository: { ...REPOSITORY_PAYLOAD, updated_at: now } }),
    ],
    ['is deleted', event('repository', { action: 'deleted', repository: { ...REPOSITORY_PAYLOAD, updated_at: now } })],
    [
      'loses the App',
      event('installation', {
        action: 'deleted',
        installation: { id: 1 },
        repositories: [{ id: REPOSITORY_PAYLOAD.id }],
      }),
    ],
    [
      'is taken out of the App',
      event('installation_repositories', {
        action: 'removed',
        installation: { id: 1 },
        repositories_added: [],
        repositories_removed: [{ id: REPOSITORY_PAYLOAD.id }],
      }),
    ],
  ])('a repository %s: its production client stays, and waits for the operator', async (_what, delivery) => {
    const { body: made } = await worker.apply('production/stays', wish(server), nextRun());
    expect(await deliver(delivery)).toBe('taken');
    await worker.cron();
    const held = await worker.apply('production/stays', wish(server), nextRun());
    expect([held.status, held.body.error]).toEqual([409, 'registration_frozen']);
    expect(await statusOf('production/stays')).toBe('active');
    expect(server.client(made.credentials.client_id)).toBeDefined();
    await worker.operator('POST', 'release', { repository: REPOSITORY.id });
    const { body: again } = await worker.apply('production/stays', wish(server), nextRun());
    expect(again.credentials.client_id).toBe(made.credentials.client_id);
    await worker.send('DELETE', 'production/stays', { claims: nextRun() });
  });
});

describe('a signed message of a host, through the route', () => {
  async function tell(repositoryId: string, secret: string, data: object): Promise<number> {
    const id = randomUUID();
    const body = JSON.stringify({ type: 'deploy.teardown', timestamp: new Date().toISOString(), data });
    const answer = await worker.harness.fetch(`/webhooks/deploy/${repositoryId}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': new Webhook(secret).sign(id, new Date(), body),
      },
      body,
    });
    return answer.status;
  }

  test('ends a preview; the secret of another repository ends nothing, and one never seen keeps nothing', async () => {
    expect(await deploy(61)).toMatchObject({ status: 200 });
    const theirs = await deploySecret(DEPLOY_SECRET, '3003');
    expect(await tell(REPOSITORY.id, theirs, { environment: 'pr-61' })).toBe(401);
    expect(await tell('3003', theirs, { environment: 'pr-61' })).toBe(202);
    const kept = await worker.harness.getWorker().getDurableObjectStorage('REPOSITORIES', { name: '3003' } as never);
    expect(
      await kept.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'"),
    ).toEqual([]);
    expect(await statusOf('pr-61/web')).toBe('active');
    expect(await tell(REPOSITORY.id, await deploySecret(DEPLOY_SECRET, REPOSITORY.id), { environment: 'pr-61' })).toBe(
      202,
    );
    await ended(61);
    expect(server.clients()).toEqual([]);
  });
});
