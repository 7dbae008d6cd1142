import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestHarness } from 'wrangler';
import manifest from '../../package.json' with { type: 'json' };

const worker = createTestHarness({
  workers: [{ configPath: fileURLToPath(new URL('../../wrangler.toml', import.meta.url)) }],
});

beforeAll(async () => {
  await worker.listen();
});

afterAll(async () => {
  await worker.close();
});

test('health says that the Worker runs, and which version', async () => {
  const answer = await worker.fetch('/healthz');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(await answer.json()).toEqual({ status: 'ok', version: manifest.version });
});

test.each([
  ['GET', '/'],
  ['GET', '/healthz/more'],
  ['POST', '/healthz'],
])('%s %s is not found, in JSON', async (method, path) => {
  const answer = await worker.fetch(path, { method });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ api: 1, error: 'request_invalid' });
});

test('without settings everything else says what is missing', async () => {
  const answer = await worker.fetch('/v1/registrations/production/web', { method: 'PUT' });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ error: 'config_invalid' });
});
