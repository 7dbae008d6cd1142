import type { Log } from '../ports/ports.ts';
import { isFull, isRefusal, unexpected } from './github-answers.ts';
import type { GitHubAnswer } from './github-calls.ts';
import { type Access, writing } from './github-permissions.ts';
import type { Values } from './github-values.ts';
import type { Place } from './publish-place.ts';

/** The secret or variable that is written and removed to show that a place can be written. */
const PROBE_NAME = 'OAUTH_REGISTRAR_PROBE';

/** What a probe showed: the right to write, that there is none, or nothing because no room was left to try. */
export type Probed =
  | { readonly outcome: 'shown' | 'full' }
  | { readonly outcome: 'refused'; readonly refusal: GitHubAnswer };

/**
 * Shows the right to write a place by writing and removing our own {@link PROBE_NAME} there. Resolves with the
 * refusal when there is no such right, and with `full` when no room is left to try.
 *
 * Rejects with `publish_failed` or `rate_limited`.
 */
export async function probe(values: Values, access: Access, place: Place, log?: Log): Promise<Probed> {
  const doing = `The attempt to ${writing(place, access)}`;
  const written =
    place.kind === 'secret'
      ? await values.putSecret(place, PROBE_NAME, 'probe')
      : await values.postVariable(place, PROBE_NAME, 'probe');
  if (isRefusal(written)) {
    return { outcome: 'refused', refusal: written };
  }
  if (isFull(written)) {
    return { outcome: 'full' };
  }
  // 409 is a variable that an earlier probe left behind.
  if (written.status >= 300 && !(place.kind === 'variable' && written.status === 409)) {
    throw unexpected(doing, written);
  }
  const removed = await values.remove(place, PROBE_NAME);
  if (removed.status === 401 || removed.status === 403) {
    return { outcome: 'refused', refusal: removed };
  }
  if (removed.status >= 300 && removed.status !== 404) {
    log?.warning(`The ${place.kind} ${PROBE_NAME} could not be removed again (${removed.status}); it can be deleted.`);
  }
  return { outcome: 'shown' };
}
