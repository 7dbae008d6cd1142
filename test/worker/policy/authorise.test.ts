import { describe, expect, test } from 'vitest';
import { isRegistrarError } from '../../../shared/errors/registrar-error.ts';
import type { Owner } from '../../../shared/manifest/desired.ts';
import type { Policy } from '../../../worker/config/config.ts';
import type { Identity } from '../../../worker/identity/identity.ts';
import {
  type Action,
  authorise,
  type Decision,
  notAllowed,
  ownedBy,
  type Question,
} from '../../../worker/policy/authorise.ts';
import { POLICY, sampleConfig } from '../config/sample-env.ts';
import { pullRequestRun, pushOf, run, runOf } from './sample-identity.ts';

const ACTIONS: readonly Action[] = ['apply', 'read', 'delete', 'rotate', 'retire', 'published'];
const PR_42: Owner = { kind: 'pull_request', number: 42 };
const FEATURE: Owner = { kind: 'branch', name: 'feature/x' };
const FEATURE_ENVIRONMENT = 'branch-feature-x-217d2bf51f16e9dc';

async function policyOf(changes: object = {}): Promise<Policy> {
  return (await sampleConfig({ POLICY: JSON.stringify({ ...POLICY, ...changes }) })).policy;
}

async function ask(
  question: Omit<Question, 'policy' | 'action'> & { readonly action?: Action },
  policy: object = {},
): Promise<Decision> {
  return authorise({ action: 'apply', ...question, policy: await policyOf(policy) });
}

/** By what a run reaches an environment, or `denied`. */
async function ground(identity: Identity, environment: string, policy: object = {}): Promise<string> {
  const decision = await ask({ identity, environment }, policy);
  return decision.kind === 'allowed' ? decision.by : 'denied';
}

describe('without a rule, production is reached', () => {
  test.each<[string, Identity, string]>([
    ['by a job that names it as its environment', pushOf('release'), 'environment_claim'],
    ['by such a job of a tag', run({ ref: 'refs/tags/v1', refType: 'tag' }), 'environment_claim'],
    ['by such a job of a release', runOf('release', { ref: 'refs/tags/v1', refType: 'tag' }), 'environment_claim'],
    ['by such a job of a workflow_run', runOf('workflow_run'), 'environment_claim'],
  ])('%s', async (_name, identity, by) => {
    expect(await ground({ ...identity, environment: 'production' }, 'production')).toBe(by);
    for (const other of ['Production', 'production-eu', 'staging']) {
      expect(await ground({ ...identity, environment: other }, 'production')).toBe('denied');
    }
  });

  test.each<[string, Identity, string]>([
    ['by a schedule', runOf('schedule'), 'default_branch'],
    ['by a repository_dispatch', runOf('repository_dispatch'), 'default_branch'],
    ['by a push to main', pushOf('main'), 'ref'],
    ['by a workflow_dispatch on main', runOf('workflow_dispatch'), 'ref'],
  ])('%s', async (_name, identity, by) => {
    expect(await ground(identity, 'production')).toBe(by);
    expect(await ground(identity, 'pr-42')).toBe(by);
  });
});

describe('without a rule, production is not reached', () => {
  const denied: readonly [string, Identity][] = [
    ['by a push of another branch', pushOf('feature/x')],
    ['by a push of a branch that begins like main', pushOf('main2')],
    ['by a push of a branch that ends like main', pushOf('x/refs/heads/main')],
    ['by a push of a branch in other letters', pushOf('Main')],
    ['by a push of a tag', run({ ref: 'refs/tags/v1', refType: 'tag' })],
    ['by a push of a tag named main', run({ ref: 'refs/tags/main', refType: 'tag' })],
    ['by a push without a ref', run({ ref: '' })],
    ['by a workflow_dispatch elsewhere', runOf('workflow_dispatch', { ref: 'refs/heads/feature/x' })],
    ['by a pull request', pullRequestRun(42)],
    ['by a pull request whose job names production', pullRequestRun(42, { environment: 'production' })],
    ['by a pull request from a branch named main', pullRequestRun(42, { headRef: 'main' })],
    ['by a pull request that would be to main', pullRequestRun(42, { ref: 'refs/heads/main' })],
    ...[
      'pull_request_target',
      'pull_request_review',
      'pull_request_review_comment',
      'issue_comment',
      'issues',
      'discussion',
      'discussion_comment',
      'fork',
      'watch',
    ].flatMap((event): [string, Identity][] => [
      [`by ${event}`, runOf(event)],
      [`by ${event} whose job names production`, runOf(event, { environment: 'production' })],
    ]),
    ...['release', 'workflow_run', 'deployment_status', 'delete', 'create', 'merge_group', 'something_new'].map(
      (event): [string, Identity] => [`by ${event}`, runOf(event)],
    ),
  ];

  test.each(denied)('%s', async (_name, identity) => {
    for (const action of ACTIONS) {
      expect((await ask({ identity, environment: 'production', action })).kind).toBe('denied');
      expect((await ask({ identity, environment: 'production', action, current: {} })).kind).toBe('denied');
    }
  });

  test.each(denied)('%s, whatever owner it claims', async (_name, identity) => {
    for (const owner of [PR_42, FEATURE, undefined]) {
      expect((await ask({ identity, environment: 'production', owner })).kind).toBe('denied');
      expect((await ask({ identity, environment: 'production', owner, current: {} })).kind).toBe('denied');
    }
  });
});

describe('who is not listed reaches nothing', () => {
  test.each<[string, Partial<Identity>]>([
    ['another repository of the owner', { repositoryId: '2003' }],
    ['the repository after a transfer', { ownerId: '1002' }],
    ['the ids the wrong way round', { repositoryId: '1001', ownerId: '2002' }],
    ["the repository's name with another id", { repositoryId: '9', ownerId: '9' }],
    ['an id with a zero before it', { repositoryId: '02002' }],
  ])('%s', async (_name, changes) => {
    const identity = run({ environment: 'production', ...changes });
    for (const action of ACTIONS) {
      expect(await ask({ identity, environment: 'production', action })).toEqual({
        kind: 'denied',
        reason: `acme/app (repository ${identity.repositoryId} of owner ${identity.ownerId}) may not use this Worker.`,
        hint: 'Ask the operator of the Worker to list both ids in POLICY.',
      });
    }
  });

  test('an owner may be listed with all repositories, and another only with some', async () => {
    const owners = [{ id: 1001, all_repositories: true }, { id: 1002 }];
    const of = (ownerId: string, repositoryId: string) =>
      ground(run({ ownerId, repositoryId }), 'production', { owners });
    expect(await of('1001', '7')).toBe('ref');
    expect(await of('1002', '7')).toBe('denied');
    expect(await of('1002', '2002')).toBe('ref');
  });
});

describe('a run reaches what it owns', () => {
  test.each<[string, Identity, Owner, string]>([
    ['a pull request', pullRequestRun(42), PR_42, 'pr-42'],
    ['a pull request with several deploys', pullRequestRun(42), PR_42, 'pr-42-api'],
    ['a pull request whose job names an environment', pullRequestRun(42, { environment: 'preview' }), PR_42, 'pr-42'],
    ['a branch', pushOf('feature/x'), FEATURE, FEATURE_ENVIRONMENT],
    [
      'a branch, if GitHub does not say what kind of ref it is',
      (({ refType: _, ...rest }) => rest)(pushOf('feature/x')),
      FEATURE,
      FEATURE_ENVIRONMENT,
    ],
  ])('%s', async (_name, identity, owner, environment) => {
    for (const action of ACTIONS) {
      const asked = action === 'apply' ? { owner } : {};
      const allowed = { kind: 'allowed', by: 'owned', sharedCredentials: false };
      expect(await ask({ identity, environment, action, ...asked })).toEqual(allowed);
      expect(await ask({ identity, environment, action, ...asked, current: { owner } })).toEqual(allowed);
      expect((await ask({ identity, environment, action, ...asked, current: {} })).kind).toBe('denied');
    }
  });

  test.each<[string, Identity, Owner | undefined, string, Owner | undefined]>([
    ['nobody is named as owner', pullRequestRun(42), undefined, 'pr-42', undefined],
    ['another pull request is named', pullRequestRun(42), { kind: 'pull_request', number: 41 }, 'pr-42', undefined],
    ['a branch is named by a pull request', pullRequestRun(42), FEATURE, 'pr-42', undefined],
    ['a pull request is named by a branch', pushOf('feature/x'), PR_42, FEATURE_ENVIRONMENT, undefined],
    [
      'another branch is named',
      pushOf('feature/x'),
      { kind: 'branch', name: 'feature/y' },
      FEATURE_ENVIRONMENT,
      undefined,
    ],
    [
      "the environment is another pull request's",
      pullRequestRun(4),
      { kind: 'pull_request', number: 4 },
      'pr-42',
      undefined,
    ],
    [
      "the environment is another pull request's, and longer",
      pullRequestRun(4),
      { kind: 'pull_request', number: 4 },
      'pr-42-4',
      undefined,
    ],
    ["the environment is another branch's", pushOf('x'), { kind: 'branch', name: 'x' }, 'branch-y', undefined],
    [
      "the environment only begins like the branch's",
      pushOf('x'),
      { kind: 'branch', name: 'x' },
      'branch-x-2',
      undefined,
    ],
    ['the environment is nobody’s yet', pullRequestRun(42), PR_42, 'staging', undefined],
    [
      "what is there is another pull request's",
      pullRequestRun(42),
      PR_42,
      'pr-42',
      { kind: 'pull_request', number: 41 },
    ],
    ["what is there is a branch's", pullRequestRun(42), PR_42, 'pr-42', { kind: 'branch', name: '42' }],
    [
      "what is there is another branch's",
      pushOf('feature/x'),
      FEATURE,
      FEATURE_ENVIRONMENT,
      { kind: 'branch', name: 'x' },
    ],
    ['it was a tag', run({ ref: 'refs/heads/feature/x', refType: 'tag' }), FEATURE, FEATURE_ENVIRONMENT, undefined],
    [
      'it was a workflow_dispatch on the branch',
      runOf('workflow_dispatch', { ref: 'refs/heads/feature/x' }),
      FEATURE,
      FEATURE_ENVIRONMENT,
      undefined,
    ],
    ['it was a pull_request_target', runOf('pull_request_target', { headRef: 'feature/x' }), PR_42, 'pr-42', undefined],
  ])('but not when %s', async (_name, identity, owner, environment, there) => {
    const current = there === undefined ? undefined : { owner: there };
    expect((await ask({ identity, environment, owner, current })).kind).toBe('denied');
  });

  test('what it owns in an environment of another name it reaches too', async () => {
    const there = { identity: pullRequestRun(42), environment: 'preview', current: { owner: PR_42 } };
    expect(await ask({ ...there, action: 'delete' })).toMatchObject({ by: 'owned' });
    expect(await ask({ ...there, owner: PR_42 })).toMatchObject({ by: 'owned' });
    expect((await ask({ ...there, current: {}, owner: PR_42 })).kind).toBe('denied');
  });

  test('a run that reaches an environment anyway may name any owner', async () => {
    expect(
      await ask({ identity: pushOf('main'), environment: 'pr-42', owner: PR_42, current: { owner: PR_42 } }),
    ).toMatchObject({ by: 'ref' });
  });

  test('who owns what', () => {
    expect(ownedBy(pullRequestRun(42))).toEqual(PR_42);
    expect(ownedBy(pushOf('feature/x'))).toEqual(FEATURE);
    expect(ownedBy(run({ ref: 'refs/tags/v1', refType: 'tag' }))).toBeUndefined();
    expect(ownedBy(runOf('schedule'))).toBeUndefined();
    expect(ownedBy(runOf('pull_request', { ref: 'refs/heads/main' }))).toBeUndefined();
  });
});

describe('rules of the operator', () => {
  const rules = (environments: object, own?: object) => ({
    environments,
    ...(own && { repositories: [{ id: 2002, environments: own }, { id: 2003 }] }),
  });

  test('other refs reach it, and main no more', async () => {
    const policy = rules({ production: { refs: ['refs/heads/release/*', 'refs/tags/v*'] } });
    expect(await ground(pushOf('release/1'), 'production', policy)).toBe('ref');
    expect(await ground(run({ ref: 'refs/tags/v1', refType: 'tag' }), 'production', policy)).toBe('ref');
    expect(await ground(runOf('workflow_dispatch', { ref: 'refs/heads/release/1' }), 'production', policy)).toBe('ref');
    expect(await ground(pushOf('main'), 'production', policy)).toBe('denied');
    expect(await ground(pushOf('main'), 'staging', policy)).toBe('ref');
    expect(await ground(runOf('schedule'), 'production', policy)).toBe('default_branch');
  });

  test('the environment of a job can be made not to count', async () => {
    const policy = rules({ production: { environment_claim: false } });
    expect(await ground(run({ ref: 'refs/heads/x', environment: 'production' }), 'production', policy)).toBe('denied');
    expect(await ground(pushOf('main'), 'production', policy)).toBe('ref');
  });

  test('further events reach it, at the refs that are named', async () => {
    const policy = rules({
      production: { allow: [{ event: 'release', refs: ['refs/tags/v*'] }, { event: 'issue_comment' }] },
    });
    expect(await ground(runOf('release', { ref: 'refs/tags/v1' }), 'production', policy)).toBe('listed_event');
    expect(await ground(runOf('release', { ref: 'refs/tags/x' }), 'production', policy)).toBe('denied');
    expect(await ground(runOf('issue_comment'), 'production', policy)).toBe('listed_event');
    expect(await ground(runOf('pull_request_target'), 'production', policy)).toBe('denied');
  });

  test('pull requests and branches may have an environment of any name', async () => {
    const policy = rules({ 'preview-*': { owned: true, shared_credentials: true } });
    const question = { identity: pullRequestRun(42), environment: 'preview-eu' };
    expect(await ask({ ...question, owner: PR_42 }, policy)).toEqual({
      kind: 'allowed',
      by: 'owned',
      sharedCredentials: true,
    });
    expect((await ask(question, policy)).kind).toBe('denied');
    expect((await ask({ ...question, owner: PR_42, current: {} }, policy)).kind).toBe('denied');
    expect(
      await ask({ identity: pushOf('feature/x'), environment: 'preview-eu', owner: FEATURE }, policy),
    ).toMatchObject({ by: 'owned' });
  });

  test("a repository's own rules go before those for all, and the first that fits counts", async () => {
    const policy = rules(
      { '*': { refs: ['refs/heads/trunk'] } },
      { 'prod*': { refs: ['refs/heads/a'] }, production: { refs: ['refs/heads/b'] } },
    );
    expect(await ground(pushOf('a'), 'production', policy)).toBe('ref');
    expect(await ground(pushOf('b'), 'production', policy)).toBe('denied');
    expect(await ground(pushOf('trunk'), 'production', policy)).toBe('denied');
    expect(await ground(pushOf('trunk'), 'staging', policy)).toBe('ref');
    expect(await ground(run({ repositoryId: '2003', ref: 'refs/heads/trunk' }), 'production', policy)).toBe('ref');
  });

  test('no ref at all can be named', async () => {
    const decision = await ask(
      { identity: runOf('release'), environment: 'production' },
      rules({ production: { refs: [], environment_claim: false } }),
    );
    expect(decision).toMatchObject({
      hint: 'What reaches production is a push or workflow_dispatch at no ref, a schedule, or a repository_dispatch. Or ask the operator to list the event in POLICY.',
    });
  });
});

describe('a refusal helps who has the right', () => {
  test.each<[string, Question['identity'], Action, string, string]>([
    [
      'a pull request',
      pullRequestRun(42),
      'apply',
      'A run of pull_request at refs/pull/42/merge may not register clients in environment production: it reaches only what #42 owns.',
      'For a preview, use environment pr-42 with the input `pull-request: 42`. What reaches production is a push or workflow_dispatch at refs/heads/main, a schedule, or a repository_dispatch.',
    ],
    [
      'a push of a branch',
      pushOf('feature/x'),
      'rotate',
      'A run of push at refs/heads/feature/x may not rotate clients in environment production: it reaches only what branch feature/x owns.',
      `For a preview, use environment ${FEATURE_ENVIRONMENT} with the input \`branch: feature/x\`. What reaches production is a push or workflow_dispatch at refs/heads/main, a schedule, or a repository_dispatch.`,
    ],
    [
      'an event of anybody',
      runOf('issue_comment'),
      'delete',
      'A run of issue_comment at refs/heads/main may not delete clients in environment production: anybody can start such runs.',
      'What reaches production is a push or workflow_dispatch at refs/heads/main, a schedule, or a repository_dispatch.',
    ],
    [
      'another event',
      runOf('release', { ref: '' }),
      'read',
      'A run of release at no ref may not see clients in environment production.',
      'What reaches production is a push or workflow_dispatch at refs/heads/main, a schedule, or a repository_dispatch. Or give the job `environment: production`. Or ask the operator to list the event in POLICY.',
    ],
  ])('%s', async (_name, identity, action, message, hint) => {
    const decision = await ask({ identity, environment: 'production', action });
    if (decision.kind === 'allowed') throw new Error('it was allowed');
    const error = notAllowed(decision);
    expect(isRegistrarError(error, 'not_allowed')).toBe(true);
    expect({ message: error.message, hint: error.hint }).toEqual({ message, hint });
  });

  test('and does not tell what is there', async () => {
    const question = { identity: pullRequestRun(42), environment: 'pr-41', action: 'read' as const };
    const nothing = await ask(question);
    expect(await ask({ ...question, current: {} })).toEqual(nothing);
    expect(await ask({ ...question, current: { owner: { kind: 'pull_request', number: 41 } } })).toEqual(nothing);
  });

  test('hostile names are made safe to show', async () => {
    const identity = pushOf(`x\u001b[31m::error::${'y'.repeat(200)}`);
    const decision = await ask({ identity, environment: '::set-output::\n\u202e' });
    expect(JSON.stringify(decision)).not.toMatch(/\\u001b|::error|::set|\\n|\u202e/u);
  });
});
