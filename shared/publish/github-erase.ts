import type { RegistrarError } from '../errors/registrar-error.ts';
import { storedName } from '../manifest/published-name.ts';
import { isRefusal, unexpected } from './github-answers.ts';
import { jobTokenForbidden, writing } from './github-permissions.ts';
import { refusalOf } from './github-refusal.ts';
import type { SinkParts } from './github-sink-parts.ts';
import { describeTarget, placeKey, placeOf } from './publish-place.ts';
import type { Publication } from './sink.ts';

/**
 * {@link Sink.erase} at GitHub. A 404 counts as gone when the token sees that the place has no such name, or that the
 * environment itself is gone: to a token without rights everything is a 404.
 */
export async function eraseAtGitHub(parts: SinkParts, { target, item }: Publication): Promise<void> {
  const { access, values, names, reserved } = parts;
  const place = placeOf(target, item.kind);
  if (access.tokenKind === 'job') {
    throw jobTokenForbidden(writing(place, access));
  }
  const answer = await values.remove(place, item.name);
  if (answer.status === 404) {
    if (!(await names.visible(place))) {
      throwUnlessGone(await refusalOf(place, answer, parts));
    }
  } else if (isRefusal(answer)) {
    throw await refusalOf(place, answer, parts);
  } else if (answer.status >= 300) {
    throw unexpected(`Removing ${place.kind} ${storedName(item.name)} of ${describeTarget(place, access)}`, answer);
  }
  names.forget(place);
  reserved.get(placeKey(place))?.delete(storedName(item.name));
}

/**
 * Deletes an environment that we made, if no secret and no variable is left in it and nobody has given it a
 * protection rule or branch policy since. Resolves with whether it is gone.
 */
export async function eraseEnvironmentAtGitHub(parts: SinkParts, environment: string): Promise<boolean> {
  const { names, environments } = parts;
  for (const kind of ['secret', 'variable'] as const) {
    const place = placeOf({ environment }, kind);
    names.forget(place);
    const look = await names.look(place);
    if ('refusal' in look) {
      throwUnlessGone(await refusalOf(place, look.refusal, parts));
      return true;
    }
    if (look.names.total > 0) {
      return false;
    }
  }
  return environments.remove(environment);
}

function throwUnlessGone(refusal: RegistrarError): void {
  if (refusal.code !== 'environment_missing') {
    throw refusal;
  }
}
