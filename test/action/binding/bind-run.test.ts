import { describe, expect, it } from 'vitest';
import { bindRun, type FoundPullRequest, type Run, refuseUnclear } from '../../../action/binding/bind-run.ts';
import { environmentOfBranch } from '../../../action/binding/environment-name.ts';
import type { Payload } from '../../../action/binding/event-payload.ts';
import { RegistrarError } from '../../../shared/errors/registrar-error.ts';
import { changed, exampleOf, examplesOf } from './examples.ts';

const SHA = '0123456789abcdef0123456789abcdef01234567';

function bind(eventName: string, payload: Payload, more: Partial<Run> = {}) {
  return bindRun({
    inputs: {},
    eventName,
    payload,
    ref: 'refs/heads/main',
    sha: SHA,
    lookUpPullRequest: () => Promise.reject(new Error('not to be asked')),
    ...more,
  });
}

const nobody = { environment: 'default', sentence: 'default: no owner; stays until you delete it' };

describe('a pull request owns what its events make', () => {
  it.each(['pull_request', 'pull_request_target'])('with %s, in every example', async (event) => {
    for (const payload of examplesOf('pull_request')) {
      expect(await bind(event, payload, { ref: 'refs/pull/2/merge' })).toMatchObject({
        environment: 'pr-2',
        owner: { kind: 'pull_request', number: 2 },
        pullRequest: 2,
        sentence: 'pr-2 belongs to #2 and goes when it closes',
      });
    }
  });

  it('until it is closed, which the binding tells', async () => {
    expect(await bind('pull_request', exampleOf('pull_request', 'closed'))).toHaveProperty('ownerEnded', true);
    expect(await bind('pull_request', exampleOf('pull_request', 'reopened'))).not.toHaveProperty('ownerEnded');
  });

  it('and two of them have two environments', async () => {
    const second = changed(exampleOf('pull_request', 'opened'), { number: 3, 'pull_request.number': 3 });
    expect(await bind('pull_request', second)).toMatchObject({ environment: 'pr-3', pullRequest: 3 });
  });

  it('but an event without one owns nothing and says so', async () => {
    expect(await bind('pull_request', {})).toEqual({
      ...nobody,
      note: 'The pull_request event names no pull request.',
    });
  });
});

describe('nothing is owned by itself', () => {
  it.each([
    'push',
    'workflow_dispatch',
    'repository_dispatch',
    'release',
    'issue_comment',
    'workflow_run',
    'create',
    'delete',
    'deployment',
    'merge_group',
    'pull_request_review',
    'pull_request_review_comment',
    'check_suite',
    'status',
  ])('with %s, in every example', async (event) => {
    for (const payload of examplesOf(event)) {
      expect(await bind(event, payload)).toMatchObject(nobody);
    }
  });

  it('with schedule, whose payload is nearly empty', async () => {
    expect(await bind('schedule', { schedule: '0 3 * * *' })).toEqual(nobody);
  });

  it('with the push that merges a pull request', async () => {
    const push = examplesOf('push').find(({ ref }) => ref === 'refs/heads/master') ?? {};
    const merge = changed(push, {
      ref: 'refs/heads/master',
      head_commit: { id: SHA, message: 'Merge pull request #2 from Codertocat/changes\n\nUpdate the README' },
    });
    expect(await bind('push', merge, { ref: 'refs/heads/master' })).toEqual(nobody);
  });

  it('with a comment on a pull request', async () => {
    const comment = changed(exampleOf('issue_comment', 'created'), { 'issue.pull_request': { url: 'x' } });
    expect(await bind('issue_comment', comment)).toEqual(nobody);
  });

  it('with a workflow_run that names pull requests', async () => {
    const run = examplesOf('workflow_run').find(
      ({ workflow_run }) => (workflow_run as { pull_requests: unknown[] }).pull_requests.length > 0,
    );
    expect(run).toBeDefined();
    expect(await bind('workflow_run', run ?? {})).toEqual(nobody);
  });

  it('with a push of another branch, which is told how to own it', async () => {
    expect(await bind('push', exampleOf('push'), { ref: 'refs/heads/feature/x' })).toEqual({
      ...nobody,
      note: 'A push owns nothing by itself; with the input `branch: feature/x` it would go with that branch.',
    });
    expect(await bind('push', exampleOf('push'), { ref: 'refs/tags/v1' })).toEqual(nobody);
    expect(await bind('push', {}, { ref: 'refs/heads/main' })).toHaveProperty('note');
  });
});

describe('a deployment', () => {
  const deployed = 'f95f852bd8fca8fcc58a9a2d6c842781e32a215e';
  const head: FoundPullRequest = { number: 12, open: true, headSha: deployed, headBranch: 'changes', fork: false };
  const status = exampleOf('deployment_status');

  function deploy(found: readonly FoundPullRequest[], payload = status) {
    const asked: string[] = [];
    const binding = bind('deployment_status', payload, {
      lookUpPullRequest: async (sha) => {
        asked.push(sha);
        return found;
      },
    });
    return binding.then((bound) => ({ bound, asked }));
  }

  it('belongs to the one open pull request whose head is the deployed commit, in every example', async () => {
    for (const payload of examplesOf('deployment_status')) {
      const { bound, asked } = await deploy([{ ...head, number: 9, open: false }, head], payload);
      expect(bound).toMatchObject({ environment: 'pr-12', owner: { kind: 'pull_request', number: 12 } });
      expect(asked).toEqual([deployed]);
    }
  });

  it('is that of the run’s commit where the payload names none', async () => {
    const { bound, asked } = await deploy([{ ...head, headSha: SHA }], {});
    expect([bound.pullRequest, asked]).toEqual([12, [SHA]]);
  });

  it.each([
    ['there is none', []],
    ['it is closed', [{ ...head, open: false }]],
    ['its head has moved on', [{ ...head, headSha: SHA }]],
    ['its head is the default branch, as of a pull request for a release', [{ ...head, headBranch: 'master' }]],
  ])('belongs to no pull request when %s', async (_, found) => {
    const { bound } = await deploy(found);
    expect(() => refuseUnclear(bound)).toThrow(/cannot be told\. The deployed commit is not the head/);
    expect(bound).toEqual({
      ...nobody,
      unclear: true,
      note: 'The deployed commit is not the head of an open pull request.',
    });
  });

  it('without an owner is clear once the environment is named', async () => {
    const bound = await bind('deployment_status', status, {
      inputs: { environment: 'staging' },
      lookUpPullRequest: async () => [],
    });
    expect(bound.unclear).toBeUndefined();
    expect(() => refuseUnclear(bound)).not.toThrow();
  });

  it('may come from the default branch of a fork', async () => {
    expect((await deploy([{ ...head, headBranch: 'master', fork: true }])).bound.pullRequest).toBe(12);
  });

  it('belongs to none of several', async () => {
    const { bound } = await deploy([head, { ...head, number: 13 }]);
    expect(bound).toMatchObject({ ...nobody, unclear: true, note: expect.stringContaining('#12, #13') });
  });

  it('to production belongs to nobody, and nothing is asked', async () => {
    const { bound, asked } = await deploy([head], changed(status, { 'deployment.production_environment': true }));
    expect(() => refuseUnclear(bound)).not.toThrow();
    expect(bound).toMatchObject({ ...nobody, note: expect.stringContaining('production') });
    expect(asked).toEqual([]);
  });

  it('fails when GitHub cannot be asked', async () => {
    const failing = { lookUpPullRequest: () => Promise.reject(new RegistrarError('github_failed', { message: 'x' })) };
    await expect(bind('deployment_status', status, failing)).rejects.toMatchObject({ code: 'github_failed' });
  });
});

describe('inputs', () => {
  const push = exampleOf('push');

  it.each([
    ['12', 12],
    ['#12', 12],
  ])('name a pull request: %s', async (pullRequest, number) => {
    expect(await bind('push', push, { inputs: { pullRequest } })).toMatchObject({
      environment: `pr-${number}`,
      owner: { kind: 'pull_request', number },
    });
  });

  it('name a branch', async () => {
    expect(await bind('push', push, { inputs: { branch: 'refs/heads/feature-x' } })).toEqual({
      environment: 'branch-feature-x',
      owner: { kind: 'branch', name: 'feature-x' },
      branch: 'feature-x',
      sentence: 'branch-feature-x belongs to branch feature-x and goes when it is deleted',
    });
  });

  it('go before the event', async () => {
    const payload = exampleOf('pull_request', 'closed');
    expect(await bind('pull_request', payload, { inputs: { branch: 'main' } })).toEqual({
      environment: 'branch-main',
      owner: { kind: 'branch', name: 'main' },
      branch: 'main',
      sentence: 'branch-main belongs to branch main and goes when it is deleted',
    });
    expect(await bind('pull_request', payload, { inputs: { pullRequest: '7' } })).toMatchObject({ pullRequest: 7 });
  });

  it('name an environment, whoever owns it', async () => {
    expect(await bind('push', push, { inputs: { environment: 'production' } })).toEqual({
      environment: 'production',
      sentence: 'production: no owner; stays until you delete it',
    });
    const preview = await bind('pull_request', exampleOf('pull_request', 'opened'), {
      inputs: { environment: 'preview' },
    });
    expect(preview).toMatchObject({ environment: 'preview', pullRequest: 2 });
  });

  it('that are empty are none', async () => {
    const inputs = { environment: '', pullRequest: '', branch: '' };
    expect(await bind('schedule', {}, { inputs })).toEqual(nobody);
  });

  it.each([
    [{ pullRequest: '12', branch: 'main' }, '`pull-request` and `branch`'],
    [{ pullRequest: '0' }, '`pull-request`'],
    [{ pullRequest: '12; rm' }, '`pull-request`'],
    [{ pullRequest: '12345678901' }, '`pull-request`'],
    [{ branch: 'refs/tags/v1' }, '`branch`'],
    [{ branch: 'refs/heads/' }, '`branch`'],
    [{ branch: 'two words' }, '`branch`'],
    [{ branch: 'x'.repeat(256) }, '`branch`'],
    [{ environment: 'two\nlines' }, '`environment`'],
    [{ environment: ' spaced' }, '`environment`'],
    [{ environment: 'x'.repeat(256) }, '`environment`'],
    [{ environment: 'right\u202eleft' }, '`environment`'],
  ])('that cannot be are refused: %o', async (inputs, words) => {
    await expect(bind('push', push, { inputs })).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining(words),
    });
  });
});

describe('the environment of a branch', () => {
  it.each([
    ['feature-x', /^branch-feature-x$/],
    ['feature/x', /^branch-feature-x-[0-9a-f]{16}$/],
    ['Feature-X', /^branch-feature-x-[0-9a-f]{16}$/],
    ['-x-', /^branch-x-[0-9a-f]{16}$/],
    ['日本語', /^branch-[0-9a-f]{16}$/],
    ['x'.repeat(200), /^branch-x{38}-[0-9a-f]{16}$/],
  ])('of %s can be part of a host name', (branch, pattern) => {
    const environment = environmentOfBranch(branch);
    expect(environment).toMatch(pattern);
    expect(environment.length).toBeLessThanOrEqual(63);
  });

  it('is another one for every branch', () => {
    const branches = ['a/b', 'a-b', 'A-b', 'a_b', 'a--b', `${'x'.repeat(50)}1`, `${'x'.repeat(50)}2`];
    expect(new Set(branches.map(environmentOfBranch)).size).toBe(branches.length);
  });
});
