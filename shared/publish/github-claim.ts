import { printable } from '../errors/printable.ts';
import { type Problem, RegistrarError } from '../errors/registrar-error.ts';
import type { PublishItem, PublishTarget } from '../manifest/desired.ts';
import { publishedNameFault, storedName } from '../manifest/published-name.ts';
import type { GitHubAnswer } from './github-calls.ts';
import { jobTokenForbidden, writing } from './github-permissions.ts';
import { checkPlace, fullPlace } from './github-place-check.ts';
import { probe } from './github-probe.ts';
import { refusalOf } from './github-refusal.ts';
import type { SinkParts } from './github-sink-parts.ts';
import { environmentKey, type Place, placeKey, placeOf, publicationKey } from './publish-place.ts';
import type { Publication, Sink } from './sink.ts';
import { isUnsent } from './unsent.ts';

type Group = Pick<PublishTarget, 'environment' | 'createEnvironment' | 'items'>;

type Ours = ReadonlyMap<string, Publication>;

type Examined = { readonly place: Place; readonly probe: boolean; readonly refusal?: GitHubAnswer };

/**
 * {@link Sink.claim} at GitHub. All targets are looked at before anything is written: an environment that is to be
 * made, or the probe. Nothing is asked about a place where all names are ours and the right to write is known.
 */
export async function claimAtGitHub(
  parts: SinkParts,
  { targets, ours }: Parameters<Sink['claim']>[0],
): Promise<readonly Publication[]> {
  checkNames(targets);
  // Between an earlier run's claim and its first write anybody can have made the name.
  const sure = ours.filter((entry) => !isUnsent(entry) || parts.untouched.has(publicationKey(entry)));
  const mine: Ours = new Map(sure.map((entry) => [publicationKey(entry), entry]));
  const groups = groupByEnvironment(targets);
  const examined = await Promise.all(
    groups.map(async (group) => ({ group, places: await examine(parts, group, mine) })),
  );
  await Promise.all(examined.map(({ group, places }) => prepare(parts, group, places)));
  return targets.flatMap((target) => target.items.map((item) => claim(parts, target, item, mine)));
}

function checkNames(targets: readonly PublishTarget[]): void {
  const problems: Problem[] = targets
    .flatMap(({ items }) => items)
    .flatMap(({ kind, name, field }) => {
      const message = publishedNameFault(name);
      return message === undefined
        ? []
        : [{ path: `publish.github.${kind}s.${field}`, message: `${printable(name)}: ${message}` }];
    });
  if (problems.length > 0) {
    throw new RegistrarError('manifest_invalid', {
      message: `GitHub does not take a name in \`publish\`: ${problems.map(({ message }) => message).join('; ')}.`,
      problems,
    });
  }
}

function groupByEnvironment(targets: readonly PublishTarget[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const target of targets) {
    const key = environmentKey(target);
    const group = groups.get(key);
    groups.set(key, {
      ...target,
      createEnvironment: target.createEnvironment || group?.createEnvironment === true,
      items: [...(group?.items ?? []), ...target.items],
    });
  }
  return [...groups.values()];
}

async function examine(parts: SinkParts, group: Group, mine: Ours): Promise<readonly Examined[]> {
  const places = (['secret', 'variable'] as const)
    .map((kind) => {
      const place = placeOf(group, kind);
      return { place, items: group.items.filter((item) => item.kind === kind), known: isKnown(parts, place, mine) };
    })
    .filter(({ items, known }) => items.some((item) => !known || !isSurelyOurs(mine, { target: group, item })));
  return Promise.all(places.map((place) => examinePlace(parts, group, { ...place, mine })));
}

function isSurelyOurs(mine: Ours, entry: Pick<Publication, 'item'> & { readonly target: Group }): boolean {
  const known = mine.get(publicationKey(entry));
  return known !== undefined && known.leftAt === undefined;
}

/** The right to write is known from an earlier write with the same kind of token. */
function isKnown({ access }: SinkParts, place: Place, mine: Ours): boolean {
  return [...mine.values()].some(
    ({ target, item, state, tokenKind }) =>
      state === 'written' && tokenKind === access.tokenKind && placeKey(placeOf(target, item.kind)) === placeKey(place),
  );
}

async function examinePlace(
  parts: SinkParts,
  group: Group,
  { place, items, known, mine }: { place: Place; items: readonly PublishItem[]; known: boolean; mine: Ours },
): Promise<Examined> {
  const { access, names, values, reserved, log } = parts;
  if (access.tokenKind === 'job') {
    throw jobTokenForbidden(writing(place, access));
  }
  const [look] = await Promise.all([names.look(place), known ? undefined : values.prepare(place)]);
  if ('refusal' in look) {
    if (look.refusal.status === 404 && place.environment !== undefined && group.createEnvironment) {
      return { place, probe: true, refusal: look.refusal };
    }
    throw await refusalOf(place, look.refusal, parts);
  }
  const { room } = await checkPlace({
    place,
    items,
    names: look.names,
    ours: (item) => mine.get(publicationKey({ target: group, item })),
    reserved: reserved.get(placeKey(place)) ?? [],
    access,
  });
  if (!known && !room) {
    log?.warning(
      `No ${place.kind} can be added, so the right to ${writing(place, access)} cannot be shown beforehand.`,
    );
  }
  return { place, probe: !known && room };
}

async function prepare(parts: SinkParts, group: Group, places: readonly Examined[]): Promise<void> {
  const missing = places.find(({ refusal }) => refusal !== undefined);
  if (missing !== undefined && group.environment !== undefined) {
    if ((await parts.environments.make(group.environment)) === 'there') {
      const look = await parts.names.look(missing.place);
      if ('refusal' in look) {
        throw await refusalOf(missing.place, look.refusal, parts);
      }
    }
  }
  await Promise.all(places.filter((place) => place.probe).map(({ place }) => showRight(parts, place)));
}

async function showRight(parts: SinkParts, place: Place): Promise<void> {
  const { shown, values, access, log } = parts;
  const key = placeKey(place);
  const showing = shown.get(key) ?? probe(values, access, place, log);
  shown.set(key, showing);
  try {
    const probed = await showing;
    if (probed.outcome === 'full') {
      throw fullPlace(place, access);
    }
    if (probed.outcome === 'refused') {
      throw await refusalOf(place, probed.refusal, parts);
    }
  } catch (error) {
    shown.delete(key);
    throw error;
  }
}

function claim(parts: SinkParts, { environment, kind }: PublishTarget, item: PublishItem, mine: Ours): Publication {
  const { environments, reserved, untouched, clock } = parts;
  const target = environment === undefined ? { kind } : { kind, environment };
  const key = publicationKey({ target, item });
  const made = environments.madeHere(target) ? { environmentMadeByUs: true } : {};
  const entry = mine.get(key);
  if (entry !== undefined) {
    untouched.delete(key);
    // Another part of the credentials under the same name: what is there is of no client any more.
    const { of, fingerprint, ...rest } = entry;
    const same = entry.item.field === item.field;
    return { ...(same ? entry : rest), target, item, ...made };
  }
  untouched.add(key);
  const place = placeKey(placeOf(target, item.kind));
  reserved.set(place, (reserved.get(place) ?? new Set()).add(storedName(item.name)));
  return { target, item, state: 'claimed', at: clock.now(), ...made };
}
