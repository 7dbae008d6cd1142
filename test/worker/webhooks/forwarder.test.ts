import { createHmac } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import forwarder, { type Settings } from '../../../examples/forwarder/forwarder.ts';
import { deploySecret } from '../../../worker/webhooks/verify-deploy.ts';
import { DEPLOY_SECRET, type Hooks, startHooks } from './support/hooks.ts';

const EVENT = { id: 'evt_1', type: 'deployment.deleted', environment: 'pr-42' };

/** The forwarder between a host and the Worker's own route. */
async function forward(
  hooks: Hooks,
  event: unknown,
  changes: Partial<Settings> & { readonly signature?: string } = {},
): Promise<Response> {
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => hooks.app.fetch(new Request(url, init)));
  const { signature, ...settings } = changes;
  const body = JSON.stringify(event);
  const hash = settings.HOST_HASH === 'SHA-1' ? 'sha1' : 'sha256';
  const request = new Request('https://forwarder.example/', {
    method: 'POST',
    headers: { 'x-host-signature': signature ?? createHmac(hash, 'host secret').update(body).digest('hex') },
    body,
  });
  return forwarder.fetch(request, {
    REGISTRAR_URL: 'https://registrar.example/webhooks/deploy/4242',
    REGISTRAR_SECRET: await deploySecret(DEPLOY_SECRET, '4242'),
    HOST_SECRET: 'host secret',
    HOST_HEADER: 'x-host-signature',
    ...settings,
  });
}

test.each<Partial<Settings>>([{}, { HOST_HASH: 'SHA-1' }])('a host’s event becomes ours %j', async (settings) => {
  const hooks = startHooks();
  expect((await forward(hooks, EVENT, settings)).status).toBe(202);
  expect(hooks.taken).toMatchObject([
    {
      repositoryId: '4242',
      delivery: { id: 'deploy:evt_1', event: { kind: 'teardown_asked', environment: 'pr-42' } },
    },
  ]);
});

test('an event without an id has the same one when it is sent again', async () => {
  const hooks = startHooks();
  const { id: _, ...event } = EVENT;
  await forward(hooks, event);
  await forward(hooks, event);
  const ids = hooks.taken.map(({ delivery }) => delivery.id);
  expect(ids).toEqual([ids[0], ids[0]]);
  expect(ids[0]).toMatch(/^deploy:[0-9a-f]{64}$/u);
});

test('an event that means nothing is not forwarded', async () => {
  const hooks = startHooks();
  expect((await forward(hooks, { ...EVENT, type: 'deployment.created' })).status).toBe(202);
  expect(hooks.taken).toEqual([]);
});

test.each(['', 'zz', 'sha256=', '00'.repeat(32)])('a signature like "%s" is refused', async (signature) => {
  const hooks = startHooks();
  expect((await forward(hooks, EVENT, { signature })).status).toBe(401);
  expect(hooks.taken).toEqual([]);
});

test('a secret of another repository fails at the host, too', async () => {
  const hooks = startHooks();
  const REGISTRAR_SECRET = await deploySecret(DEPLOY_SECRET, '4243');
  expect((await forward(hooks, EVENT, { REGISTRAR_SECRET })).status).toBe(502);
});

test('what the Worker cannot take now fails at the host, so that it is sent again', async () => {
  const hooks = startHooks({
    take: async () => {
      throw new Error('overloaded');
    },
  });
  expect((await forward(hooks, EVENT)).status).toBe(502);
});
