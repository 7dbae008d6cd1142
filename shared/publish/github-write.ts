import { RegistrarError } from '../errors/registrar-error.ts';
import { storedName } from '../manifest/published-name.ts';
import { fingerprint } from './fingerprint.ts';
import { isFull, isRefusal, LONGEST_VALUE_BYTES, unexpected } from './github-answers.ts';
import type { GitHubAnswer } from './github-calls.ts';
import { jobTokenForbidden, writing } from './github-permissions.ts';
import { fullPlace, takenNames } from './github-place-check.ts';
import { refusalOf } from './github-refusal.ts';
import type { SinkParts } from './github-sink-parts.ts';
import { describeTarget, placeOf, publicationKey } from './publish-place.ts';
import type { Publication } from './sink.ts';

/** {@link Sink.write} at GitHub. */
export async function writeAtGitHub(parts: SinkParts, publication: Publication, value: string): Promise<Publication> {
  const { access, environments, clock } = parts;
  const { target, item } = publication;
  const place = placeOf(target, item.kind);
  const name = storedName(item.name);
  const bytes = new TextEncoder().encode(value).length;
  if (bytes > LONGEST_VALUE_BYTES) {
    throw new RegistrarError('publish_limit', {
      message: `The value for ${place.kind} ${name} of ${describeTarget(place, access)} has ${bytes} bytes; GitHub takes ${LONGEST_VALUE_BYTES}. It was not sent.`,
      hint: 'Publish the parts under names of their own instead of one `json` value.',
    });
  }
  if (access.tokenKind === 'job') {
    throw jobTokenForbidden(writing(place, access));
  }
  const send = () =>
    item.kind === 'secret' ? parts.values.putSecret(place, name, value) : sendVariable(parts, publication, value);
  const { environmentMadeByUs, leftAt: _, ...entry } = publication;
  let made = environmentMadeByUs === true;
  let answer = await send();
  if (answer.status === 404 && target.environment !== undefined && made) {
    made = (await environments.make(target.environment)) === 'made';
    answer = await send();
  }
  if (isRefusal(answer)) {
    throw await refusalOf(place, answer, parts);
  }
  if (isFull(answer)) {
    throw fullPlace(place, access);
  }
  if (answer.status >= 300) {
    throw unexpected(`Writing ${place.kind} ${name} of ${describeTarget(place, access)}`, answer);
  }
  const written = { state: 'written', fingerprint: await fingerprint(value), at: clock.now() } as const;
  return { ...entry, ...written, tokenKind: access.tokenKind, ...(made ? { environmentMadeByUs: true } : {}) };
}

/**
 * A variable that was written before is changed, and made anew if it is gone. One that is only claimed is made; if it
 * then exists, it is ours from a write whose answer was lost, unless nothing was ever sent for the name.
 */
async function sendVariable(
  { values, untouched, access }: SinkParts,
  publication: Publication,
  value: string,
): Promise<GitHubAnswer> {
  const { target, item, state } = publication;
  const place = placeOf(target, 'variable');
  const nothingSentYet = untouched.delete(publicationKey({ target, item }));
  if (state === 'written') {
    const changed = await values.patchVariable(place, item.name, value);
    if (changed.status !== 404) {
      return changed;
    }
  }
  const made = await values.postVariable(place, item.name, value);
  if (made.status !== 409 || isFull(made)) {
    return made;
  }
  if (nothingSentYet && !made.repeated) {
    throw takenNames(place, { names: [storedName(item.name)], why: 'foreign' }, access);
  }
  return values.patchVariable(place, item.name, value);
}
