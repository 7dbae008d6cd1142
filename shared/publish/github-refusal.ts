import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { GitHubAnswer } from './github-calls.ts';
import type { Environments } from './github-environments.ts';
import { type Access, forbidden, permissionFor, writing } from './github-permissions.ts';
import type { Place } from './publish-place.ts';

/** Why a place refused: its environment is not there (`environment_missing`), or the token may not (`publish_forbidden`). */
export async function refusalOf(
  place: Place,
  answer: GitHubAnswer,
  { access, environments }: { readonly access: Access; readonly environments: Environments },
): Promise<RegistrarError> {
  if (answer.status === 404 && place.environment !== undefined && (await environments.missing(place.environment))) {
    return new RegistrarError('environment_missing', {
      message: `The environment ${printable(place.environment)} does not exist in ${printable(`${access.owner}/${access.repo}`)}, or the token may not see it.`,
    });
  }
  return forbidden(access, { what: writing(place, access), permission: permissionFor(place), answer });
}
