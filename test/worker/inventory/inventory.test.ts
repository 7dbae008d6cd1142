import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { KEY, OTHER_KEY, startWorker, type TestWorker, until, wish } from '../support/worker.ts';

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

const written = (key: string) =>
  until(async () => {
    const [row] = await worker.sql('SELECT inventory_due FROM registrations WHERE key = ?', key);
    return row?.inventory_due === null;
  });

async function inventoryText(): Promise<string> {
  const kv = await worker.kv();
  const { keys } = await kv.list();
  const values = await Promise.all(keys.map(({ name }) => kv.get(name)));
  return JSON.stringify([keys, values]);
}

async function tablesText(): Promise<string> {
  const tables = await worker.sql(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
  );
  const rows = await Promise.all(tables.map(({ name }) => worker.sql(`SELECT * FROM ${name}`)));
  return JSON.stringify(rows);
}

test('what is kept is sealed: no secret in SQLite, in KV or in a log', async () => {
  const { body } = await worker.apply('production/web', wish(server));
  await written('production/web');
  const token = server.clients()[0]?.registrationAccessToken ?? 'none';
  const logs = JSON.stringify(worker.harness.getLogs());
  for (const text of [await inventoryText(), await tablesText(), logs]) {
    expect(text).toContain('production/web');
    expect(text).not.toContain(body.credentials.client_secret);
    expect(text).not.toContain(token);
  }
});

test('the inventory has what a list needs, and a renewed time to live is not worth a write', async () => {
  const body = { ...wish(server), owner: { kind: 'pull_request', number: 1 } as const };
  const { body: made } = await worker.apply('pr-1/web', body, pullRequestRun(1));
  await written('pr-1/web');
  const kv = await worker.kv();
  const name = `registration/${REPOSITORY.id}/pr-1/web`;
  const entry = (await kv.list({ prefix: name })).keys[0];
  expect(entry?.metadata).toMatchObject({
    status: 'active',
    owner: 'pull_request:1',
    client_id: made.credentials.client_id,
    server: server.issuer,
    expires_at: Date.parse(made.registration.expires_at ?? ''),
  });
  await worker.edit('pr-1/web', (record) => ({ ...record, expiresAt: Date.now() + 86_400_000 }));
  const { body: renewed } = await worker.apply('pr-1/web', body, pullRequestRun(1, { run_id: '101' }));
  expect(Date.parse(renewed.registration.expires_at ?? '')).toBeGreaterThan(Date.now() + 10 * 86_400_000);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect((await kv.list({ prefix: name })).keys[0]).toEqual(entry);
  await worker.send('DELETE', 'pr-1/web', { claims: pullRequestRun(1, { run_id: '102' }) });
  await until(async () => {
    const [last] = (await kv.list({ prefix: name })).keys;
    return (last?.metadata as { status?: string } | undefined)?.status === 'ended' && last?.expiration !== undefined;
  });
});

test('a record under a missing key is locked until the key is back', async () => {
  const { body: made } = await worker.apply('production/locked', wish(server));
  const [before] = await worker.sql("SELECT sealed FROM registrations WHERE key = 'production/locked'");
  await worker.reconfigure({ ENCRYPTION_KEYS: OTHER_KEY });
  server.reset();
  for (const method of ['GET', 'DELETE'] as const) {
    const { status, body } = await worker.send(method, 'production/locked');
    expect([status, body.error]).toEqual([503, 'registration_locked']);
  }
  const refused = await worker.apply('production/locked', wish(server));
  expect([refused.status, refused.body.error]).toEqual([503, 'registration_locked']);
  await worker.sql("UPDATE registrations SET due = ? WHERE key = 'production/locked'", Date.now());
  await worker.cron();
  expect((await worker.apply('production/unlocked', wish(server))).status).toBe(200);
  expect(await worker.sql("SELECT sealed FROM registrations WHERE key = 'production/locked'")).toEqual([before]);
  await worker.reconfigure({ ENCRYPTION_KEYS: `${KEY} ${OTHER_KEY}` });
  const { body } = await worker.send('GET', 'production/locked');
  expect(body.registration.client_id).toBe(made.credentials.client_id);
}, 60_000);

test('a new key takes over at once, and what older ones sealed is sealed anew', async () => {
  await worker.apply('production/rekeyed', wish(server));
  await worker.reconfigure({ ENCRYPTION_KEYS: `${OTHER_KEY} ${KEY}` });
  const { body: keys } = await worker.operator<{ keys: string[] }>('GET', 'keys');
  const [newest = ''] = keys.keys;
  await worker.cron();
  await until(async () => {
    const { body } = await worker.operator<Record<'objects' | 'inventory', Record<string, number>>>('GET', 'keys');
    const only = (counts: Record<string, number>) => Object.keys(counts).join() === newest;
    return only(body.objects) && only(body.inventory);
  });
  expect((await worker.send('GET', 'production/rekeyed')).status).toBe(200);
  await worker.reconfigure({ ENCRYPTION_KEYS: OTHER_KEY });
  expect((await worker.send('GET', 'production/rekeyed')).status).toBe(200);
  expect((await worker.send('GET', 'production/locked')).status).toBe(200);
  await worker.reconfigure({});
}, 60_000);
