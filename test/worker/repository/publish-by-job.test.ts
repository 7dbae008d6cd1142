import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ApplyBody } from '../../../shared/api/worker-api.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun } from '../support/issuer.ts';
import { startWorker, type TestWorker, until, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

beforeEach(() => server.reset());

const published = (prefix: string): ApplyBody =>
  wish(server, {
    publish: [
      {
        kind: 'github',
        createEnvironment: false,
        items: [
          { kind: 'variable', name: `${prefix}_ID`, field: 'client_id' },
          { kind: 'secret', name: `${prefix}_SECRET`, field: 'client_secret' },
        ],
      },
    ],
  });

const receipt = (key: string, edition: string, stage?: 'claimed' | 'written') =>
  worker.send('POST', `${key}/published`, { body: { edition, ...(stage && { stage }) } });

test('until the receipt every apply hands out the same credentials and asks to publish them', async () => {
  const first = await worker.apply('production/web', published('A'));
  expect(first.status).toBe(200);
  expect(first.body.publish).toEqual(published('A').desired.publish);
  expect(first.body.claimed).toEqual([]);
  const again = await worker.apply('production/web', published('A'), { run_id: '101' });
  expect(again.body.credentials).toEqual(first.body.credentials);
  expect(again.body.publish).toEqual(first.body.publish);
  expect(server.clients()).toHaveLength(1);

  const { status } = await receipt('production/web', first.body.credentials.edition);
  expect(status).toBe(200);
  expect((await receipt('production/web', first.body.credentials.edition)).status).toBe(200);
  const settled = await worker.apply('production/web', published('A'), { run_id: '102' });
  expect(settled.body.publish).toEqual([]);
  expect(settled.body.changed).toBe(false);
  const { body: view } = await worker.send('GET', 'production/web');
  expect(view.registration.published).toEqual(['variable A_ID', 'secret A_SECRET']);
});

test('names that a job has claimed are ours, whether or not it lived to write them', async () => {
  const first = await worker.apply('production/claimed', published('B'));
  await receipt('production/claimed', first.body.credentials.edition, 'claimed');
  const again = await worker.apply('production/claimed', published('B'), { run_id: '101' });
  expect(again.body.publish).toEqual(published('B').desired.publish);
  expect(again.body.claimed).toEqual([
    { kind: 'variable', name: 'B_ID' },
    { kind: 'secret', name: 'B_SECRET' },
  ]);
});

test('a receipt for credentials that are not the newest is refused', async () => {
  await worker.apply('production/wrong', published('C'));
  const { status, body } = await receipt('production/wrong', 'somebody#1');
  expect([status, body.error]).toEqual([409, 'not_confirmable']);
});

test('two registrations never publish to one name', async () => {
  await worker.apply('production/one', published('D'));
  const { status, body } = await worker.apply('staging/one', published('D'), { environment: 'staging' });
  expect([status, body.error]).toEqual([409, 'publish_conflict']);
  expect(server.clients()).toHaveLength(1);
});

test('a rotation waits for a run, overlaps, and ends when the deploy names the client in use', async () => {
  const body = published('E');
  const rotation = {
    everySeconds: 86_400,
    overlapSeconds: 3_600,
    strategy: 'replace',
    clientIdMayChange: true,
    retire: 'confirmed',
  } as const;
  const desired = { ...body.desired, rotation };
  const { body: first } = await worker.apply('production/rotated', { desired });
  await receipt('production/rotated', first.credentials.edition);
  await worker.edit('production/rotated', (record) => ({ ...record, rotatedAt: Date.now() - 2 * 86_400_000 }));
  await worker.cron();
  await until(
    async () => (await worker.sql("SELECT due FROM registrations WHERE key = 'production/rotated'"))[0]?.due === null,
  );
  expect(server.clients()).toHaveLength(1);

  const { body: rotated } = await worker.apply('production/rotated', { desired }, { run_id: '101' });
  const fresh = rotated.credentials.client_id;
  expect(fresh).not.toBe(first.credentials.client_id);
  expect(rotated.publish).toEqual(desired.publish);
  expect(rotated.registration.client_id).toBe(first.credentials.client_id);
  expect(server.clients()).toHaveLength(2);
  const { body: received } = await receipt('production/rotated', rotated.credentials.edition);
  expect(received.registration).toMatchObject({ client_id: fresh, retiring: [first.credentials.client_id] });

  const wrong = await worker.send('POST', 'production/rotated/retire', {
    body: { client_id: first.credentials.client_id },
  });
  expect([wrong.status, wrong.body.error]).toEqual([409, 'not_confirmable']);
  const right = await worker.send('POST', 'production/rotated/retire', { body: { client_id: fresh } });
  expect(right.body.registration.retiring).toEqual([]);
  expect(server.clients().map(({ clientId }) => clientId)).toEqual([fresh]);
});

test('without the App a teardown ends the client, and says which names are left', async () => {
  const owner = { kind: 'pull_request', number: 3 } as const;
  const { body } = await worker.apply('pr-3/web', { ...published('F'), owner }, pullRequestRun(3));
  await worker.send('POST', 'pr-3/web/published', {
    body: { edition: body.credentials.edition },
    claims: pullRequestRun(3),
  });
  const { body: ended } = await worker.send('DELETE', 'pr-3/web', { claims: pullRequestRun(3) });
  expect(ended.registration.status).toBe('ended');
  expect(server.clients()).toEqual([]);
  const events = await worker.sql("SELECT event FROM events WHERE registration = 'pr-3/web'");
  expect(events.map(({ event }) => JSON.parse(String(event)))).toContainEqual({
    kind: 'names_left',
    names: ['F_ID', 'F_SECRET'],
  });
});

test('names that a preview left are its own when it is deployed again, and those of a permanent client are not', async () => {
  const owner = { kind: 'pull_request', number: 4 } as const;
  const lives = [
    { key: 'pr-4/web', body: { ...published('G'), owner }, claims: pullRequestRun(4) },
    { key: 'production/again', body: published('H'), claims: {} },
  ];
  const claimed = [];
  const began = Date.now();
  for (const { key, body, claims } of lives) {
    const { body: first } = await worker.apply(key, body, claims);
    const edition = first.credentials.edition;
    await worker.send('POST', `${key}/published`, { body: { edition }, claims });
    await worker.send('DELETE', key, { claims });
    const { status, body: second } = await worker.apply(key, body, { ...claims, run_id: '200' });
    expect(status).toBe(200);
    expect(second.credentials.client_id).not.toBe(first.credentials.client_id);
    expect(second.publish).toEqual(first.publish);
    claimed.push(second.claimed);
  }
  expect(claimed).toEqual([
    [
      { kind: 'variable', name: 'G_ID', left_at: expect.any(String) },
      { kind: 'secret', name: 'G_SECRET', left_at: expect.any(String) },
    ],
    [],
  ]);
  const leftAt = Date.parse(claimed[0]?.[0]?.left_at ?? '');
  expect([leftAt >= began, leftAt <= Date.now()]).toEqual([true, true]);
  expect(await worker.sql("SELECT place FROM left_names WHERE registration LIKE 'pr-4%'")).toEqual([]);
});

test('names that a permanent registration left by publishing under others are its own until it is deleted', async () => {
  const key = 'production/renamed';
  const publish = async (prefix: string) => {
    const { status, body } = await worker.apply(key, published(prefix), { run_id: String(run++) });
    expect(status).toBe(200);
    if (body.publish.length > 0) await receipt(key, body.credentials.edition);
    return body.claimed?.map(({ name }) => name);
  };
  let run = 300;
  expect(await publish('I')).toEqual([]);
  expect(await publish('J')).toEqual([]);
  expect(await publish('I')).toEqual(['I_ID', 'I_SECRET']);
  const left = () => worker.sql(`SELECT place FROM left_names WHERE registration = '${key}'`);
  expect(await left()).toHaveLength(2);

  const { status } = await worker.send('DELETE', key, { claims: { run_id: String(run++) } });
  expect(status).toBe(200);
  expect(await left()).toEqual([]);
  expect(await publish('J')).toEqual([]);
});

test('a name that was left is as it was left first until a job has taken it back', async () => {
  const owner = { kind: 'pull_request', number: 5 } as const;
  const claims = (run: number) => pullRequestRun(5, { run_id: String(run) });
  let run = 400;
  const deploy = async () => {
    run += 1;
    return (await worker.apply('pr-5/web', { ...published('L'), owner }, claims(run))).body;
  };
  const tell = (edition: string, stage: 'claimed' | 'written') =>
    worker.send('POST', 'pr-5/web/published', { body: { edition, stage }, claims: claims(run) });
  const end = () => worker.send('DELETE', 'pr-5/web', { claims: claims(run) });
  const times = (claimed: readonly { readonly left_at?: string }[] | undefined) =>
    claimed?.map(({ left_at }) => left_at);

  await tell((await deploy()).credentials.edition, 'written');
  await end();
  const first = times((await deploy()).claimed);
  expect(first).toEqual([expect.any(String), expect.any(String)]);
  await end();
  const again = await deploy();
  expect(times(again.claimed)).toEqual(first);
  await tell(again.credentials.edition, 'claimed');
  expect(times((await deploy()).claimed)).toEqual([undefined, undefined]);
  await end();
  const [later] = times((await deploy()).claimed) ?? [];
  expect(Date.parse(later ?? '')).toBeGreaterThan(Date.parse(first?.[0] ?? ''));
});
