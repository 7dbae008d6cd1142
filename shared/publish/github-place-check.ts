import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { PublishItem } from '../manifest/desired.ts';
import { storedName } from '../manifest/published-name.ts';
import { LIMITS } from './github-answers.ts';
import type { Names } from './github-names.ts';
import type { Access } from './github-permissions.ts';
import { describeTarget, type Place } from './publish-place.ts';

/**
 * Refuses names that somebody else has taken, and more names than GitHub takes.
 *
 * `reserved` are names of ours that are not written yet. Resolves with whether there is room for one name more, which
 * the probe needs. Rejects with `secret_exists` or `publish_limit`.
 */
export async function checkPlace({
  place,
  items,
  names,
  isOurs,
  reserved,
  access,
}: {
  readonly place: Place;
  readonly items: readonly PublishItem[];
  readonly names: Names;
  readonly isOurs: (item: PublishItem) => boolean;
  readonly reserved: Iterable<string>;
  readonly access: Access;
}): Promise<{ readonly room: boolean }> {
  const found = await Promise.all(
    items.map(async (item) => ({
      item,
      name: storedName(item.name),
      exists: await names.has(storedName(item.name)),
    })),
  );
  const taken = found.filter(({ item, exists }) => exists && !isOurs(item)).map(({ name }) => name);
  if (taken.length > 0) {
    throw takenNames(place, taken, access);
  }
  const coming = new Set(found.filter(({ exists }) => !exists).map(({ name }) => name));
  for (const name of reserved) {
    if (!names.first.has(name)) {
      coming.add(name);
    }
  }
  const limit = LIMITS[place.kind][place.environment === undefined ? 'repository' : 'environment'];
  const total = names.total + coming.size;
  if (coming.size > 0 && total > limit) {
    throw fullPlace(place, access, `${names.total} are there, ${coming.size} are to come`);
  }
  return { room: names.total < limit };
}

/** The `secret_exists` for names that are not ours. */
export function takenNames(place: Place, names: readonly string[], access: Access): RegistrarError {
  const where = describeTarget(place, access);
  return new RegistrarError('secret_exists', {
    message: `${names.length === 1 ? `The ${place.kind}` : `The ${place.kind}s`} ${names.map((name) => printable(name)).join(', ')} of ${where} ${names.length === 1 ? 'exists and was' : 'exist and were'} not made by us.`,
  });
}

/** The `publish_limit` for a place without room. */
export function fullPlace(place: Place, access: Access, detail?: string): RegistrarError {
  const limit = LIMITS[place.kind][place.environment === undefined ? 'repository' : 'environment'];
  return new RegistrarError('publish_limit', {
    message: `GitHub takes ${limit} ${place.kind}s in ${describeTarget(place, access)}${detail === undefined ? '' : `: ${detail}`}.`,
    hint: `Publish one \`json\` ${place.kind} instead of several, publish to an environment of its own, or delete ${place.kind}s that are not needed.`,
  });
}
