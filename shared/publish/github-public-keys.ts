import { RegistrarError } from '../errors/registrar-error.ts';
import { isRefusal, unexpected } from './github-answers.ts';
import type { GitHubAnswer, GitHubCalls } from './github-calls.ts';
import { type Place, placeKey, placePath } from './publish-place.ts';

/** What secrets of one repository or environment are sealed to; `key` is base64 of 32 bytes. */
export type PublicKey = { readonly id: string; readonly key: string };

/** The public keys of one repository and its environments. */
export type PublicKeys = {
  /** Asks once per place and run; a refusal is not kept. */
  readonly get: (place: Place) => Promise<PublicKey | { readonly refusal: GitHubAnswer }>;
  /** The key after one that GitHub did not take: undefined when there is none newer in this run. */
  readonly after: (place: Place, refused: PublicKey) => Promise<PublicKey | undefined>;
};

type Asked = PublicKey | { readonly refusal: GitHubAnswer };

/** {@link PublicKeys} over the REST API; every place is asked twice at most. */
export function createPublicKeys(calls: GitHubCalls): PublicKeys {
  const asked = new Map<string, Promise<Asked>>();
  const askedAgain = new Set<string>();

  async function ask(place: Place): Promise<Asked> {
    const { path, parameters } = placePath(place);
    const answer = await calls({
      route: `GET ${path}/public-key`,
      parameters,
      doing: 'Reading the public key for secrets',
      whole: (data) => readKey(data) !== undefined,
    });
    if (isRefusal(answer)) {
      return { refusal: answer };
    }
    const key = readKey(answer.data);
    if (key === undefined) {
      throw unexpected('Reading the public key for secrets', answer);
    }
    return key;
  }

  function remember(place: Place): Promise<Asked> {
    const asking = ask(place);
    asked.set(placeKey(place), asking);
    const drop = () => asked.delete(placeKey(place));
    asking.then((answer) => 'refusal' in answer && drop(), drop);
    return asking;
  }

  return {
    get: (place) => asked.get(placeKey(place)) ?? remember(place),
    after: async (place, refused) => {
      const key = placeKey(place);
      if (!askedAgain.has(key)) {
        askedAgain.add(key);
        remember(place);
      }
      const next = await asked.get(key);
      return next === undefined || 'refusal' in next || next.id === refused.id ? undefined : next;
    },
  };
}

/** The `publish_failed` for a key that nothing can be sealed to. */
export function unusableKey(): RegistrarError {
  return new RegistrarError('publish_failed', {
    message: 'GitHub answered with a public key that nothing can be sealed to, so no secret was sent.',
  });
}

function readKey(data: unknown): PublicKey | undefined {
  const { key_id: id, key } = (typeof data === 'object' && data ? data : {}) as Record<string, unknown>;
  return typeof id === 'string' && typeof key === 'string' ? { id, key } : undefined;
}
