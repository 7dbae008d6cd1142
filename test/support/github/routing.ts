import { APP_ROUTES } from './app.ts';
import { CONTENT_ROUTES } from './contents.ts';
import { ENVIRONMENT_ROUTES } from './environments.ts';
import { GIT_DATA_ROUTES } from './git-data.ts';
import { GIT_REF_ROUTES } from './git-refs.ts';
import { GRAPHQL_ROUTES } from './graphql.ts';
import { PULL_ROUTES } from './pulls.ts';
import type { Route } from './reply.ts';
import { SECRET_ROUTES } from './secrets.ts';
import { VARIABLE_ROUTES } from './variables.ts';

/** Everything that is answered here. */
export const ROUTES: readonly Route[] = [
  ...SECRET_ROUTES,
  ...VARIABLE_ROUTES,
  ...ENVIRONMENT_ROUTES,
  ...GIT_DATA_ROUTES,
  ...GIT_REF_ROUTES,
  ...GRAPHQL_ROUTES,
  ...CONTENT_ROUTES,
  ...PULL_ROUTES,
  ...APP_ROUTES,
];

/** The route of a request and the decoded members of its path; undefined when there is none. */
export function findRoute(
  method: string,
  pathname: string,
): { readonly route: Route; readonly path: Readonly<Record<string, string>> } | undefined {
  for (const route of ROUTES) {
    const path = route.method === method ? fill(route.template, pathname) : undefined;
    if (path !== undefined) {
      return { route, path };
    }
  }
  return undefined;
}

function fill(template: string, pathname: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = pathname.split('/');
  const path: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const member = /^\{(\+?)(\w+)\}$/.exec(part);
    if (member?.[1] === '+') {
      path[member[2] ?? ''] = given.slice(index).map(decodeURIComponent).join('/');
      return given.length > index ? path : undefined;
    }
    const piece = given[index];
    if (piece === undefined || piece === '' ? part !== '' : member === null && piece !== part) {
      return undefined;
    }
    if (member !== null) {
      path[member[2] ?? ''] = decodeURIComponent(piece ?? '');
    }
  }
  return wanted.length === given.length ? path : undefined;
}
