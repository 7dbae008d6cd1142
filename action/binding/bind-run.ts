import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Owner } from '../../shared/manifest/desired.ts';
import { bindingSentence } from './binding-sentence.ts';
import { checkEnvironment, environmentOfBranch } from './environment-name.ts';
import { defaultBranchOf, deploymentOf, type Payload, pullRequestOf } from './event-payload.ts';

/** A pull request that has a commit, as GitHub answers for the commit. */
export type FoundPullRequest = {
  readonly number: number;
  readonly open: boolean;
  readonly headSha: string;
  readonly headBranch: string;
  /** The head is a branch of another repository. */
  readonly fork: boolean;
};

/** One run as the runner describes it; empty inputs are none. */
export type Run = {
  readonly inputs: { readonly environment?: string; readonly pullRequest?: string; readonly branch?: string };
  readonly eventName: string;
  readonly payload: Payload;
  readonly ref: string;
  readonly sha: string;
  /** Pull requests that have this commit; asked for `deployment_status` only. */
  readonly lookUpPullRequest: (sha: string) => Promise<readonly FoundPullRequest[]>;
};

/** Where a run deploys to and what its registrations die with. */
export type Binding = {
  readonly environment: string;
  readonly owner?: Owner;
  readonly pullRequest?: number;
  readonly branch?: string;
  /** The owner has ended already: nothing is to be made for it any more. */
  readonly ownerEnded?: true;
  /** Neither owner nor environment could be told: nothing that stays may be made or changed. */
  readonly unclear?: true;
  /** What becomes of the registrations of this environment. */
  readonly sentence: string;
  /** Why there is no owner where one might be expected. */
  readonly note?: string;
};

type Found = {
  readonly owner?: Owner;
  readonly ended?: boolean;
  readonly note?: string;
  /** There may be an owner that could not be told. */
  readonly unclear?: true;
};

/**
 * Owner and environment of a run: from the inputs, else from the pull request of a `pull_request` or
 * `pull_request_target` event, else for `deployment_status` from the one open pull request whose head is the deployed
 * commit. Every other event owns nothing by itself, a push included, even one that merges a pull request.
 *
 * Rejects with `input_invalid`, and with whatever the look-up rejects with.
 */
export async function bindRun(run: Run): Promise<Binding> {
  const { owner, ended, note, unclear } = ownerFromInputs(run.inputs) ?? (await ownerFromEvent(run));
  const environment = run.inputs.environment ? checkEnvironment(run.inputs.environment) : environmentOf(owner);
  return {
    environment,
    ...(owner === undefined ? {} : { owner }),
    ...(owner?.kind === 'pull_request' ? { pullRequest: owner.number } : {}),
    ...(owner?.kind === 'branch' ? { branch: owner.name } : {}),
    ...(ended === true ? { ownerEnded: true } : {}),
    ...(unclear === true && !run.inputs.environment ? { unclear: true } : {}),
    sentence: bindingSentence(environment, owner),
    ...(note === undefined ? {} : { note }),
  };
}

function environmentOf(owner: Owner | undefined): string {
  switch (owner?.kind) {
    case 'pull_request':
      return `pr-${owner.number}`;
    case 'branch':
      return environmentOfBranch(owner.name);
    case undefined:
      return 'default';
  }
}

function ownerFromInputs({ pullRequest, branch }: Run['inputs']): Found | undefined {
  if (pullRequest && branch) {
    throw new RegistrarError('input_invalid', {
      message: 'The inputs `pull-request` and `branch` are both given, but a registration has one owner.',
      hint: 'Give one of them.',
    });
  }
  if (pullRequest) {
    return { owner: { kind: 'pull_request', number: pullRequestNumber(pullRequest) } };
  }
  return branch ? { owner: { kind: 'branch', name: branchName(branch) } } : undefined;
}

function pullRequestNumber(input: string): number {
  const number = /^#?([1-9][0-9]{0,9})$/.exec(input)?.[1];
  if (number === undefined) {
    throw new RegistrarError('input_invalid', {
      message: `The input \`pull-request\` is no number of a pull request: ${printable(input, 60)}`,
      hint: 'Give the number alone, such as 42.',
    });
  }
  return Number(number);
}

function branchName(input: string): string {
  const name = input.replace(/^refs\/heads\//u, '');
  if (name === '' || name.length > 255 || /[\s~^:?*[\\\p{Cc}]/u.test(name) || name.startsWith('refs/')) {
    throw new RegistrarError('input_invalid', {
      message: `The input \`branch\` is no name of a branch: ${printable(input, 60)}`,
      hint: 'Give the short name, such as feature/login; a tag or pull request reference is no branch.',
    });
  }
  return name;
}

async function ownerFromEvent(run: Run): Promise<Found> {
  switch (run.eventName) {
    case 'pull_request':
    case 'pull_request_target': {
      const found = pullRequestOf(run.payload);
      return found === undefined
        ? { note: `The ${run.eventName} event names no pull request.` }
        : { owner: { kind: 'pull_request', number: found.number }, ended: found.closed };
    }
    case 'deployment_status':
      return ownerOfDeployment(run);
    case 'push':
      return ownerOfPush(run);
    default:
      return {};
  }
}

function ownerOfPush({ inputs, ref, payload }: Run): Found {
  const [, branch] = /^refs\/heads\/(.+)$/u.exec(ref) ?? [];
  return inputs.environment || branch === undefined || branch === defaultBranchOf(payload)
    ? {}
    : {
        note: `A push owns nothing by itself; with the input \`branch: ${printable(branch)}\` it would go with that branch.`,
      };
}

async function ownerOfDeployment({ payload, sha, lookUpPullRequest }: Run): Promise<Found> {
  const deployment = deploymentOf(payload);
  if (deployment.production) {
    return { note: 'The deployment is one to production, which no pull request owns.' };
  }
  const deployed = deployment.sha ?? sha;
  const found = await lookUpPullRequest(deployed);
  const defaultBranch = defaultBranchOf(payload);
  const heads = found.filter(
    ({ open, headSha, headBranch, fork }) => open && headSha === deployed && (fork || headBranch !== defaultBranch),
  );
  const [head, ...others] = heads;
  if (head === undefined) {
    return { unclear: true, note: 'The deployed commit is not the head of an open pull request.' };
  }
  if (others.length > 0) {
    const numbers = heads.map(({ number }) => `#${number}`).join(', ');
    return {
      unclear: true,
      note: `The deployed commit is the head of several open pull requests (${numbers}), so none of them owns it.`,
    };
  }
  return { owner: { kind: 'pull_request', number: head.number } };
}

/** Throws `input_invalid` where a run has to say which environment it is about. */
export function refuseUnclear({ unclear, note }: Binding): void {
  if (unclear !== true) return;
  throw new RegistrarError('input_invalid', {
    message: `Whom this deployment belongs to cannot be told. ${note}`,
    hint: 'Name the environment with the input `environment`, or the owner with `pull-request` or `branch`.',
  });
}
