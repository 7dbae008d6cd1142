import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deploySecret } from '../../../worker/webhooks/verify-deploy.ts';
import { DEPLOY_SECRET, NOW, startHooks } from './support/hooks.ts';

const TEARDOWN = { type: 'deploy.teardown', timestamp: '2026-11-25T12:00:00Z', data: { environment: 'pr-42' } };

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

type Changes = {
  readonly id?: string;
  readonly at?: number;
  readonly repositoryId?: string;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

async function message(payload: unknown, changes: Changes = {}): Promise<Request> {
  const { id = 'msg_1', at = NOW, repositoryId = '4242', secret = await deploySecret(DEPLOY_SECRET, '4242') } = changes;
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return new Request(`https://registrar.example/webhooks/deploy/${repositoryId}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, new Date(at), body),
      ...changes.headers,
    },
    body,
  });
}

describe('a message of a host', () => {
  it('asks for the teardown of an environment', async () => {
    const { app, taken, decisions } = startHooks();
    const answer = await app.fetch(await message(TEARDOWN));
    expect([answer.status, await answer.json()]).toEqual([202, { status: 'taken' }]);
    const event = { kind: 'teardown_asked', repositoryId: '4242', environment: 'pr-42', at: NOW };
    expect(taken).toEqual([{ repositoryId: '4242', delivery: { id: 'deploy:msg_1', receivedAt: NOW, event } }]);
    expect(decisions).toMatchObject([{ hook: 'deploy', outcome: 'taken', event: 'teardown_asked' }]);
  });

  it('asks for the rotation of one client', async () => {
    const { app, taken } = startHooks();
    const rotate = { type: 'deploy.rotate', data: { environment: 'pr-42', name: 'web' } };
    expect((await app.fetch(await message(rotate))).status).toBe(202);
    expect(taken[0]?.delivery.event).toEqual({
      kind: 'rotation_asked',
      repositoryId: '4242',
      environment: 'pr-42',
      name: 'web',
      at: NOW,
    });
  });

  it('means nothing if its type is another one', async () => {
    const { app, taken } = startHooks();
    const answer = await app.fetch(await message({ type: 'deploy.created', data: { environment: 'pr-42' } }));
    expect([answer.status, await answer.json()]).toEqual([202, { status: 'ignored' }]);
    expect(taken).toEqual([]);
  });

  it.each([
    ['five minutes old', NOW - 300_000, 202],
    ['older', NOW - 302_000, 401],
    ['five minutes ahead', NOW + 300_000, 202],
    ['further ahead', NOW + 302_000, 401],
  ])('that is %s', async (_what, at, status) => {
    const { app } = startHooks();
    expect((await app.fetch(await message(TEARDOWN, { at }))).status).toBe(status);
  });

  it('keeps its id when it is sent again', async () => {
    const { app, taken } = startHooks();
    await app.fetch(await message(TEARDOWN, { id: 'msg_7' }));
    await app.fetch(await message(TEARDOWN, { id: 'msg_7', at: NOW + 60_000 }));
    expect(taken.map(({ delivery }) => delivery.id)).toEqual(['deploy:msg_7', 'deploy:msg_7']);
  });

  it('may carry several signatures, one of which fits', async () => {
    const { app } = startHooks();
    const good = (await message(TEARDOWN)).headers.get('webhook-signature') ?? '';
    const headers = { 'webhook-signature': `v1a,abc v1 v1,AAAA ${good}` };
    expect((await app.fetch(await message(TEARDOWN, { headers }))).status).toBe(202);
  });

  it('is taken with the old secret while a new one replaces it', async () => {
    const { app } = startHooks({ config: { deploySecrets: ['new', DEPLOY_SECRET] } });
    expect((await app.fetch(await message(TEARDOWN))).status).toBe(202);
    const secret = await deploySecret('new', '4242');
    expect((await app.fetch(await message(TEARDOWN, { secret }))).status).toBe(202);
  });
});

describe('the secret of a repository', () => {
  it('is what anybody with the Worker’s secret can compute', async () => {
    const expected = createHmac('sha256', DEPLOY_SECRET).update('4242').digest('base64');
    expect(await deploySecret(DEPLOY_SECRET, '4242')).toBe(`whsec_${expected}`);
  });

  it('speaks for no other repository', async () => {
    const { app, taken } = startHooks();
    expect((await app.fetch(await message(TEARDOWN, { repositoryId: '4243' }))).status).toBe(401);
    expect(taken).toEqual([]);
  });
});

describe('what is refused reaches no object', () => {
  it.each<[string, number, unknown, Changes]>([
    ['no number of a repository', 404, TEARDOWN, { repositoryId: 'octo' }],
    ['a number with zeros before it', 404, TEARDOWN, { repositoryId: '04242' }],
    ['another content type', 415, TEARDOWN, { headers: { 'content-type': 'text/plain' } }],
    ['more than it may be', 413, 'x'.repeat(64 * 1024 + 1), {}],
    ['another secret', 401, TEARDOWN, { secret: 'whsec_AAAA' }],
    ['no id', 401, TEARDOWN, { headers: { 'webhook-id': '' } }],
    ['another id', 401, TEARDOWN, { headers: { 'webhook-id': 'msg_2' } }],
    ['an id of any length', 401, TEARDOWN, { id: 'x'.repeat(257) }],
    ['no time', 401, TEARDOWN, { headers: { 'webhook-timestamp': '' } }],
    ['another time', 401, TEARDOWN, { headers: { 'webhook-timestamp': String(NOW / 1000 - 1) } }],
    ['no signature', 401, TEARDOWN, { headers: { 'webhook-signature': '' } }],
    ['a version without a signature', 401, TEARDOWN, { headers: { 'webhook-signature': 'v1' } }],
    ['not JSON', 400, '{', {}],
    ['an empty body', 400, '', {}],
    ['no object', 400, 'null', {}],
    ['no type', 400, { data: { environment: 'pr-42' } }, {}],
    ['no environment', 400, { type: 'deploy.teardown', data: {} }, {}],
    ['an empty environment', 400, { type: 'deploy.teardown', data: { environment: '' } }, {}],
    ['no name', 400, { type: 'deploy.rotate', data: { environment: 'pr-42' } }, {}],
  ])('%s', async (_what, status, payload, changes) => {
    const { app, taken } = startHooks();
    expect((await app.fetch(await message(payload, changes))).status).toBe(status);
    expect(taken).toEqual([]);
  });

  it('a GET, and everything while no secret is set', async () => {
    const { app } = startHooks();
    expect((await app.request('/webhooks/deploy/4242')).status).toBe(405);
    const { app: without } = startHooks({ config: { deploySecrets: [] } });
    expect((await without.fetch(await message(TEARDOWN))).status).toBe(404);
  });
});
