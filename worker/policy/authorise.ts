import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Owner } from '../../shared/manifest/desired.ts';
import { matchesPattern } from '../../shared/manifest/override.ts';
import type { EnvironmentRule, Policy } from '../config/config.ts';
import type { Identity } from '../identity/identity.ts';
import { environmentOfBranch } from './branch-environment.ts';
import { isListed, ruleFor } from './environment-rule.ts';

export type Action = 'apply' | 'read' | 'delete' | 'rotate' | 'retire' | 'published';

/** By what a run reaches an environment. */
export type Ground = 'environment_claim' | 'default_branch' | 'ref' | 'listed_event' | 'owned';

/** Why not, and what the rightful user can do. */
export type Denial = { readonly kind: 'denied'; readonly reason: string; readonly hint: string };

export type Decision = { readonly kind: 'allowed'; readonly by: Ground; readonly sharedCredentials: boolean } | Denial;

export type Question = {
  readonly identity: Identity;
  readonly environment: string;
  readonly action: Action;
  /** What the registration is to die with, as an apply asks. */
  readonly owner?: Owner | undefined;
  /** The registration as it is; undefined when there is none. */
  readonly current?: { readonly owner?: Owner } | undefined;
  readonly policy: Policy;
};

/** Anybody on the internet can start these; the workflow text of the first is theirs too. */
const STARTED_BY_ANYBODY = new Set([
  'pull_request',
  'pull_request_target',
  'pull_request_review',
  'pull_request_review_comment',
  'issues',
  'issue_comment',
  'discussion',
  'discussion_comment',
  'fork',
  'watch',
]);
/** They run the workflow of the default branch, and nobody without write access starts them. */
const OF_DEFAULT_BRANCH = new Set(['schedule', 'repository_dispatch']);
const STARTED_AT_A_REF = new Set(['push', 'workflow_dispatch']);

/** Whether a run may do something with a registration. Decided on numeric ids, event, ref and environment: never on names or `sub`. */
export function authorise(question: Question): Decision {
  const { identity, environment, policy } = question;
  if (!isListed(policy, identity)) return notListed(identity);
  const rule = ruleFor(policy, { repositoryId: identity.repositoryId, environment });
  const by = groundFor(question, rule);
  return by === undefined
    ? { kind: 'denied', ...explain(question, rule) }
    : { kind: 'allowed', by, sharedCredentials: rule.sharedCredentials };
}

/** A denial as the error that the job gets. */
export function notAllowed({ reason, hint }: Denial): RegistrarError {
  return new RegistrarError('not_allowed', { message: reason, hint });
}

/** What a run owns: its pull request, or the branch that was pushed. */
export function ownedBy({ eventName, pullRequest, ref, refType }: Identity): Owner | undefined {
  if (pullRequest !== undefined) return { kind: 'pull_request', number: pullRequest };
  const branch = eventName === 'push' && refType !== 'tag' ? /^refs\/heads\/(.+)$/u.exec(ref)?.[1] : undefined;
  return branch === undefined ? undefined : { kind: 'branch', name: branch };
}

function groundFor(question: Question, rule: EnvironmentRule): Ground | undefined {
  const { identity, environment } = question;
  const { eventName, ref } = identity;
  const claimed = identity.environment === environment && rule.environmentClaim;
  if (claimed && !STARTED_BY_ANYBODY.has(eventName)) return 'environment_claim';
  if (OF_DEFAULT_BRANCH.has(eventName)) return 'default_branch';
  if (STARTED_AT_A_REF.has(eventName) && fits(rule.refs, ref)) return 'ref';
  if (rule.allow.some(({ event, refs }) => event === eventName && (refs === undefined || fits(refs, ref)))) {
    return 'listed_event';
  }
  return ownsIt(question, rule) ? 'owned' : undefined;
}

function fits(patterns: readonly string[], ref: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, ref));
}

function ownsIt({ identity, environment, action, owner, current }: Question, rule: EnvironmentRule): boolean {
  const own = ownedBy(identity);
  if (own === undefined) return false;
  if (action === 'apply' && !sameOwner(owner, own)) return false;
  return current === undefined ? rule.owned || isEnvironmentOf(own, environment) : sameOwner(current.owner, own);
}

function sameOwner(one: Owner | undefined, other: Owner): boolean {
  if (one?.kind === 'pull_request') return other.kind === 'pull_request' && one.number === other.number;
  return one?.kind === 'branch' && other.kind === 'branch' && one.name === other.name;
}

/** So that nobody sits down in an environment that is to be another's. */
function isEnvironmentOf(owner: Owner, environment: string): boolean {
  const own = environmentOf(owner);
  return environment === own || (owner.kind === 'pull_request' && environment.startsWith(`${own}-`));
}

function environmentOf(owner: Owner): string {
  return owner.kind === 'pull_request' ? `pr-${owner.number}` : environmentOfBranch(owner.name);
}

function notListed({ repository, repositoryId, ownerId }: Identity): Denial {
  return {
    kind: 'denied',
    reason: `${repository} (repository ${repositoryId} of owner ${ownerId}) may not use this Worker.`,
    hint: 'Ask the operator of the Worker to list both ids in POLICY.',
  };
}

function explain(question: Question, rule: EnvironmentRule): Omit<Denial, 'kind'> {
  const { identity, action } = question;
  const environment = printable(question.environment, 60);
  const event = identity.eventName;
  const refs = rule.refs.map((ref) => printable(ref, 60)).join(' or ') || 'no ref';
  const reason = `A run of ${event} at ${printable(identity.ref, 60) || 'no ref'} may not ${IN_WORDS[action]} in environment ${environment}`;
  const own = ownedBy(identity);
  if (own !== undefined) {
    const [name, input] =
      own.kind === 'pull_request'
        ? [`#${own.number}`, `pull-request: ${own.number}`]
        : [`branch ${printable(own.name, 60)}`, `branch: ${printable(own.name, 60)}`];
    return {
      reason: `${reason}: it reaches only what ${name} owns.`,
      hint: `For a preview, use environment ${environmentOf(own)} with the input \`${input}\`. ${otherwise(environment, refs)}`,
    };
  }
  if (STARTED_BY_ANYBODY.has(event)) {
    return { reason: `${reason}: anybody can start such runs.`, hint: otherwise(environment, refs) };
  }
  const claim = rule.environmentClaim ? ` Or give the job \`environment: ${environment}\`.` : '';
  return {
    reason: `${reason}.`,
    hint: `${otherwise(environment, refs)}${claim} Or ask the operator to list the event in POLICY.`,
  };
}

const IN_WORDS: Readonly<Record<Action, string>> = {
  apply: 'register clients',
  read: 'see clients',
  delete: 'delete clients',
  rotate: 'rotate clients',
  retire: 'retire clients',
  published: 'say what was published',
};

function otherwise(environment: string, refs: string): string {
  return `What reaches ${environment} is a push or workflow_dispatch at ${refs}, a schedule, or a repository_dispatch.`;
}
