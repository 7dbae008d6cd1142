import { getOctokit } from '@actions/github';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPullRequestLookUp } from '../../../action/binding/look-up-pull-request.ts';
import { readRepositoryFile } from '../../../action/binding/read-repository-file.ts';
import type { GitHubRequest } from '../../../shared/publish/github-request.ts';
import { type GitHub, startGitHub } from '../../support/github/server.ts';

const TOKENS = {
  job: { kind: 'job', permissions: { contents: 'read', pull_requests: 'read' } },
  poor: { kind: 'job', permissions: { actions: 'read' } },
} as const;

let github: GitHub;
beforeEach(async () => {
  github = await startGitHub({ tokens: TOKENS });
});
afterEach(() => github.close());

const requestAs = (token: keyof typeof TOKENS) =>
  getOctokit(token, { baseUrl: github.url }).request as unknown as GitHubRequest;

const answering =
  (data: unknown, headers = {}): GitHubRequest =>
  async () => ({ status: 200, data, headers });

describe('reading the manifest without a checkout', () => {
  const read = (sha: string, path = '.github/oauth-clients.yml', request = requestAs('job')) =>
    readRepositoryFile({ request, owner: 'octo', repo: 'app', path, sha });

  const commit = (text: string, branch = 'main') =>
    github.commit({ branch, files: { '.github/oauth-clients.yml': text } });

  it('gives the file as it is at the commit, whatever the branches are by now', async () => {
    const sha = commit('version: 1 # ünïcode ✓\n');
    commit('version: 2\n');
    commit('version: 3\n', 'evil');
    expect(await read(sha)).toBe('version: 1 # ünïcode ✓\n');
  });

  it('finds nothing where there is no such file, no such commit, or a folder', async () => {
    const sha = commit('version: 1\n');
    expect(await read(sha, 'other.yml')).toBeUndefined();
    expect(await read('f'.repeat(40))).toBeUndefined();
    expect(await read(sha, '.github')).toBeUndefined();
  });

  it('takes a path with ./ and odd characters', async () => {
    const sha = github.commit({ branch: 'main', files: { 'a b/c#d?.yml': 'x' } });
    expect(await read(sha, './a b//c#d?.yml')).toBe('x');
  });

  it.each(['/etc/passwd', '../x', 'a/../../x', '.', '', 'a\\b'])('refuses the path %j', async (path) => {
    await expect(read('f'.repeat(40), path)).rejects.toMatchObject({ code: 'input_invalid' });
    expect(github.calls).toEqual([]);
  });

  it('reads at a commit only, never at a branch that a pull request could move', async () => {
    await expect(read('refs/pull/2/head')).rejects.toThrow(TypeError);
    expect(github.calls).toEqual([]);
  });

  it('tells a missing right from a missing file', async () => {
    const sha = commit('x');
    await expect(read(sha, 'x.yml', requestAs('poor'))).rejects.toMatchObject({
      code: 'github_failed',
      message: 'x.yml could not be read from the repository: GitHub answered 403.',
      hint: expect.stringContaining('contents: read'),
    });
  });

  it('fails when GitHub does not answer', async () => {
    github.fault({ answer: { kind: 'cut' } });
    await expect(read(commit('x'))).rejects.toMatchObject({ message: expect.stringContaining('gave no answer') });
  });

  it('takes bytes for text, and tells an empty file from an answer cut off', async () => {
    const sha = 'f'.repeat(40);
    const bytes = new TextEncoder().encode('version: 1').buffer;
    expect(await read(sha, 'x', answering(bytes))).toBe('version: 1');
    expect(await read(sha, 'x', answering('', { 'content-length': 0 }))).toBe('');
    await expect(read(sha, 'x', answering(''))).rejects.toMatchObject({ code: 'github_failed' });
  });

  it('takes no file of more than 1 MiB', async () => {
    const sha = 'f'.repeat(40);
    await expect(read(sha, 'x', answering('x'.repeat(1024 * 1024 + 1)))).rejects.toMatchObject({
      code: 'answer_too_large',
    });
  });
});

describe('looking up the pull requests of a commit', () => {
  const lookUp = (sha: string, request = requestAs('job')) =>
    createPullRequestLookUp({ request, owner: 'octo', repo: 'app' })(sha);

  it('tells open from closed and forks from branches', async () => {
    const sha = github.commit({ branch: 'feature', files: { a: 'b' } });
    github.pull({ number: 1, head: { ref: 'feature', sha }, state: 'closed' });
    github.pull({ number: 2, head: { ref: 'feature', sha } });
    github.pull({ number: 3, head: { ref: 'main', sha, repository: { id: 9, owner: 'x', name: 'app' } } });
    github.pull({ number: 4, head: { ref: 'main', sha, repository: null } });
    const found = { headSha: sha, headBranch: 'feature', open: true, fork: false };
    expect(await lookUp(sha)).toEqual([
      { ...found, number: 4, headBranch: 'main', fork: true },
      { ...found, number: 3, headBranch: 'main', fork: true },
      { ...found, number: 2 },
      { ...found, number: 1, open: false },
    ]);
  });

  it('leaves out what is no pull request', async () => {
    const odd = [null, 7, { number: 1 }, { number: 1, head: { sha: 'x' } }, { number: 1, head: { ref: 'x' } }];
    expect(await lookUp('f'.repeat(40), answering(odd))).toEqual([]);
  });

  it('fails rather than let a preview stay for ever', async () => {
    await expect(lookUp('f'.repeat(40), requestAs('poor'))).rejects.toMatchObject({
      code: 'github_failed',
      hint: expect.stringContaining('pull-requests: read'),
    });
    await expect(lookUp('f'.repeat(40), answering('half'))).rejects.toMatchObject({ code: 'github_failed' });
    github.fault({ answer: { kind: 'cut' } });
    await expect(lookUp('f'.repeat(40))).rejects.toMatchObject({ code: 'github_failed' });
  });
});
