import { storedName } from '../manifest/published-name.ts';
import { isRefusal, unexpected } from './github-answers.ts';
import type { GitHubAnswer, GitHubCalls } from './github-calls.ts';
import { type Access, writing } from './github-permissions.ts';
import { type Place, placeKey, placePath } from './publish-place.ts';

/** GitHub's largest page; variables come thirty at a time at most. */
const PAGE = { secret: 100, variable: 30 } as const;

/** A name that is there. */
export type SeenName = {
  /** When it was last made or changed (epoch milliseconds); undefined where GitHub does not say. */
  readonly changedAt: number | undefined;
};

/** What is in a place: how many names, and when a given one was changed, if it is among them. */
export type Names = {
  readonly total: number;
  readonly find: (name: string) => Promise<SeenName | undefined>;
  /** The names of the first page, in upper case. */
  readonly first: ReadonlyMap<string, SeenName>;
};

/** The names there are in a place, or the 401, 403 or 404 that hides them. */
export type Look = { readonly names: Names } | { readonly refusal: GitHubAnswer };

/** What is known of the names at one repository during one run. */
export type NamesAtGitHub = {
  /** Asks once per place and run. Rejects with `publish_failed` or `rate_limited`. */
  readonly look: (place: Place) => Promise<Look>;
  /** Asks now, for whether the place can be seen at all. */
  readonly visible: (place: Place) => Promise<boolean>;
  /** A name that was removed is free again. */
  readonly forget: (place: Place) => void;
};

/** {@link NamesAtGitHub} over the REST API: one call per place, and one more per name beyond its first page. */
export function createNamesAtGitHub(calls: GitHubCalls, access: Access): NamesAtGitHub {
  const looks = new Map<string, Promise<Look>>();

  async function ask(place: Place): Promise<Look> {
    const { path, parameters } = placePath(place);
    const answer = await calls({
      route: `GET ${path}`,
      parameters: { ...parameters, per_page: PAGE[place.kind] },
      doing: `Reading which names there are, to ${writing(place, access)},`,
      whole: (data) => readPage(data, place) !== undefined,
    });
    if (isRefusal(answer)) {
      return { refusal: answer };
    }
    const page = readPage(answer.data, place);
    if (page === undefined) {
      throw unexpected(`Reading the ${place.kind}s there are`, answer);
    }
    const find = async (name: string) =>
      page.first.get(name) ?? (page.first.size < page.total ? await readOne(place, name) : undefined);
    return { names: { ...page, find } };
  }

  async function readOne(place: Place, name: string): Promise<SeenName | undefined> {
    const { path, parameters } = placePath(place);
    const answer = await calls({
      route: `GET ${path}/{name}`,
      parameters: { ...parameters, name },
      doing: `Reading whether ${place.kind} ${name} exists`,
    });
    if (answer.status !== 200 && answer.status !== 404) {
      throw unexpected(`Reading whether ${place.kind} ${name} exists`, answer);
    }
    return answer.status === 200 ? seenName(answer.data) : undefined;
  }

  return {
    look: (place) => {
      const key = placeKey(place);
      const known = looks.get(key);
      if (known !== undefined) {
        return known;
      }
      const look = ask(place);
      looks.set(key, look);
      const drop = () => looks.delete(key);
      look.then((seen) => 'refusal' in seen && drop(), drop);
      return look;
    },
    visible: async (place) => 'names' in (await ask(place)),
    forget: (place) => void looks.delete(placeKey(place)),
  };
}

function readPage(data: unknown, place: Place): Pick<Names, 'total' | 'first'> | undefined {
  const { total_count: total, [`${place.kind}s`]: list } = (typeof data === 'object' && data ? data : {}) as Record<
    string,
    unknown
  >;
  if (typeof total !== 'number' || !Array.isArray(list)) {
    return undefined;
  }
  const named = list.flatMap((entry: { readonly name?: unknown } | null): readonly [string, SeenName][] =>
    typeof entry?.name === 'string' ? [[storedName(entry.name), seenName(entry)]] : [],
  );
  return { total, first: new Map(named) };
}

function seenName(entry: unknown): SeenName {
  const { updated_at: at } = (entry ?? {}) as { readonly updated_at?: unknown };
  const changedAt = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return { changedAt: Number.isNaN(changedAt) ? undefined : changedAt };
}
