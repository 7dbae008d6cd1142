import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { closed, createSharing, pullRequest, reopened, uri } from '../support/sharing.ts';
import { startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;
const sharing = createSharing(() => ({ server, worker }));
const { pull, pattern, wanted, deploy, deliver, atServer, left } = sharing;

/** The server takes no new address, once. */
const REFUSED_UPDATE = {
  method: 'PUT',
  times: 1,
  do: {
    kind: 'answer',
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: '{"error":"invalid_redirect_uri"}',
  },
} as const;

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server, {}, { POLICY: JSON.stringify(POLICY) });
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

beforeEach(() => {
  server.reset();
  sharing.begin();
});

const POLICY = {
  owners: [{ id: REPOSITORY.ownerId, name: 'acme' }],
  repositories: [
    {
      id: REPOSITORY.id,
      name: REPOSITORY.name,
      environments: { '*-trusted': { owned: true, shared_credentials: true } },
    },
  ],
};

const sharedPath = () => `${encodeURIComponent(`shared/previews/${pattern()}`)}/web`;
const statusOf = async (key: string) =>
  (await worker.sql('SELECT status FROM registrations WHERE key = ?', key))[0]?.status;

test('all environments of a pattern share one client; each brings its redirect URIs and takes exactly those away', async () => {
  const [one, two] = [pull(1), pull(2)];
  const { status, body } = await deploy(one);
  expect([status, body.changed]).toEqual([200, true]);
  expect(body.registration).toMatchObject({
    environment: `pr-${one}`,
    name: 'web',
    status: 'active',
    owner: pullRequest(one),
    shared: pattern(),
  });
  const second = (await deploy(two)).body;
  expect(second.credentials.client_id).toBe(body.credentials.client_id);
  expect(second.events.map(({ kind }) => kind)).toContain('updated');
  expect(atServer()).toEqual([[uri(one), uri(two)]]);
  await deliver(closed(one));
  await left(two);
  const gone = (await worker.send('GET', `pr-${one}/web`, { claims: pullRequestRun(one) })).body.registration;
  expect(gone.status).toBe('ended');
  expect(gone).not.toHaveProperty('client_id');
  expect((await worker.send('GET', `pr-${two}/web`)).body.registration.client_id).toBe(second.credentials.client_id);
  await deliver(closed(two));
  await left();
  await until(async () => (await statusOf(sharing.key())) === 'ended');
  const rows = await worker.sql('SELECT ended FROM ledger WHERE registration = ?', sharing.key());
  expect(rows).toEqual([{ ended: 'deleted' }]);
  const events = await worker.sql('SELECT event FROM events WHERE registration = ? ORDER BY id', sharing.key());
  expect(events.map(({ event }) => JSON.parse(String(event)).kind)).toEqual(
    expect.arrayContaining(['registered', 'joined', 'updated', 'left', 'ending', 'deleted']),
  );
});

test('an unchanged deploy asks the server for nothing and writes no contribution', async () => {
  await deploy(pull(1));
  const asked = server.requests.length;
  const sealed = await worker.sql('SELECT sealed FROM registrations WHERE key = ?', sharing.key());
  const before = await worker.sql('SELECT * FROM contributions WHERE key = ?', `pr-${pull(1)}/web`);
  const { body } = await deploy(pull(1), {}, { run_id: '101' });
  expect(body.changed).toBe(false);
  expect(server.requests).toHaveLength(asked);
  expect(await worker.sql('SELECT * FROM contributions WHERE key = ?', `pr-${pull(1)}/web`)).toEqual(before);
  expect(await worker.sql('SELECT sealed FROM registrations WHERE key = ?', sharing.key())).toEqual(sealed);
});

test('what two bring stays until both are gone', async () => {
  const [one, two] = [pull(1), pull(2)];
  const same = { more: { redirect_uris: ['https://app.example.org/callback'] } };
  await deploy(one, same);
  const { body } = await deploy(two, same);
  expect(body.changed).toBe(false);
  await worker.send('DELETE', `pr-${one}/web`, { claims: pullRequestRun(one) });
  expect(atServer()).toEqual([['https://app.example.org/callback']]);
  const { body: last } = await worker.send('DELETE', `pr-${two}/web`, { claims: pullRequestRun(two) });
  expect(last.registration.status).toBe('ended');
  expect(server.clients()).toEqual([]);
});

test('logout addresses come and go with the environment too', async () => {
  const [one, two] = [pull(1), pull(2)];
  const logout = (pull: number) => ({
    more: { post_logout_redirect_uris: [`https://pr-${pull}.preview.example.org/`] },
  });
  await deploy(one, logout(one));
  await deploy(two, logout(two));
  const logouts = () => server.clients().map(({ metadata }) => metadata.post_logout_redirect_uris);
  expect(logouts()).toEqual([[`https://pr-${one}.preview.example.org/`, `https://pr-${two}.preview.example.org/`]]);
  await worker.send('DELETE', `pr-${one}/web`, { claims: pullRequestRun(one) });
  expect(logouts()).toEqual([[`https://pr-${two}.preview.example.org/`]]);
});

test('two previews at once are one client with the addresses of both', async () => {
  const pulls = [pull(1), pull(2), pull(3)];
  server.interfere({ method: 'POST', path: '/reg', do: { kind: 'delay_answer', milliseconds: 300 } });
  const answers = await Promise.all(pulls.map((pull) => deploy(pull)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(new Set(answers.map(({ body }) => body.credentials.client_id)).size).toBe(1);
  expect(server.count({ method: 'POST', path: '/reg' })).toBe(1);
  expect(atServer()).toEqual([pulls.map(uri)]);
});

describe('whatever the order', () => {
  test('a deploy that comes after its teardown adds nothing', async () => {
    const [one, two] = [pull(1), pull(2)];
    await deploy(one);
    await deliver(closed(two));
    const late = await deploy(two);
    expect([late.status, late.body.error]).toEqual([409, 'owner_ended']);
    expect(atServer()).toEqual([[uri(one)]]);
  });

  test('a teardown while the addresses are being added takes them away again', async () => {
    const [one, two] = [pull(1), pull(2)];
    await deploy(one);
    server.interfere({ method: 'PUT', times: 1, do: { kind: 'delay_answer', milliseconds: 500 } });
    const arrived = server.arrival({ method: 'PUT' });
    const deploying = deploy(two);
    await arrived;
    await deliver(closed(two));
    const { status, body } = await deploying;
    expect([status, body.error]).toEqual([409, 'owner_ended']);
    await left(one);
  });

  test('a teardown while the client is being made ends it', async () => {
    server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'delay_answer', milliseconds: 500 } });
    const arrived = server.arrival({ method: 'POST', path: '/reg' });
    const deploying = deploy(pull(1));
    await arrived;
    await deliver(closed(pull(1)));
    expect((await deploying).body.error).toBe('owner_ended');
    await left();
    await until(async () => (await statusOf(sharing.key())) === 'ended');
  });

  test('closed, reopened and deployed again shares again', async () => {
    const [one, two] = [pull(1), pull(2)];
    const now = Date.now();
    await deploy(one);
    await deploy(two);
    await deliver(closed(two, now));
    await left(one);
    await deliver(reopened(two, now + 1000));
    expect((await deploy(two, {}, { run_id: '101' })).status).toBe(200);
    expect(await deliver(closed(two, now + 500))).toBe('ignored');
    expect(atServer()).toEqual([[uri(one), uri(two)]]);
  });

  test('of many deliveries in random order, some of them twice, the latest event of each counts', async () => {
    const pulls = [1, 2, 3, 4].map((offset) => pull(offset));
    for (const pull of pulls) await deploy(pull);
    const start = Date.now();
    const events = pulls.flatMap((pull, index) =>
      Array.from({ length: 6 }, (_, at) =>
        // The last event of every other one is its end.
        at % 2 === index % 2 ? reopened(pull, start + at) : closed(pull, start + at),
      ),
    );
    const all = [...events, ...events].map((event, index) => ({
      event,
      id: `github:${pattern()}-${index % events.length}`,
    }));
    for (const { event, id } of all.toSorted(() => Math.random() - 0.5)) await deliver(event, id);
    const living = pulls.filter((_, index) => index % 2 === 1);
    for (const pull of pulls) {
      const { status } = await deploy(pull, {}, { run_id: '101' });
      expect(status).toBe(living.includes(pull) ? 200 : 409);
    }
    await left(...living);
  }, 60_000);

  test('an older run brings nothing back that a newer one took away', async () => {
    const [one, two] = [pull(1), pull(2)];
    await deploy(one);
    await deploy(two, {}, { run_id: '200' });
    await worker.send('DELETE', `pr-${two}/web`, { claims: pullRequestRun(two, { run_id: '201' }) });
    expect(atServer()).toEqual([[uri(one)]]);
    expect((await deploy(two, {}, { run_id: '150' })).body.error).toBe('superseded');
    const again = await worker.send('DELETE', `pr-${two}/web`, { claims: pullRequestRun(two, { run_id: '202' }) });
    expect([again.status, again.body.registration.status]).toEqual([200, 'ended']);
    expect((await deploy(two, {}, { run_id: '203' })).status).toBe(200);
    expect(atServer()).toEqual([[uri(one), uri(two)]]);
  });

  test('a time to live that is over, and a host, take away what one environment brought', async () => {
    const pulls = [pull(1), pull(2), pull(3)] as const;
    for (const pull of pulls) await deploy(pull);
    await worker.sql('UPDATE contributions SET expires_at = ? WHERE key = ?', Date.now() - 1, `pr-${pulls[0]}/web`);
    await worker.sql('UPDATE registrations SET due = ? WHERE key = ?', Date.now(), sharing.key());
    await worker.cron();
    await left(pulls[1], pulls[2]);
    expect(await deliver({ kind: 'teardown_asked', environment: `pr-${pulls[1]}`, at: Date.now() })).toBe('taken');
    await left(pulls[2]);
    expect(await deliver({ kind: 'teardown_asked', environment: `shared/previews/${pattern()}`, at: Date.now() })).toBe(
      'ignored',
    );
  });
});

test('while a repository is archived previews still leave what they share', async () => {
  const [one, two] = [pull(1), pull(2)];
  await deploy(one);
  await deploy(two);
  await deliver({ kind: 'repository_archived', at: Date.now() });
  await deliver(closed(one));
  await left(two);
  await deliver({ kind: 'repository_unarchived', at: Date.now() });
});

describe('what one environment does to the others', () => {
  test('it cannot change the client: other metadata is refused, and nothing is sent', async () => {
    const [one, two] = [pull(1), pull(2)];
    await deploy(one);
    const asked = server.requests.length;
    const refused = await deploy(two, { more: { client_name: 'Something else' } });
    expect([refused.status, refused.body.error]).toEqual([409, 'shared_differs']);
    expect(refused.body.message).toContain('metadata.client_name');
    expect(refused.body.hint).toContain(`environment: shared/previews/${pattern()}`);
    expect((await deploy(two, { update: 'interrupt' })).body.error).toBe('shared_differs');
    expect(server.requests).toHaveLength(asked);
    expect((await deploy(two)).status).toBe(200);
  });

  test('an address that the server does not take keeps nobody else from adding theirs', async () => {
    const pulls = [pull(1), pull(2), pull(3)] as const;
    await deploy(pulls[0]);
    server.interfere(REFUSED_UPDATE);
    expect((await deploy(pulls[1])).body.error).toBe('invalid_redirect_uri');
    expect((await deploy(pulls[2])).status).toBe(200);
    expect(atServer()).toEqual([[uri(pulls[0]), uri(pulls[2])]]);
  });

  test('a change of its own addresses that fails leaves those it had', async () => {
    const [one, two] = [pull(1), pull(2)];
    await deploy(one);
    await deploy(two);
    server.interfere(REFUSED_UPDATE);
    const moved = { more: { redirect_uris: ['https://moved.preview.example.org/callback'] } };
    expect((await deploy(two, moved)).body.error).toBe('invalid_redirect_uri');
    await deploy(pull(3));
    expect(atServer()).toEqual([[uri(one), uri(two), uri(pull(3))]]);
    expect((await deploy(two, moved, { run_id: '101' })).status).toBe(200);
    expect(atServer()).toEqual([[uri(one), uri(pull(3)), 'https://moved.preview.example.org/callback'].toSorted()]);
  });

  test('a pull request reaches neither the contribution of another nor what is shared', async () => {
    const [one, two] = [pull(1), pull(2)];
    await deploy(one);
    const others = pullRequestRun(two);
    expect((await worker.send('DELETE', `pr-${one}/web`, { claims: others })).body.error).toBe('not_allowed');
    for (const method of ['GET', 'DELETE']) {
      expect((await worker.send(method, sharedPath(), { claims: others })).body.error).toBe('not_allowed');
    }
    expect(atServer()).toEqual([[uri(one)]]);
  });

  test('it never shares with an environment that stays, so production has a client of its own', async () => {
    const { desired } = wanted(pull(1), { shared: '*' });
    const { body: production } = await worker.apply('production/shared', { desired });
    expect(production.registration.shared).toBe('*');
    const preview = await worker.apply(
      `pr-${pull(1)}/shared`,
      { desired, owner: pullRequest(pull(1)) },
      pullRequestRun(pull(1)),
    );
    expect(preview.status).toBe(200);
    expect(preview.body.credentials.client_id).not.toBe(production.credentials.client_id);
    await deliver(closed(pull(1)));
    await left(pull(1));
    expect(server.clients()[0]?.clientId).toBe(production.credentials.client_id);
    expect((await worker.send('DELETE', 'production/shared')).body.registration.status).toBe('ended');
  });

  test('addresses at hosts that the operator does not allow are refused', async () => {
    await deploy(pull(1));
    const foreign = await deploy(pull(2), { more: { redirect_uris: ['https://evil.example.com/'] } });
    expect(foreign.body.error).toBe('policy_refused');
  });

  test('for all at once it is deleted by a run of the default branch; then the next deploy makes it as it asks', async () => {
    const [one, two] = [pull(1), pull(2)];
    const { body: before } = await deploy(one);
    await deploy(two);
    const { status, body } = await worker.send('DELETE', sharedPath());
    expect([status, body.registration.status]).toEqual([200, 'ended']);
    expect(server.clients()).toEqual([]);
    const { body: after } = await deploy(two, { more: { client_name: 'Something else' } }, { run_id: '101' });
    expect(after.credentials.client_id).not.toBe(before.credentials.client_id);
    expect(atServer()).toEqual([[uri(two)]]);
  });
});

describe('credentials', () => {
  test('the secret is withheld unless policy says otherwise, and the answer says what to ask for', async () => {
    const { body } = await deploy(pull(1));
    expect(body.credentials.client_id).toBe(server.clients()[0]?.clientId);
    expect(body.credentials).not.toHaveProperty('client_secret');
    expect(body.withheld).toContain('"shared_credentials": true');
  });

  test('an environment that policy lists gets it', async () => {
    const environment = `pr-${pull(1)}-trusted`;
    const { body } = await worker.apply(`${environment}/web`, wanted(pull(1)), pullRequestRun(pull(1)));
    expect(body.credentials.client_secret).toEqual(expect.any(String));
    expect(body).not.toHaveProperty('withheld');
    const { body: other } = await deploy(pull(2));
    expect(JSON.stringify(other)).not.toContain(String(body.credentials.client_secret));
    await deliver(closed(pull(1)));
    await left(pull(2));
  });

  test('a client without a secret has nothing to withhold', async () => {
    const { body } = await deploy(pull(1), { type: 'public', more: { token_endpoint_auth_method: 'none' } });
    expect(body).not.toHaveProperty('withheld');
    expect(body.credentials.client_id).toEqual(expect.any(String));
  });
});

describe('what does not go together', () => {
  test('a client of its own and a shared one', async () => {
    const [one, two] = [pull(1), pull(2)];
    const { shared: _, ...own } = wanted(one).desired;
    await worker.apply(`pr-${one}/web`, { desired: own, owner: pullRequest(one) }, pullRequestRun(one));
    expect((await deploy(one)).body.error).toBe('shared_differs');
    await deploy(two);
    const alone = await worker.apply(`pr-${two}/web`, { desired: own, owner: pullRequest(two) }, pullRequestRun(two));
    expect(alone.body.error).toBe('shared_differs');
    expect((await deploy(two, { shared: 'pr-*' })).body.error).toBe('shared_differs');
    await worker.send('DELETE', `pr-${one}/web`, { claims: pullRequestRun(one) });
    const joined = await deploy(one, {}, { run_id: '101' });
    expect(joined.status).toBe(200);
  });

  test('rotation, retirement and receipts', async () => {
    await deploy(pull(1));
    for (const [verb, body] of [
      ['rotate', {}],
      ['retire', { client_id: 'x' }],
      ['published', { edition: 'x' }],
    ] as const) {
      const claims = pullRequestRun(pull(1));
      const one = await worker.send('POST', `pr-${pull(1)}/web/${verb}`, { body, claims });
      expect([one.status, one.body.error]).toEqual([409, 'shared_unsupported']);
      const all = await worker.send('POST', `${sharedPath()}/${verb}`, { body });
      expect(all.body.error).toBe('shared_unsupported');
    }
  });

  test('a pattern that does not fit the environment, publishing, and an environment of shared ones', async () => {
    const target = { kind: 'github', createEnvironment: false, items: [] } as const;
    for (const changes of [{ shared: 'production' }, { publish: [target] }, { update: 'replace' as const }]) {
      const { status, body } = await deploy(pull(1), changes);
      expect([status, body.error]).toEqual([400, 'request_invalid']);
    }
    const { desired } = wish(server);
    expect((await worker.apply(sharedPath(), { desired })).body.error).toBe('request_invalid');
    expect(server.requests).toEqual([]);
  });
});

describe('a server that replaces the secret at every update', () => {
  test('is asked only where the manifest accepts that everybody is interrupted', async () => {
    const [one, two] = [pull(1), pull(2)];
    await deploy(one);
    await worker.edit(sharing.key(), (record) => ({
      ...record,
      traits: { ...record.traits, updateReplacesSecret: true },
    }));
    expect((await deploy(two)).body.error).toBe('update_interrupts');
    expect(server.count({ method: 'PUT' })).toBe(0);
    expect(atServer()).toEqual([[uri(one)]]);
    await deliver(closed(one));
    await left();
  });

  test('with update: interrupt the others learn of the new secret when they deploy again', async () => {
    const [one, two] = [pull(1), pull(2)];
    const update = { update: 'interrupt' } as const;
    await deploy(one, update);
    await worker.edit(sharing.key(), (record) => ({
      ...record,
      traits: { ...record.traits, updateReplacesSecret: true },
    }));
    expect((await deploy(two, update)).status).toBe(200);
    expect(atServer()).toEqual([[uri(one), uri(two)]]);
  });
});

test('many previews count as one client; when a repository is deleted, they end', async () => {
  const [live] = await worker.sql('SELECT count(*) AS n FROM ledger WHERE ended_at IS NULL');
  const entry = {
    server: server.issuer,
    redirect_hosts: ['*.preview.example.org'],
    scopes: 'any',
    max_clients: { per_repository: Number(live?.n) + 1 },
  };
  await worker.reconfigure({ SERVERS: JSON.stringify([entry]) });
  const [one, two, three] = [pull(1), pull(2), pull(3)];
  const update = { update: 'interrupt' } as const;
  expect((await deploy(one, update)).status).toBe(200);
  expect((await deploy(two, update)).status).toBe(200);
  const { shared: _, ...own } = wanted(three).desired;
  const alone = await worker.apply(
    `pr-${three}/web`,
    { desired: own, owner: pullRequest(three) },
    pullRequestRun(three),
  );
  expect(alone.body.error).toBe('quota_reached');
  await deliver({ kind: 'repository_deleted', at: Date.now() });
  await left();
});
