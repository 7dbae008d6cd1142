import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ApplyAnswer } from '../../../shared/api/worker-api.ts';
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

const registrations = () => server.count({ method: 'POST', path: '/reg' });

test('a run gets the credentials of a client that was registered for it', async () => {
  const { status, body, headers } = await worker.apply('production/web', wish(server));
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(body).toMatchObject({
    api: 1,
    status: 'done',
    changed: true,
    registration: { environment: 'production', name: 'web', status: 'active' },
    publish: [],
  });
  const [client] = server.clients();
  expect(body.credentials.client_id).toBe(client?.clientId);
  expect(body.credentials.client_secret).toBe(client?.metadata.client_secret);
});

test('the same again changes nothing and asks nobody', async () => {
  const first = await worker.apply('production/same', wish(server));
  const [before] = await worker.sql("SELECT sealed FROM registrations WHERE key = 'production/same'");
  server.reset();
  const asked = worker.issuer.asked();
  const again = await worker.apply('production/same', wish(server), { run_id: '101' });
  expect(again.body.changed).toBe(false);
  expect(again.body.credentials).toEqual(first.body.credentials);
  expect(server.requests).toEqual([]);
  expect(worker.issuer.asked()).toBe(asked);
  expect(await worker.sql("SELECT sealed FROM registrations WHERE key = 'production/same'")).toEqual([before]);
});

test('wishes that come at once are one piece of work', async () => {
  server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'delay_answer', milliseconds: 500 } });
  const answers = await Promise.all([1, 2, 3].map(() => worker.apply('production/at-once', wish(server))));
  expect(new Set(answers.map(({ body }) => body.credentials.client_id)).size).toBe(1);
  expect(registrations()).toBe(1);
});

test('another wish for the same registration waits for its turn', async () => {
  server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'delay_answer', milliseconds: 500 } });
  const metadata = { ...wish(server).desired.metadata, redirect_uris: ['https://app.example.org/other'] };
  const arrived = server.arrival({ method: 'POST', path: '/reg' });
  const applying = worker.apply('production/turns', wish(server));
  await arrived;
  const second = await worker.apply('production/turns', wish(server, { metadata }), { run_id: '101' });
  const first = await applying;
  expect(second.body.credentials.client_id).toBe(first.body.credentials.client_id);
  expect(registrations()).toBe(1);
  expect(server.client(first.body.credentials.client_id)?.metadata.redirect_uris).toEqual(metadata.redirect_uris);
});

test('what takes long is answered with 202, goes on, and is joined by the same request', async () => {
  server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'delay_answer', milliseconds: 27_000 } });
  const body = wish(server);
  const first = await worker.send<ApplyAnswer>('PUT', 'production/slow', { body });
  expect(first.status).toBe(202);
  expect(first.body).toEqual({ api: 1, status: 'working', retry_after_seconds: 1 });
  const second = await worker.send<ApplyAnswer>('PUT', 'production/slow', { body });
  expect(second.status).toBe(200);
  expect(second.body.changed).toBe(true);
  expect(registrations()).toBe(1);
}, 60_000);

test('a result that nobody waited for is there for whoever asks again', async () => {
  server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'delay_answer', milliseconds: 1_000 } });
  const body = wish(server);
  const gone = new AbortController();
  const sent = worker.harness.fetch('/v1/registrations/production/left', {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${await worker.issuer.token('https://registrar.example.org')}`,
      'x-oauth-registrar-api': '1',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
    signal: gone.signal,
  });
  await server.arrival({ method: 'POST', path: '/reg' });
  gone.abort();
  await sent.catch(() => undefined);
  await until(async () => (await worker.record('production/left')).clients[0]?.verification !== undefined);
  const { body: answer } = await worker.apply('production/left', body);
  expect(answer.credentials.client_id).toBe(server.clients()[0]?.clientId);
  expect(registrations()).toBe(1);
});

test('an id-token is accepted once', async () => {
  await worker.apply('production/once', wish(server));
  const claims = { jti: 'the-same' };
  expect((await worker.send('GET', 'production/once', { claims })).status).toBe(200);
  const { status, body } = await worker.send('GET', 'production/once', { claims });
  expect(status).toBe(401);
  expect(body).toMatchObject({ error: 'identity_refused', message: expect.stringContaining('used before') });
});

test('a first attempt of an older run does not undo a newer one; a re-run does', async () => {
  const metadata = { ...wish(server).desired.metadata, client_name: 'Newer' };
  await worker.apply('production/older', wish(server), { run_id: '200' });
  await worker.apply('production/older', wish(server, { metadata }), { run_id: '202' });
  const refused = await worker.apply('production/older', wish(server), { run_id: '201' });
  expect(refused.status).toBe(409);
  expect(refused.body.error).toBe('superseded');
  const rerun = await worker.apply('production/older', wish(server), { run_id: '201', run_attempt: '2' });
  expect(rerun.status).toBe(200);
});

test('a preview is made for its pull request, with a time to live, and nobody else reaches it', async () => {
  const owner = { kind: 'pull_request', number: 7 } as const;
  const body = { ...wish(server), owner };
  const { body: made } = await worker.apply('pr-7/web', body, pullRequestRun(7));
  expect(made.registration.owner).toEqual(owner);
  const days = (Date.parse(made.registration.expires_at ?? '') - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(13.9);
  const other = await worker.apply('pr-7/web', body, pullRequestRun(8));
  expect(other.status).toBe(403);
  expect(other.body.error).toBe('not_allowed');
});

test('what policy does not allow is refused before anything is sent', async () => {
  const metadata = { ...wish(server).desired.metadata, redirect_uris: ['https://evil.example.net/callback'] };
  const { status, body } = await worker.apply('production/evil', wish(server, { metadata }));
  expect(status).toBe(403);
  expect(body.error).toBe('policy_refused');
  expect(server.requests).toEqual([]);
});

test('what a server refuses is told as it is, and is not remembered as a client', async () => {
  const metadata = { ...wish(server).desired.metadata, token_endpoint_auth_method: 'made_up' };
  const { status, body } = await worker.apply('production/refused', wish(server, { metadata }));
  expect(status).toBe(422);
  expect(body.error).toBe('invalid_client_metadata');
  const { body: view } = await worker.send('GET', 'production/refused');
  expect(view.registration.client_id).toBeUndefined();
  expect(await worker.sql("SELECT due FROM registrations WHERE key = 'production/refused'")).toEqual([{ due: null }]);
});
