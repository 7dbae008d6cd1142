import { describe, expect, it } from 'vitest';
import { waitSeconds } from '../../shared/publish/github-pace.ts';
import { failedRequest } from '../../shared/publish/github-request.ts';
import { tokenKindOf } from '../../shared/publish/token-kind.ts';
import { NOW } from './setup.ts';

const reset = (seconds: number) => String(NOW / 1000 + seconds);

function wait(status: number, headers: Record<string, string> = {}, message?: unknown): number | undefined {
  return waitSeconds({ status, header: (name) => headers[name], data: { message } }, NOW);
}

describe('how long GitHub wants us to wait', () => {
  it.each([
    ['a limit with a time', 403, { 'retry-after': '20' }, 20],
    ['a limit with a time', 429, { 'retry-after': '20' }, 20],
    ['a limit with a time of nothing', 429, { 'retry-after': '0' }, 1],
    ['a primary limit', 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(30) }, 30],
    ['a primary limit that is over', 429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(-5) }, 1],
    ['a primary limit without a time', 403, { 'x-ratelimit-remaining': '0' }, 60],
    ['a 429 that says nothing', 429, {}, 60],
    ['a time without an end', 429, { 'retry-after': '9'.repeat(400) }, 86_400],
    [
      'a primary limit without an end',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9'.repeat(400) },
      86_400,
    ],
    ['a time that is none', 429, { 'retry-after': 'soon' }, 60],
    ['a server that is away for a time', 503, { 'retry-after': '5' }, 5],
    ['a server that is away at once', 503, { 'retry-after': '0' }, 1],
    ['a server that is away', 503, {}, undefined],
    ['a missing right', 403, { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': reset(30) }, undefined],
    ['success', 200, { 'retry-after': '20' }, undefined],
    ['an error', 500, { 'retry-after': '20' }, undefined],
  ])('%s (%i %o): %s', (_, status, headers, seconds) => {
    expect(wait(status, headers as Record<string, string>)).toBe(seconds);
  });

  it.each([
    ['You have exceeded a secondary rate limit.', 60],
    ['API rate limit exceeded for installation ID 1.', 60],
    ['Resource not accessible by integration', undefined],
    [7, undefined],
  ])('is told by the words of a 403 alone: %s', (message, seconds) => {
    expect(wait(403, {}, message)).toBe(seconds);
  });

  it.each([undefined, null, 'text', {}])('is not told by a 403 with %j', (data) => {
    expect(waitSeconds({ status: 403, header: () => undefined, data }, NOW)).toBeUndefined();
  });
});

describe('failedRequest', () => {
  it('reads status, headers and data of an answer', () => {
    const headers = { 'retry-after': 5, link: 'x', odd: {} };
    const failed = failedRequest({ status: 403, response: { headers, data: 'words' } });
    expect(failed).toMatchObject({ status: 403, data: 'words' });
    expect(['retry-after', 'link', 'odd', 'missing'].map(failed.header)).toEqual(['5', 'x', undefined, undefined]);
  });

  it('reads an answer without headers', () => {
    expect(failedRequest({ status: 404, response: {} }).header('link')).toBeUndefined();
  });

  it.each([
    undefined,
    null,
    'text',
    new TypeError('fetch failed'),
    { status: 500 },
    { response: {} },
    { status: 500, response: null },
    { status: 'x', response: {} },
  ])('takes %o for no answer', (error) => {
    const failed = failedRequest(error);
    expect(failed.status).toBeUndefined();
    expect(failed.header('retry-after')).toBeUndefined();
  });
});

describe('tokenKindOf', () => {
  it.each([
    ['ghs_abc', 'app'],
    ['github_pat_abc', 'fine-grained'],
    ['ghp_abc', 'classic'],
    ['gho_abc', 'user'],
    ['ghu_abc', 'user'],
    ['0123456789abcdef', 'unknown'],
    ['ghs_job', 'job'],
  ])('%s is %s', (token, kind) => {
    expect(tokenKindOf(token, 'ghs_job')).toBe(kind);
  });
});
