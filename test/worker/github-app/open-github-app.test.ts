import { afterEach, describe, expect, it } from 'vitest';
import { isRegistrarError } from '../../../shared/errors/registrar-error.ts';
import type { Fetch } from '../../../shared/ports/ports.ts';
import { failedRequest } from '../../../shared/publish/github-request.ts';
import { createGitHubSink } from '../../../shared/publish/github-sink.ts';
import { openGitHubApp } from '../../../worker/github-app/open-github-app.ts';
import { APP_ID, INSTALLATION, NOW, PKCS1, PKCS8, REPOSITORY, type Scene, startScene } from './support/app.ts';

let scene: Scene;
afterEach(() => scene.github.close());

const TOKENS = '/app/installations/{installation_id}/access_tokens';
const minted = () => scene.github.count({ template: TOKENS });
const codeOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return isRegistrarError(error) ? error.code : error;
};

async function publicKey(rights = { secrets: 'write' } as const): Promise<number> {
  const { request, owner, repo } = await scene.app.requestFor(REPOSITORY, rights);
  return (await request('GET /repos/{owner}/{repo}/actions/secrets/public-key', { owner, repo })).status;
}

describe('without the App’s id or key', () => {
  it.each([
    [undefined, PKCS1],
    [APP_ID, undefined],
    ['', ''],
  ])('there is no App (%s)', async (appId, privateKey) => {
    scene = await startScene();
    const clock = { now: () => NOW };
    expect(openGitHubApp({ appId, privateKey, apiUrl: 'https://api.github.com', fetch, clock })).toBeUndefined();
  });
});

describe('a token for one repository', () => {
  it('has the rights that were asked for and no other', async () => {
    scene = await startScene();
    const { request, owner, repo, rights } = await scene.app.requestFor(REPOSITORY, { secrets: 'write' });
    expect({ owner, repo, rights }).toEqual({
      owner: 'octo',
      repo: 'app',
      rights: { secrets: 'write', metadata: 'read' },
    });
    expect([...(scene.github.app?.tokens.values() ?? [])]).toMatchObject([
      { installation: 991, repositories: [4242], permissions: { secrets: 'write' } },
    ]);
    await expect(request('GET /repos/{owner}/{repo}/actions/variables', { owner, repo })).rejects.toMatchObject({
      status: 403,
    });
  });

  it('publishes and takes back again through the sink', async () => {
    scene = await startScene({ key: PKCS8 });
    const clock = { now: () => NOW, sleep: async () => {} };
    const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
    const access = await scene.app.requestFor(REPOSITORY, { secrets: 'write' });
    const sink = createGitHubSink({ ...access, tokenKind: 'app', clock, random });
    const items = [{ kind: 'secret', name: 'WEB_SECRET', field: 'client_secret' }] as const;
    const [claim] = await sink.claim({ targets: [{ kind: 'github', createEnvironment: false, items }], ours: [] });
    if (claim === undefined) throw new TypeError('nothing was claimed');
    const written = await sink.write(claim, 's3cret');
    expect(scene.github.secrets()).toEqual({ WEB_SECRET: 's3cret' });
    expect(written.tokenKind).toBe('app');
    await sink.erase(written);
    expect(scene.github.secrets()).toEqual({});
    expect(minted()).toBe(1);
  });

  it('is made once for calls at the same time, and anew shortly before it ends', async () => {
    scene = await startScene();
    await Promise.all([publicKey(), publicKey(), publicKey()]);
    expect(minted()).toBe(1);
    scene.clock.ms += 54 * 60_000;
    await publicKey();
    expect(minted()).toBe(1);
    scene.clock.ms += 2 * 60_000;
    expect(await publicKey()).toBe(200);
    expect(minted()).toBe(2);
  });

  it('is renewed under work that lasts longer than the token', async () => {
    scene = await startScene();
    const { request } = await scene.app.requestFor(REPOSITORY, { secrets: 'write' });
    scene.clock.ms += 3 * 3_600_000;
    expect((await request('GET /repos/{owner}/{repo}/actions/secrets')).status).toBe(200);
    expect(minted()).toBe(2);
  });

  it('is replaced once when it was revoked', async () => {
    scene = await startScene();
    const { request } = await scene.app.requestFor(REPOSITORY, { secrets: 'write' });
    scene.github.app?.tokens.clear();
    expect((await request('GET /repos/{owner}/{repo}/actions/secrets')).status).toBe(200);
    scene.github.fault({ template: '/actions/secrets', times: 9, answer: { kind: 'status', status: 401 } });
    await expect(request('GET /repos/{owner}/{repo}/actions/secrets')).rejects.toMatchObject({ status: 401 });
    expect(minted()).toBe(3);
  });

  it('is one of its own for other rights and other repositories', async () => {
    scene = await startScene({ app: { otherNames: { 'octo/other': 4243 } } });
    await publicKey();
    await scene.app.requestFor(REPOSITORY, { environments: 'write', secrets: 'write' });
    await scene.app.requestFor(REPOSITORY, { secrets: 'write', environments: 'write' });
    const other = await scene.app.requestFor({ id: '4243', fullName: 'octo/other' }, { secrets: 'write' });
    expect(minted()).toBe(3);
    const call = other.request('GET /repos/octo/app/actions/secrets');
    await expect(call).rejects.toMatchObject({ status: 404 });
  });

  it('goes to the repository’s present name', async () => {
    scene = await startScene({ app: { formerNames: ['octo/old-name'] } });
    const old = { ...REPOSITORY, fullName: 'octo/old-name' };
    const access = await scene.app.requestFor(old, { secrets: 'write' });
    expect([access.owner, access.repo]).toEqual(['octo', 'app']);
    const { status } = await access.request('GET /repos/{owner}/{repo}/actions/secrets', {
      owner: 'octo',
      repo: 'old-name',
    });
    expect(status).toBe(200);
  });

  it('names its repository even where the answer does not', async () => {
    scene = await startScene({ app: { namesRepositories: false } });
    const { owner, repo } = await scene.app.requestFor(REPOSITORY, { secrets: 'write' });
    expect([owner, repo]).toEqual(['octo', 'app']);
    expect(scene.github.count({ template: '/installation/repositories' })).toBe(1);
  });

  it('is asked for again after an answer without one', async () => {
    scene = await startScene({ installation: { repositories: [4242] } });
    scene.github.fault({ template: TOKENS, answer: { kind: 'half' } });
    expect(await codeOf(publicKey())).toBe('github_failed');
    expect(await publicKey()).toBe(200);
  });
});

describe('finding the installation', () => {
  it('by the owner’s id where no name is known', async () => {
    const others = Array.from({ length: 150 }, (_, index) => ({
      ...INSTALLATION,
      id: index + 1,
      account: { id: index + 1000, login: `other-${index}` },
      repositories: [],
    }));
    scene = await startScene({ installations: [...others, INSTALLATION] });
    expect(await scene.app.rightsAt({ id: '4242', ownerId: '77' })).toMatchObject({ secrets: 'write' });
    expect(scene.github.count({ template: '/app/installations' })).toBe(2);
  });

  it('not by a name that belongs to somebody else by now', async () => {
    const stranger = { ...INSTALLATION, id: 5, account: { id: 666, login: 'octo' }, repositories: [7] };
    scene = await startScene({ installations: [stranger], app: { otherNames: { 'octo/app': 7 } } });
    expect(await scene.app.rightsAt(REPOSITORY)).toBeUndefined();
    expect(await codeOf(scene.app.requestFor(REPOSITORY, { secrets: 'write' }))).toBe('publish_forbidden');
    const unnamed = { id: '4242', fullName: 'octo/app' };
    expect(await codeOf(scene.app.requestFor(unnamed, { secrets: 'write' }))).toBe('publish_forbidden');
    expect(scene.github.app?.tokens.size).toBe(0);
  });

  it.each([
    ['neither name nor owner', { id: '4242' }],
    ['a name that is none', { id: '4242', fullName: 'octo' }],
    ['an owner who did not install it', { id: '4242', ownerId: '78' }],
    ['a repository that is not there', { id: '4242', fullName: 'octo/gone' }],
  ])('in vain with %s', async (_what, repository) => {
    scene = await startScene();
    expect(await scene.app.rightsAt(repository)).toBeUndefined();
  });

  it('is remembered for five minutes, unless a webhook says that it changed', async () => {
    scene = await startScene();
    const asked = () => scene.github.count({ template: '/repos/{owner}/{repo}/installation' });
    await Promise.all([scene.app.rightsAt(REPOSITORY), scene.app.rightsAt(REPOSITORY)]);
    expect(asked()).toBe(1);
    scene.app.forget(REPOSITORY);
    await scene.app.rightsAt(REPOSITORY);
    scene.clock.ms += 300_001;
    await scene.app.rightsAt(REPOSITORY);
    expect(asked()).toBe(3);
  });
});

describe('what may be promised', () => {
  it('is what the installation was granted', async () => {
    scene = await startScene();
    expect(await scene.app.rightsAt(REPOSITORY)).toEqual({ ...INSTALLATION.permissions, metadata: 'read' });
  });

  it.each([
    ['is suspended', { suspended: true }],
    ['was not given the repository', { repositories: [1] }],
  ])('nothing where the App %s', async (_what, installation) => {
    scene = await startScene({ installation });
    expect(await codeOf(scene.app.requestFor(REPOSITORY, { secrets: 'write' }))).toBe('publish_forbidden');
  });

  it('no right that is missing: it is named, and nothing is asked for', async () => {
    scene = await startScene();
    const error = await scene.app
      .requestFor(REPOSITORY, { secrets: 'write', administration: 'write', pull_requests: 'write' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'publish_forbidden',
      message: 'The GitHub App lacks administration: write, pull_requests: write in octo/app.',
    });
    expect(minted()).toBe(0);
  });

  it('nothing where the App was uninstalled, or a right taken away, a moment ago', async () => {
    scene = await startScene();
    await scene.app.rightsAt(REPOSITORY);
    const { app } = scene.github;
    if (app === undefined) throw new TypeError('there is no App');
    app.installations = [{ ...INSTALLATION, permissions: {} }];
    expect(await codeOf(scene.app.requestFor(REPOSITORY, { secrets: 'write' }))).toBe('publish_forbidden');
    expect(await scene.app.rightsAt(REPOSITORY)).toEqual({ metadata: 'read' });
    app.installations = [];
    expect(await codeOf(scene.app.requestFor(REPOSITORY, { metadata: 'read' }))).toBe('publish_forbidden');
    expect(await scene.app.rightsAt(REPOSITORY)).toBeUndefined();
  });
});

describe('an owner that may have ended', () => {
  const pull = (number: number, state: 'open' | 'closed') =>
    scene.github.pull({ number, state, head: { ref: 'feature', sha: '0'.repeat(40) } });

  it('is a pull request: open, closed, or not there', async () => {
    scene = await startScene();
    pull(1, 'open');
    pull(2, 'closed');
    expect(await scene.app.isPullRequestOpen(REPOSITORY, 1)).toBe(true);
    expect(await scene.app.isPullRequestOpen(REPOSITORY, 2)).toBe(false);
    expect(await scene.app.isPullRequestOpen(REPOSITORY, 3)).toBe(false);
  });

  it('is a branch: there or not', async () => {
    scene = await startScene({ installation: { permissions: { contents: 'read' } } });
    scene.github.setRef('refs/heads/feature/x', '0'.repeat(40));
    expect(await scene.app.isBranchThere(REPOSITORY, 'feature/x')).toBe(true);
    expect(await scene.app.isBranchThere(REPOSITORY, 'feature')).toBe(false);
  });

  it('is not known where the App may not look', async () => {
    scene = await startScene({ installation: { permissions: { secrets: 'write' } } });
    expect(await scene.app.isPullRequestOpen(REPOSITORY, 1)).toBeUndefined();
    expect(await scene.app.isBranchThere(REPOSITORY, 'main')).toBeUndefined();
  });

  it('is not known while GitHub cannot be asked, which is no answer either', async () => {
    scene = await startScene();
    scene.github.fault({ template: '/pulls/{pull_number}', answer: { kind: 'status', status: 502 } });
    expect(await codeOf(scene.app.isPullRequestOpen(REPOSITORY, 1))).toBe('github_failed');
  });

  it('is not known from an answer that does not say so, such as a page of something in between', async () => {
    const fetch: Fetch = async (url, init) =>
      url.includes('/pulls/') ? new Response('<html>Sign in</html>') : globalThis.fetch(url, init as RequestInit);
    scene = await startScene({ fetch });
    expect(await codeOf(scene.app.isPullRequestOpen(REPOSITORY, 1))).toBe('github_failed');
  });
});

describe('repository_dispatch', () => {
  const event = { type: 'oauth-client-rotated', payload: { environment: 'production' } };

  it('starts workflows where the App may write contents', async () => {
    scene = await startScene({ installation: { permissions: { contents: 'write' } } });
    await scene.app.dispatch(REPOSITORY, event);
    expect(scene.github.dispatches).toEqual([event]);
  });

  it('is refused where it may not, and fails where GitHub does', async () => {
    scene = await startScene({ installation: { permissions: { contents: 'read' } } });
    expect(await codeOf(scene.app.dispatch(REPOSITORY, event))).toBe('publish_forbidden');
    await scene.github.close();
    scene = await startScene({ installation: { permissions: { contents: 'write' } } });
    scene.github.fault({ template: '/dispatches', answer: { kind: 'status', status: 500 } });
    expect(await codeOf(scene.app.dispatch(REPOSITORY, event))).toBe('github_failed');
  });
});

describe('GitHub in trouble', () => {
  it.each<[string, number, Record<string, string>, string, number | undefined]>([
    ['down', 503, {}, 'github_failed', undefined],
    ['asking to slow down', 429, { 'retry-after': '17' }, 'rate_limited', 17],
    [
      'out of calls',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 90) },
      'rate_limited',
      90,
    ],
  ])('%s, when asked for a token', async (_what, status, headers, code, retryAfterSeconds) => {
    scene = await startScene();
    scene.github.fault({ template: TOKENS, answer: { kind: 'status', status, headers } });
    const error = await publicKey().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, retryAfterSeconds });
    expect(await publicKey()).toBe(200);
  });

  it('gives no answer', async () => {
    scene = await startScene();
    scene.github.fault({ template: '/repos/{owner}/{repo}/installation', answer: { kind: 'cut' } });
    const error = await scene.app.rightsAt(REPOSITORY).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'github_failed', message: expect.stringContaining('gave no answer') });
    expect(await scene.app.rightsAt(REPOSITORY)).toBeDefined();
  });

  it('does not know the App, and says what to check', async () => {
    scene = await startScene({ app: { id: '999' } });
    const error = await scene.app.rightsAt(REPOSITORY).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'github_failed', hint: expect.stringContaining('GH_APP_ID') });
  });

  it('gets no token with a key that is none, and the key is not in the message', async () => {
    scene = await startScene({ key: 'hunter2 is no key' });
    const error = await scene.app.rightsAt(REPOSITORY).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'github_failed', message: expect.stringContaining('GH_APP_PRIVATE_KEY') });
    expect(String(error)).not.toContain('hunter2');
  });

  it('redirects, and no token follows', async () => {
    const seen: string[] = [];
    scene = await startScene({
      fetch: async (url, init) => {
        seen.push(url);
        return url.includes('/actions/')
          ? new Response(null, { status: 307, headers: { location: 'https://evil.example/' } })
          : await fetch(url, init);
      },
    });
    const { request } = await scene.app.requestFor(REPOSITORY, { secrets: 'write' });
    const failure = failedRequest(await request('GET /repos/{owner}/{repo}/actions/secrets').catch((e: unknown) => e));
    expect(failure.status).toBe(307);
    expect(seen.filter((url) => url.includes('evil'))).toEqual([]);
  });
});

it('signs its own tokens for nine minutes, a minute back, and makes new ones in time', async () => {
  const bearers = new Set<string>();
  scene = await startScene({
    fetch: async (url, init) => {
      bearers.add(new Headers(init.headers).get('authorization') ?? '');
      return await fetch(url, init);
    },
  });
  for (const minutes of [0, 7, 2, 60]) {
    scene.clock.ms += minutes * 60_000;
    scene.app.forget(REPOSITORY);
    expect(await scene.app.rightsAt(REPOSITORY)).toBeDefined();
  }
  const claims = [...bearers].map((bearer) => JSON.parse(atob(bearer.split('.')[1] ?? '')) as unknown);
  expect(claims).toEqual([
    { iss: APP_ID, iat: NOW / 1000 - 60, exp: NOW / 1000 + 540 },
    expect.objectContaining({ exp: NOW / 1000 + 540 + 540 }),
    expect.objectContaining({ exp: NOW / 1000 + 540 + 3600 + 540 }),
  ]);
});
