import { afterAll, beforeAll, expect, test } from 'vitest';
import { API_VERSION_HEADER, type ErrorAnswer } from '../../../shared/api/worker-api.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { startWorker, type TestWorker, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server);
  await worker.apply('production/web', wish(server));
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

const json = { 'content-type': 'application/json' };

test.each([
  ['an unknown path', 'GET', 'production/web/more/still', {}, 404, 'request_invalid'],
  ['an unknown word', 'POST', 'production/web/forget', { body: {} }, 404, 'request_invalid'],
  ['a name that none can have', 'GET', 'production/1;', {}, 404, 'request_invalid'],
  ['another method', 'PATCH', 'production/web', {}, 405, 'request_invalid'],
  ['GET of something to do', 'GET', 'production/web/rotate', {}, 405, 'request_invalid'],
  [
    'another type',
    'PUT',
    'production/web',
    { body: '{}', headers: { 'content-type': 'text/plain' } },
    415,
    'request_invalid',
  ],
  [
    'too much',
    'PUT',
    'production/web',
    { body: `"${'x'.repeat(1024 * 1024)}"`, headers: json },
    413,
    'request_invalid',
  ],
  ['no version', 'GET', 'production/web', { headers: { [API_VERSION_HEADER]: '' } }, 400, 'api_version_unsupported'],
  ['no JSON', 'PUT', 'production/web', { body: '{', headers: json }, 400, 'request_invalid'],
  ['another shape', 'PUT', 'production/web', { body: { desired: {} } }, 400, 'request_invalid'],
  ['no identity', 'GET', 'production/web', { headers: { authorization: '' } }, 401, 'identity_refused'],
  [
    'no identity and no JSON',
    'PUT',
    'production/web',
    { body: '{', headers: { ...json, authorization: '' } },
    401,
    'identity_refused',
  ],
  ['nothing of that name', 'GET', 'production/none', {}, 404, 'registration_not_found'],
  [
    'a run that does not reach it',
    'GET',
    'production/web',
    { claims: { ref: 'refs/heads/other' } },
    403,
    'not_allowed',
  ],
  ['a repository that may not', 'GET', 'production/web', { claims: { repository_id: '999' } }, 403, 'not_allowed'],
] as const)('%s is refused', async (_what, method, path, request, status, error) => {
  const answer = await worker.send<ErrorAnswer>(method, path, request);
  expect([answer.status, answer.body.error]).toEqual([status, error]);
  expect(answer.body).toMatchObject({ api: 1, message: expect.any(String), hint: expect.any(String) });
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('the side to upgrade is named', async () => {
  const speak = (version: string) =>
    worker.send<ErrorAnswer>('GET', 'production/web', { headers: { [API_VERSION_HEADER]: version } });
  expect((await speak('2')).body.message).toContain('upgrade the Worker');
  expect((await speak('0')).body.message).toContain('upgrade the Action');
});

test('times that no manifest can have are refused', async () => {
  const rotation = {
    everySeconds: 1,
    overlapSeconds: 60,
    strategy: 'replace',
    clientIdMayChange: true,
    retire: 'confirmed',
  } as const;
  const { status, body } = await worker.send<ErrorAnswer>('PUT', 'production/web', {
    body: wish(server, { rotation }),
  });
  expect([status, body.error]).toEqual([400, 'request_invalid']);
  expect(body.message).toContain('everySeconds');
});

test('a registration of another repository is not there', async () => {
  const policy = { owners: [{ id: '1001' }], repositories: [{ id: '2002' }, { id: '3003' }] };
  const other = await startWorker(server);
  await other.harness.update(
    (options) =>
      ({
        ...options,
        workers: options.workers.map((each) => ({
          ...each,
          vars: { ...('vars' in each && each.vars), POLICY: JSON.stringify(policy) },
        })),
      }) as never,
  );
  await other.apply('production/web', wish(server));
  const { status, body } = await other.send<ErrorAnswer>('GET', 'production/web', {
    claims: { repository_id: '3003', repository: 'acme/other' },
  });
  expect([status, body.error]).toEqual([404, 'registration_not_found']);
  await other.close();
});

test('with settings that cannot be used only health is answered', async () => {
  await worker.reconfigure({ ENCRYPTION_KEYS: 'no key' });
  expect((await worker.harness.fetch('/healthz')).status).toBe(200);
  for (const path of ['/v1/registrations/production/web', '/v1/operator/keys', '/webhooks/github']) {
    const answer = await worker.harness.fetch(path);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: 'config_invalid' });
  }
  await worker.reconfigure({});
});
