import { matchesPattern } from '../../shared/manifest/override.ts';
import type { EnvironmentRule, Policy } from '../config/config.ts';
import { environmentRule } from '../config/read-policy.ts';

/** Whether a repository may use the Worker at all: its owner is listed, and it too unless all of the owner's are. */
export function isListed(
  policy: Policy,
  { ownerId, repositoryId }: { readonly ownerId: string; readonly repositoryId: string },
): boolean {
  const owner = policy.owners.find(({ id }) => id === ownerId);
  return owner !== undefined && (owner.allRepositories || policy.repositories.some(({ id }) => id === repositoryId));
}

/** The rule for an environment: the first of the repository's own that fits, else of those for all, else the defaults. */
export function ruleFor(
  policy: Policy,
  { repositoryId, environment }: { readonly repositoryId: string; readonly environment: string },
): EnvironmentRule {
  const own = policy.repositories.find(({ id }) => id === repositoryId)?.environments ?? [];
  const rule = [...own, ...policy.environments].find(({ pattern }) => matchesPattern(pattern, environment));
  return rule ?? environmentRule(environment, {});
}
