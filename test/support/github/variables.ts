import { nameProblem } from './levels.ts';
import {
  created,
  failure,
  invalid,
  levelOf,
  noContent,
  notFound,
  ok,
  type Permission,
  page,
  type Reply,
  type Request,
  type Route,
} from './reply.ts';
import type { VariableEntry } from './world.ts';

/** GitHub gives 30 variables a page at most, whatever is asked for. */
const MOST_PER_PAGE = 30;

function create(request: Request): Reply {
  const level = levelOf(request);
  const { name, value } = request.body;
  if (level === undefined) {
    return notFound();
  }
  if (typeof name !== 'string' || typeof value !== 'string') {
    return invalid('Invalid request.\n\n"name", "value" weren\'t supplied.');
  }
  const problem = nameProblem('Variable', name) ?? sizeProblem(request, value);
  if (problem !== null) {
    return invalid(problem);
  }
  const key = name.toUpperCase();
  if (level.variables.has(key)) {
    return failure(409, 'Already exists - Variable already exists');
  }
  if (level.variables.size >= request.limits.variables) {
    return invalid(`Invalid request.\n\nYou have reached the limit of ${request.limits.variables} variables.`);
  }
  const now = request.now().toISOString();
  level.variables.set(key, { name: key, value, createdAt: now, updatedAt: now });
  return created({});
}

function update(request: Request): Reply {
  const entry = levelOf(request)?.variables.get(key(request));
  const { value } = request.body;
  if (entry === undefined) {
    return notFound();
  }
  if (typeof value !== 'string') {
    return invalid('Invalid request.\n\n"value" wasn\'t supplied.');
  }
  const problem = sizeProblem(request, value);
  if (problem !== null) {
    return invalid(problem);
  }
  entry.value = value;
  entry.updatedAt = request.now().toISOString();
  return noContent();
}

function sizeProblem(request: Request, value: string): string | null {
  return Buffer.byteLength(value) > request.limits.valueBytes
    ? 'Invalid request.\n\nValue is larger than 48 KB.'
    : null;
}

function remove(request: Request): Reply {
  return levelOf(request)?.variables.delete(key(request)) === true ? noContent() : notFound();
}

function read(request: Request): Reply {
  const entry = levelOf(request)?.variables.get(key(request));
  return entry === undefined ? notFound() : ok(shown(entry));
}

function list(request: Request): Reply {
  const level = levelOf(request);
  if (level === undefined) {
    return notFound();
  }
  const variables = [...level.variables.values()].map(shown);
  return ok({ total_count: variables.length, variables: page(request, variables, MOST_PER_PAGE, 10) });
}

const key = (request: Request): string => (request.path.name ?? '').toUpperCase();

const shown = (entry: VariableEntry) => ({
  name: entry.name,
  value: entry.value,
  created_at: entry.createdAt,
  updated_at: entry.updatedAt,
});

function routes(base: string, permission: string): readonly Route[] {
  const needs = (access: Permission['access']): Permission => ({ name: permission, access });
  return [
    { method: 'GET', template: base, needs: needs('read'), handle: list },
    { method: 'POST', template: base, needs: needs('write'), handle: create },
    { method: 'GET', template: `${base}/{name}`, needs: needs('read'), handle: read },
    { method: 'PATCH', template: `${base}/{name}`, needs: needs('write'), handle: update },
    { method: 'DELETE', template: `${base}/{name}`, needs: needs('write'), handle: remove },
  ];
}

export const VARIABLE_ROUTES: readonly Route[] = [
  ...routes('/repos/{owner}/{repo}/actions/variables', 'variables'),
  ...routes('/repos/{owner}/{repo}/environments/{environment_name}/variables', 'environments'),
];
