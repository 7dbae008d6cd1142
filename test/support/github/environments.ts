import { newLevel } from './levels.ts';
import { invalid, noContent, notFound, ok, page, type Reply, type Request, type Route } from './reply.ts';
import type { Environment, World } from './world.ts';

const SETTINGS = new Set(['wait_timer', 'prevent_self_review', 'reviewers', 'deployment_branch_policy']);

/** Makes an environment, or gives the one of that name. */
export function environmentNamed(world: World, name: string): Environment {
  const key = name.toLowerCase();
  const found = world.environments.get(key);
  if (found !== undefined) {
    return found;
  }
  const environment: Environment = { id: 161_000_000 + world.environments.size, name, settings: {}, level: newLevel() };
  world.environments.set(key, environment);
  return environment;
}

function put(request: Request): Reply {
  const unknown = Object.keys(request.body).find((name) => !SETTINGS.has(name));
  if (unknown !== undefined) {
    return invalid(`Invalid request.\n\n"${unknown}" is not a permitted key.`);
  }
  const environment = environmentNamed(request.world, request.path.environment_name ?? '');
  // What is not sent is reset, protection rules included.
  environment.settings = { ...request.body };
  return ok(shown(environment));
}

function read(request: Request): Reply {
  const environment = request.world.environments.get(key(request));
  return environment === undefined ? notFound() : ok(shown(environment));
}

function list(request: Request): Reply {
  const environments = [...request.world.environments.values()].map(shown);
  return ok({ total_count: environments.length, environments: page(request, environments, 100) });
}

function remove(request: Request): Reply {
  return request.world.environments.delete(key(request)) ? noContent() : notFound();
}

const key = (request: Request): string => (request.path.environment_name ?? '').toLowerCase();

const shown = (environment: Environment) => ({
  id: environment.id,
  name: environment.name,
  protection_rules: Object.keys(environment.settings).map((type) => ({ type })),
  deployment_branch_policy: environment.settings.deployment_branch_policy ?? null,
});

const ONE = '/repos/{owner}/{repo}/environments/{environment_name}';

export const ENVIRONMENT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/environments',
    needs: { name: 'actions', access: 'read' },
    public: true,
    handle: list,
  },
  { method: 'GET', template: ONE, needs: { name: 'actions', access: 'read' }, public: true, handle: read },
  { method: 'PUT', template: ONE, needs: { name: 'administration', access: 'write' }, handle: put },
  { method: 'DELETE', template: ONE, needs: { name: 'administration', access: 'write' }, handle: remove },
];
