import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../worker/webhooks/delivery.ts';
import { SEED } from '../../support/seed.ts';
import { delivered, EVENT_NAMES, GITHUB_SECRET, NOW, realPayloads, sign, startHooks } from './support/hooks.ts';

const closed = realPayloads('pull_request', 'closed')[0];
const LIMIT = 25 * 1024 * 1024;

describe('a delivery that is good', () => {
  it('is handed to the object of its repository, with its id, and answered with 202', async () => {
    const { app, taken, decisions } = startHooks();
    const answer = await app.fetch(delivered('pull_request', closed, { id: '72d3162e-cc78-11e3-81ab-4c9367dc0958' }));
    expect(answer.status).toBe(202);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ status: 'taken' });
    expect(taken).toEqual([
      {
        repositoryId: '186853002',
        delivery: {
          id: 'github:72d3162e-cc78-11e3-81ab-4c9367dc0958',
          receivedAt: NOW,
          event: {
            kind: 'owner_ended',
            repositoryId: '186853002',
            owner: { kind: 'pull_request', number: 2 },
            at: Date.parse('2019-05-15T15:21:18Z'),
          },
        },
      },
    ]);
    expect(decisions).toEqual([
      {
        hook: 'github',
        status: 202,
        outcome: 'taken',
        delivery: 'github:72d3162e-cc78-11e3-81ab-4c9367dc0958',
        event: 'pull_request',
        repositories: 1,
      },
    ]);
  });

  it('reaches every repository of an installation', async () => {
    const { app, taken } = startHooks();
    const repositories = Array.from({ length: 600 }, (_, index) => ({ id: index + 1 }));
    const payload = { ...realPayloads('installation', 'deleted')[0], repositories };
    expect((await app.fetch(delivered('installation', payload))).status).toBe(202);
    expect(taken.map(({ repositoryId }) => Number(repositoryId))).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
  });

  it.each(EVENT_NAMES)('every real payload of %s, signed, is answered with 202', async (name) => {
    const { app } = startHooks();
    for (const payload of realPayloads(name)) expect((await app.fetch(delivered(name, payload))).status).toBe(202);
  });

  it('says when it was known already, or means nothing', async () => {
    const seen = new Set<string>();
    const { app } = startHooks({
      take: async ({ id }) => {
        if (seen.has(id)) return 'repeated';
        seen.add(id);
        return 'taken';
      },
    });
    const outcome = async (event: string, id: string) =>
      (await (await app.fetch(delivered(event, closed, { id }))).json()) as unknown;
    expect(await outcome('pull_request', 'a')).toEqual({ status: 'taken' });
    expect(await outcome('pull_request', 'a')).toEqual({ status: 'repeated' });
    expect(await outcome('watch', 'b')).toEqual({ status: 'ignored' });
    expect(seen).toEqual(new Set(['github:a']));
  });

  it('is to be sent again when the object cannot take it', async () => {
    const { app, decisions } = startHooks({
      take: async () => {
        throw new Error('Durable Object is overloaded: secret text');
      },
    });
    const answer = await app.fetch(delivered('pull_request', closed));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '60']);
    expect(await answer.text()).not.toContain('secret text');
    expect(decisions).toMatchObject([{ status: 503, outcome: 'unavailable' }]);
  });
});

describe('a delivery that is not good reaches no object', () => {
  const big = 'x'.repeat(LIMIT + 1);
  const bad = '{"a":';
  const unsigned = { 'x-hub-signature-256': sign('something else') };
  const streamed = (bytes: number): Request => {
    const chunk = new Uint8Array(1024 * 1024);
    let left = bytes;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (left <= 0) return controller.close();
        controller.enqueue(chunk.subarray(0, Math.min(left, chunk.length)));
        left -= chunk.length;
      },
    });
    const { url, headers } = delivered('push', '{}');
    return new Request(url, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
  };
  const at = (path: string, request: Request) => new Request(new URL(path, request.url), request);

  it.each<[string, number, string | undefined, () => Request]>([
    ['another path, before anything', 404, undefined, () => at('/webhooks/gitlab', delivered('push', big))],
    ['a path below it', 404, undefined, () => at('/webhooks/github/x', delivered('push', '{}'))],
    ['a GET', 405, 'method_not_allowed', () => delivered('push', '', { method: 'GET' })],
    ['a PUT', 405, 'method_not_allowed', () => delivered('push', '', { method: 'PUT' })],
    [
      'a form, before its size',
      415,
      'content_type_unsupported',
      () => delivered('push', big, { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    ],
    [
      'no content type',
      415,
      'content_type_unsupported',
      () => delivered('push', '{}', { headers: { 'content-type': '' } }),
    ],
    [
      'too large by what it says, before its signature',
      413,
      'body_too_large',
      () => delivered('push', '{}', { headers: { 'content-length': String(LIMIT + 1), ...unsigned } }),
    ],
    ['too large by what comes', 413, 'body_too_large', () => streamed(LIMIT + 1)],
    [
      'a wrong signature, before its JSON',
      401,
      'signature_invalid',
      () => delivered('push', bad, { headers: unsigned }),
    ],
    [
      'no signature',
      401,
      'signature_invalid',
      () => delivered('push', '{}', { headers: { 'x-hub-signature-256': '' } }),
    ],
    ['not JSON, before its event', 400, 'body_not_json', () => delivered('', bad)],
    ['an empty body', 400, 'body_not_json', () => delivered('push', '')],
    ['no event', 400, 'event_invalid', () => delivered('', '{}')],
    ['no delivery', 400, 'event_invalid', () => delivered('push', '{}', { id: '' })],
    ['a delivery of any length', 400, 'event_invalid', () => delivered('push', '{}', { id: 'x'.repeat(65) })],
  ])('%s', async (_what, status, error, request) => {
    const { app, taken, decisions } = startHooks();
    const answer = await app.fetch(request());
    expect(answer.status).toBe(status);
    expect(taken).toEqual([]);
    if (error === undefined) return expect(decisions).toEqual([]);
    expect(await answer.json()).toEqual({ error, message: expect.any(String) });
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'POST' : null);
    expect(decisions).toEqual([{ hook: 'github', status, outcome: error }]);
  });

  it('exactly the largest one is read', async () => {
    const { app } = startHooks();
    expect((await app.fetch(streamed(LIMIT))).status).toBe(401);
  });

  it.each([[[]], [['']]])('everything, while no secret is set (%j)', async (githubSecrets) => {
    const { app, taken } = startHooks({ config: { githubSecrets } });
    expect((await app.fetch(delivered('pull_request', closed))).status).toBe(404);
    expect(taken).toEqual([]);
  });

  it('a signature for another body, whatever was changed in it', async () => {
    const { app, taken } = startHooks();
    const text = JSON.stringify(closed);
    const signature = { 'x-hub-signature-256': sign(text) };
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (index, code) => {
        const other = text.slice(0, index) + String.fromCharCode(code) + text.slice(index + 1);
        const { status } = await app.fetch(delivered('pull_request', other, { headers: signature }));
        expect(status).toBe(other === text ? 202 : 401);
      }),
      { numRuns: 60, seed: SEED },
    );
    expect(taken.every(({ delivery }: { delivery: Delivery }) => delivery.event.kind === 'owner_ended')).toBe(true);
  });
});

it('takes the old and the new secret while one replaces the other', async () => {
  const { app } = startHooks({ config: { githubSecrets: ['new one', GITHUB_SECRET] } });
  const status = async (secret: string) => {
    const headers = { 'x-hub-signature-256': sign('{}', secret) };
    return (await app.fetch(delivered('push', '{}', { headers }))).status;
  };
  expect([await status('new one'), await status(GITHUB_SECRET), await status('older')]).toEqual([202, 202, 401]);
  const { app: onLines } = startHooks({ config: { githubSecrets: [`\n${GITHUB_SECRET}\r\nnew one\n`] } });
  expect((await onLines.fetch(delivered('pull_request', closed))).status).toBe(202);
});
