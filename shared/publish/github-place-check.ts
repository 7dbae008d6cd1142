import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { PublishItem } from '../manifest/desired.ts';
import { storedName } from '../manifest/published-name.ts';
import { LIMITS } from './github-answers.ts';
import type { Names, SeenName } from './github-names.ts';
import type { Access } from './github-permissions.ts';
import { describeTarget, type Place } from './publish-place.ts';
import type { Publication } from './sink.ts';

/**
 * Refuses names that somebody else has taken, also those that were ours, and more names than GitHub takes.
 *
 * `reserved` are names of ours that are not written yet. Resolves with whether there is room for one name more, which
 * the probe needs. Rejects with `secret_exists` or `publish_limit`.
 */
export async function checkPlace({
  place,
  items,
  names,
  ours,
  reserved,
  access,
}: {
  readonly place: Place;
  readonly items: readonly PublishItem[];
  readonly names: Names;
  /** What we know of a name that is ours. */
  readonly ours: (item: PublishItem) => Pick<Publication, 'leftAt'> | undefined;
  readonly reserved: Iterable<string>;
  readonly access: Access;
}): Promise<{ readonly room: boolean }> {
  const found = await Promise.all(
    items.map(async (item) => ({
      item,
      name: storedName(item.name),
      seen: await names.find(storedName(item.name)),
    })),
  );
  const taken = found.filter(({ item, seen }) => seen !== undefined && ours(item) === undefined);
  const changed = found.filter(({ item, seen }) => seen !== undefined && isChanged(seen, ours(item)));
  if (taken.length + changed.length > 0) {
    const [refused, why] = taken.length > 0 ? [taken, 'foreign' as const] : [changed, 'changed' as const];
    throw takenNames(place, { names: refused.map(({ name }) => name), why }, access);
  }
  const coming = new Set(found.filter(({ seen }) => seen === undefined).map(({ name }) => name));
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

/** A name that was given up belongs to whoever has made or changed it since; what GitHub says no time of is not ours. */
function isChanged(
  { changedAt = Number.POSITIVE_INFINITY }: SeenName,
  ours: Pick<Publication, 'leftAt'> = {},
): boolean {
  return ours.leftAt !== undefined && changedAt > ours.leftAt;
}

/** Names that are not ours: somebody else made them, or changed them after we had given them up. */
type TakenNames = { readonly names: readonly string[]; readonly why: 'foreign' | 'changed' };

/** The `secret_exists` for names that are not ours. */
export function takenNames(place: Place, { names, why }: TakenNames, access: Access): RegistrarError {
  const one = names.length === 1;
  const said = {
    foreign: one ? 'exists and was not made by us' : 'exist and were not made by us',
    changed: one ? 'exists and was changed since it was left' : 'exist and were changed since they were left',
  };
  return new RegistrarError('secret_exists', {
    message: `The ${place.kind}${one ? '' : 's'} ${names.map((name) => printable(name)).join(', ')} of ${describeTarget(place, access)} ${said[why]}.`,
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
