import { printable } from '../errors/printable.ts';
import type { RegistrarError } from '../errors/registrar-error.ts';
import { isRefusal, unexpected } from './github-answers.ts';
import type { GitHubAnswer, GitHubCalls } from './github-calls.ts';
import { type Access, forbidden, PERMISSIONS, type Permission } from './github-permissions.ts';
import { describeTarget, environmentKey } from './publish-place.ts';

const ROUTE = '/repos/{owner}/{repo}/environments/{environment_name}';

/** The environments of one repository. */
export type Environments = {
  /**
   * Makes an environment without any setting, once it is certain that it is missing; one that exists is left alone.
   * Rejects with `publish_forbidden` when the token may not make it, or not see whether it exists.
   */
  readonly make: (environment: string) => Promise<'made' | 'there'>;
  /** This run made it. */
  readonly madeHere: (target: { readonly environment?: string }) => boolean;
  /** Whether a 404 in an environment means that there is no such environment, as far as the token can see. */
  readonly missing: (environment: string) => Promise<boolean>;
  /** Deletes an environment that nobody has given a setting; false when it is kept. One already gone is success. */
  readonly remove: (environment: string) => Promise<boolean>;
};

/** {@link Environments} over the REST API. */
export function createEnvironments(calls: GitHubCalls, access: Access): Environments {
  const makings = new Map<string, Promise<'made' | 'there'>>();
  const made = new Set<string>();

  const ask = (verb: 'GET' | 'PUT' | 'DELETE', environment: string, doing: string) =>
    calls({
      route: `${verb} ${ROUTE}`,
      parameters: { environment_name: environment },
      doing: `${doing} ${describeTarget({ environment }, access)}`,
    });

  const list = () =>
    calls({
      route: 'GET /repos/{owner}/{repo}/environments',
      parameters: { per_page: 1 },
      doing: `Reading which environments there are in ${printable(`${access.owner}/${access.repo}`)}`,
    });

  function refused(what: string, permission: Permission, answer: GitHubAnswer): RegistrarError {
    return isRefusal(answer)
      ? forbidden(access, { what, permission, answer })
      : unexpected(`The attempt to ${what}`, answer);
  }

  // A PUT replaces the settings of an environment that exists, and a 404 may mean that the token cannot see it.
  async function make(environment: string): Promise<'made' | 'there'> {
    const described = describeTarget({ environment }, access);
    const found = await ask('GET', environment, 'Looking for');
    if (found.status === 200) {
      return 'there';
    }
    const listing = found.status === 404 ? await list() : found;
    if (listing.status !== 200) {
      throw refused(`see whether ${described} exists`, PERMISSIONS.actions, listing);
    }
    const answer = await ask('PUT', environment, 'Making');
    if (answer.status !== 200) {
      throw refused(`make ${described}`, PERMISSIONS.administration, answer);
    }
    made.add(environmentKey({ environment }));
    return 'made';
  }

  return {
    make: (environment) => {
      const key = environmentKey({ environment });
      const making = makings.get(key) ?? make(environment).finally(() => makings.delete(key));
      makings.set(key, making);
      return making;
    },
    madeHere: (target) => made.has(environmentKey(target)),
    missing: async (environment) => {
      const found = await ask('GET', environment, 'Looking for');
      return found.status !== 200 && (await list()).status !== 404;
    },
    remove: async (environment) => {
      const found = await ask('GET', environment, 'Looking for');
      if (found.status === 404) {
        return true;
      }
      if (found.status !== 200) {
        throw refused(`see the settings of ${describeTarget({ environment }, access)}`, PERMISSIONS.actions, found);
      }
      if (!isUntouched(found.data)) {
        return false;
      }
      const answer = await ask('DELETE', environment, 'Deleting');
      if (answer.status !== 204 && answer.status !== 404) {
        throw refused(`delete ${describeTarget({ environment }, access)}`, PERMISSIONS.administration, answer);
      }
      return true;
    },
  };
}

function isUntouched(data: unknown): boolean {
  const { protection_rules: rules, deployment_branch_policy: policy } = (data ?? {}) as Record<string, unknown>;
  return Array.isArray(rules) && rules.length === 0 && policy === null;
}
