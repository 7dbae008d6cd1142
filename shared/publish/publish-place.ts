import { printable } from '../errors/printable.ts';
import type { PublishItem } from '../manifest/desired.ts';
import { publishedPlace } from '../manifest/published-name.ts';

/** One list of names at GitHub: the secrets or the variables, of the repository or of an environment. */
export type Place = { readonly kind: PublishItem['kind']; readonly environment?: string };

/** The place that a name of a target is in. */
export function placeOf(target: { readonly environment?: string }, kind: PublishItem['kind']): Place {
  return target.environment === undefined ? { kind } : { kind, environment: target.environment };
}

/** Equal for equal environments, whose names are not case-sensitive; the repository itself has the empty one. */
export function environmentKey(target: { readonly environment?: string }): string {
  return target.environment?.toLowerCase() ?? '';
}

/** Equal for equal places. */
export function placeKey(place: Place): string {
  return `${place.kind} ${environmentKey(place)}`;
}

/** Equal for names that are one name at GitHub. */
export function publicationKey(entry: {
  readonly target: { readonly environment?: string };
  readonly item: PublishItem;
}): string {
  return publishedPlace(entry.target.environment, entry.item);
}

/** `repository acme/app` or `environment production of acme/app`, for messages. */
export function describeTarget(
  target: { readonly environment?: string },
  { owner, repo }: { readonly owner: string; readonly repo: string },
): string {
  const repository = printable(`${owner}/${repo}`);
  return target.environment === undefined
    ? `repository ${repository}`
    : `environment ${printable(target.environment)} of ${repository}`;
}

/** The path of a place's list, as a route template, and the parameters that fill it. */
export function placePath(place: Place): { readonly path: string; readonly parameters: Record<string, unknown> } {
  return place.environment === undefined
    ? { path: `/repos/{owner}/{repo}/actions/${place.kind}s`, parameters: {} }
    : {
        path: `/repos/{owner}/{repo}/environments/{environment_name}/${place.kind}s`,
        parameters: { environment_name: place.environment },
      };
}
