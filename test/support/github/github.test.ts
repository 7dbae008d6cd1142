import { getOctokit } from '@actions/github';
import sodium from 'libsodium-wrappers';
import { afterEach, describe, expect, it } from 'vitest';
import { failedRequest, GITHUB_HEADERS } from '../../../shared/publish/github-request.ts';
import { secondaryLimit } from './faults.ts';
import { type GitHub, type GitHubOptions, startGitHub } from './server.ts';

const TOKENS = {
  job: { kind: 'job', permissions: { contents: 'write', secrets: 'write' } },
  pat: { kind: 'fine-grained', permissions: { secrets: 'write', variables: 'write', environments: 'write' } },
  app: { kind: 'app', permissions: { actions_variables: 'write' } },
  elsewhere: { kind: 'app', permissions: { secrets: 'write' }, otherRepository: true },
  owner: { kind: 'classic', permissions: { repo: 'write' } },
  stranger: { kind: 'classic', permissions: { public_repo: 'write' } },
} as const;

let github: GitHub;
afterEach(() => github.close());

async function start(options: Partial<GitHubOptions> = {}): Promise<void> {
  github = await startGitHub({ tokens: TOKENS, ...options });
}

function call(token: string, route: string, parameters: Record<string, unknown> = {}) {
  const { request } = getOctokit(token, { baseUrl: github.url });
  return request(route, { owner: 'octo', repo: 'app', headers: GITHUB_HEADERS, ...parameters }).then(
    ({ status, data, headers }) => ({
      status: status as number,
      data: data as unknown,
      header: (name: string) => (headers as Readonly<Record<string, string | undefined>>)[name],
    }),
    (error: unknown) => failedRequest(error),
  );
}

async function sealed(value: string, path = ''): Promise<Record<string, string>> {
  const route = path === '' ? 'GET /repos/{owner}/{repo}/actions/secrets/public-key' : `GET ${path}/public-key`;
  const { key_id, key } = (await call('pat', route)).data as { key_id: string; key: string };
  await sodium.ready;
  const box = sodium.crypto_box_seal(value, sodium.from_base64(key, sodium.base64_variants.ORIGINAL));
  return { key_id, encrypted_value: sodium.to_base64(box, sodium.base64_variants.ORIGINAL) };
}

const PUT = 'PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}';

describe('the GitHub stand-in', () => {
  it('opens a sealed secret and refuses one sealed for another key', async () => {
    await start();
    const body = await sealed('hunter2');
    expect((await call('pat', PUT, { secret_name: 'a', ...body })).status).toBe(201);
    expect((await call('pat', PUT, { secret_name: 'A', ...body })).status).toBe(204);
    expect(github.secrets()).toEqual({ A: 'hunter2' });
    github.seedEnvironment('production');
    const other = await sealed('x', '/repos/{owner}/{repo}/environments/production/secrets');
    expect((await call('pat', PUT, { secret_name: 'A', ...other })).status).toBe(422);
    github.rotateKey();
    expect((await call('pat', PUT, { secret_name: 'A', ...body })).status).toBe(422);
    const { key_id } = await sealed('x');
    expect((await call('pat', PUT, { secret_name: 'A', ...body, key_id })).status).toBe(422);
    expect((await call('pat', PUT, { secret_name: 'GITHUB_A', ...(await sealed('x')) })).status).toBe(422);
  });

  it('never lets the token of a job write a secret, and names the permission', async () => {
    await start();
    const answer = await call('job', PUT, { secret_name: 'A', key_id: '1', encrypted_value: 'AAAA' });
    expect(answer.status).toBe(403);
    expect(answer.header('x-accepted-github-permissions')).toBe('secrets=write');
  });

  it.each([
    // secrets, variables, environment secrets
    ['job', [403, 403, 403]],
    ['pat', [200, 200, 200]],
    ['app', [403, 200, 403]],
    ['elsewhere', [404, 404, 404]],
    ['owner', [200, 200, 200]],
    ['stranger', [404, 404, 404]],
    ['nobody', [401, 401, 401]],
  ] as const)('lets a token of the kind "%s" read what its kind and permissions say', async (token, statuses) => {
    await start();
    github.seedEnvironment('production');
    const seen: unknown[] = [];
    for (const path of ['actions/secrets', 'actions/variables', 'environments/production/secrets']) {
      seen.push((await call(token, `GET /repos/{owner}/{repo}/${path}`)).status);
    }
    expect(seen).toEqual(statuses);
  });

  it('counts calls by token, and refuses those over the limit until the hour is over', async () => {
    let now = 1_700_000_000_000;
    await start({ rates: { hourly: 2 }, now: () => now });
    const ask = async (token: string) => {
      const { status, header } = await call(token, 'GET /repos/{owner}/{repo}');
      return [status, header('x-ratelimit-remaining'), header('x-ratelimit-reset')];
    };
    const reset = String(1_700_000_000 + 3600);
    expect([await ask('job'), await ask('job'), await ask('job')]).toEqual([
      [200, '1', reset],
      [200, '0', reset],
      [403, '0', reset],
    ]);
    expect(await ask('pat')).toEqual([200, '1', reset]);
    now += 3_600_000;
    expect(await ask('job')).toEqual([200, '1', String(1_700_000_000 + 7200)]);
  });

  it('gives the token of a job a smaller allowance', async () => {
    await start();
    const limit = async (token: string) => (await call(token, 'GET /repos/{owner}/{repo}')).header('x-ratelimit-limit');
    expect([await limit('job'), await limit('pat'), await limit('owner')]).toEqual(['1000', '5000', '5000']);
  });

  it('refuses writes that come too fast, says when to come back, and keeps to it', async () => {
    let now = 1_700_000_000_000;
    await start({ rates: { writesPerMinute: 1 }, now: () => now });
    const write = async (name: string) => {
      const answer = await call('pat', 'POST /repos/{owner}/{repo}/actions/variables', { name, value: 'x' });
      return [answer.status, answer.header('retry-after')];
    };
    expect(await write('A')).toEqual([201, undefined]);
    now += 20_000;
    expect(await write('B')).toEqual([403, '40']);
    expect((await call('pat', 'GET /repos/{owner}/{repo}/actions/variables')).status).toBe(200);
    now += 40_000;
    expect(await write('B')).toEqual([201, undefined]);
  });

  it('hides a private repository from a token that is not for it', async () => {
    await start();
    expect((await call('stranger', 'GET /repos/{owner}/{repo}')).status).toBe(404);
    expect((await call('nobody', 'GET /repos/{owner}/{repo}')).status).toBe(401);
    expect((await call('pat', 'GET /repos/{owner}/{repo}', { headers: {} })).status).toBe(400);
  });

  it('refuses what GitHub’s description does not allow, and fails a test that does not expect it', async () => {
    await start();
    const wrong = { name: 'A', value: 1 };
    expect((await call('pat', 'POST /repos/{owner}/{repo}/actions/variables', wrong)).status).toBe(422);
    expect(github.takeViolations()).toEqual([
      expect.stringMatching(/^request POST \/repos\/octo\/app\/actions\/variables: value: /u),
    ]);
    github.seedVariable('A', 1 as unknown as string);
    await call('pat', 'GET /repos/{owner}/{repo}/actions/variables/{name}', { name: 'A' });
    await expect(github.close()).rejects.toThrow(/answer to GET \/repos\/octo\/app\/actions\/variables\/A: value: /u);
    expect(github.takeViolations()).toHaveLength(1);
  });

  it('moves a ref forward only', async () => {
    await start();
    const ref = 'refs/oauth-registrar/pr-1';
    const base = Object.values(github.refs())[0] ?? '';
    const next = github.commit({ branch: 'next', files: { a: '1' } });
    const side = github.commit({ branch: 'side', files: { a: '2' } });
    const route = 'PATCH /repos/{owner}/{repo}/git/refs/{ref}';
    const create = () => call('job', 'POST /repos/{owner}/{repo}/git/refs', { ref, sha: base });
    expect((await create()).status).toBe(201);
    expect((await create()).status).toBe(422);
    const move = (sha: string) => call('job', route, { ref: 'oauth-registrar/pr-1', sha, force: false });
    expect((await move(next)).status).toBe(200);
    const refused = await move(side);
    expect(refused.status).toBe(422);
    expect((refused.data as { message: string }).message).toBe('Update is not a fast forward');
    expect(github.refs()[ref]).toBe(next);
  });

  it('makes commits whose content can be read at the commit', async () => {
    await start();
    const tree = await call('job', 'POST /repos/{owner}/{repo}/git/trees', {
      tree: [{ path: 'state', mode: '100644', type: 'blob', content: 'hello' }],
    });
    const commit = await call('job', 'POST /repos/{owner}/{repo}/git/commits', {
      message: 'm',
      tree: (tree.data as { sha: string }).sha,
      parents: [],
    });
    const file = await call('job', 'GET /repos/{owner}/{repo}/contents/{path}', {
      path: 'state',
      ref: (commit.data as { sha: string }).sha,
      headers: { ...GITHUB_HEADERS, accept: 'application/vnd.github.raw+json' },
    });
    expect(file.data).toBe('hello');
  });

  it('gives at most 30 variables a page and refuses one that exists', async () => {
    await start();
    for (let index = 0; index < 35; index += 1) {
      github.seedVariable(`V${index}`, 'x');
    }
    const list = await call('pat', 'GET /repos/{owner}/{repo}/actions/variables', { per_page: 100 });
    expect((list.data as { variables: unknown[] }).variables).toHaveLength(30);
    const again = await call('pat', 'POST /repos/{owner}/{repo}/actions/variables', { name: 'v1', value: 'y' });
    expect(again.status).toBe(409);
  });

  it('interferes as told: a status, a lost answer, a stale read', async () => {
    await start();
    github.fault({ method: 'GET', template: '/repos/{owner}/{repo}', from: 2, answer: secondaryLimit(403, 7) });
    expect((await call('job', 'GET /repos/{owner}/{repo}')).status).toBe(200);
    expect((await call('job', 'GET /repos/{owner}/{repo}')).header('retry-after')).toBe('7');
    expect((await call('job', 'GET /repos/{owner}/{repo}')).status).toBe(200);
    github.fault({ method: 'POST', template: '/actions/variables', answer: { kind: 'lost' } });
    github.staleReads({ template: '/actions/variables/{name}', times: 1 });
    expect((await call('pat', 'POST /repos/{owner}/{repo}/actions/variables', { name: 'A', value: 'y' })).status).toBe(
      undefined,
    );
    expect(github.variables()).toEqual({ A: 'y' });
    const read = () => call('pat', 'GET /repos/{owner}/{repo}/actions/variables/{name}', { name: 'A' });
    expect([(await read()).status, (await read()).status]).toEqual([404, 200]);
  });
});
