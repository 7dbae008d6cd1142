import type { Problem } from '../../shared/errors/registrar-error.ts';
import { showPath } from '../../shared/manifest/problems.ts';
import type { EnvironmentRule, Policy } from './config.ts';
import { policySchema, type WrittenRule } from './policy-schema.ts';
import type { Part } from './read-series.ts';
import { parseShape } from './shape-problems.ts';

type Report = (problem: Problem) => void;
type Rules = Readonly<Record<string, WrittenRule>>;

const DEFAULT_REFS = ['refs/heads/main'];

/** POLICY and what continues it as one policy; everything that is wrong with it is reported. */
export function readPolicy(parts: readonly Part[], report: Report): Policy {
  const owners: Policy['owners'][number][] = [];
  const repositories: Policy['repositories'][number][] = [];
  const environments: EnvironmentRule[] = [];
  let intact = parts.length > 0;
  for (const part of parts) {
    const { name } = part;
    const written = parseShape(policySchema, part, report);
    if (written === undefined) {
      intact = false;
      continue;
    }
    for (const [index, owner] of (written.owners ?? []).entries()) {
      const id = String(owner.id);
      refuseTwice(owners, { id }, showPath([name, 'owners', index, 'id']), report);
      owners.push({ id, allRepositories: owner.all_repositories ?? false });
    }
    for (const [index, repository] of (written.repositories ?? []).entries()) {
      const id = String(repository.id);
      refuseTwice(repositories, { id }, showPath([name, 'repositories', index, 'id']), report);
      repositories.push({ id, environments: environmentRules(repository.environments ?? {}) });
    }
    for (const rule of environmentRules(written.environments ?? {})) {
      if (environments.some(({ pattern }) => pattern === rule.pattern)) {
        report({ path: showPath([name, 'environments', rule.pattern]), message: 'is there twice' });
      }
      environments.push(rule);
    }
  }
  const [{ name } = { name: 'POLICY' }] = parts;
  if (intact && owners.length === 0)
    report({ path: `${name}.owners`, message: 'is missing or empty, so nobody may use the Worker' });
  if (intact && repositories.length === 0 && !owners.some(({ allRepositories }) => allRepositories)) {
    report({ path: `${name}.repositories`, message: 'is missing or empty, so nobody may use the Worker' });
  }
  return { owners, repositories, environments };
}

type Listed = { readonly id: string };

function refuseTwice(listed: readonly Listed[], { id }: Listed, path: string, report: Report): void {
  if (listed.some((other) => other.id === id)) report({ path, message: 'is there twice' });
}

function environmentRules(rules: Rules): readonly EnvironmentRule[] {
  return Object.entries(rules).map(([pattern, rule]) => environmentRule(pattern, rule));
}

/** A rule as it is written, with the default of everything that it leaves out. */
export function environmentRule(pattern: string, rule: WrittenRule): EnvironmentRule {
  return {
    pattern,
    refs: rule.refs ?? DEFAULT_REFS,
    environmentClaim: rule.environment_claim ?? true,
    allow: (rule.allow ?? []).map(({ event, refs }) => ({ event, ...(refs && { refs }) })),
    owned: rule.owned ?? false,
    sharedCredentials: rule.shared_credentials ?? false,
    deployWebhooks: rule.deploy_webhooks ?? false,
  };
}
