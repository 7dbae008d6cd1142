import type { Network } from './network.ts';

type Version = { readonly at: number; readonly value: string; readonly metadata: object };

/** How many values a list gives at once: so few that it has several pages. */
const PAGE = 2;

/** Workers KV, over a network that is moved by hand. It is read as it was a while ago: each key, and what a list shows. */
export function keyValues(network: Network) {
  const versions = new Map<string, Version[]>();
  let seen: (key: string, by: 'get' | 'list') => number = () => Number.POSITIVE_INFINITY;

  const versionOf = (key: string, by: 'get' | 'list'): Version | undefined =>
    versions.get(key)?.findLast(({ at }) => at <= seen(key, by));

  return {
    put: (key: string, value: string, { metadata = {} }: { readonly metadata?: object } = {}) =>
      network.send<void>({
        to: 'kv',
        subject: `put ${key}`,
        effect: () => void versions.set(key, [...(versions.get(key) ?? []), { at: network.now(), value, metadata }]),
      }),
    list: ({ prefix, cursor = '' }: { readonly prefix: string; readonly cursor?: string }) =>
      network.send({
        to: 'kv',
        subject: `list ${prefix}`,
        effect: () => {
          const names = [...versions.keys()]
            .filter((name) => name.startsWith(prefix) && name > cursor && versionOf(name, 'list') !== undefined)
            .sort();
          const keys = names.slice(0, PAGE).map((name) => ({ name, metadata: versionOf(name, 'list')?.metadata }));
          return { keys, list_complete: names.length <= PAGE, cursor: keys.at(-1)?.name };
        },
      }),
    get: (names: readonly string[]) =>
      network.send({
        to: 'kv',
        subject: `get ${names.join(' ')}`,
        effect: () => new Map(names.map((name) => [name, versionOf(name, 'get')?.value ?? null])),
      }),
    /** From now on a key is read as it was at that time. */
    readAsOf: (time: (key: string, by: 'get' | 'list') => number): void => {
      seen = time;
    },
    /** What is read of a key that a list shows. */
    read: (key: string): string | undefined => (versionOf(key, 'list') && versionOf(key, 'get'))?.value,
    isListed: (key: string): boolean => versionOf(key, 'list') !== undefined,
    newest: (key: string): string | undefined => versions.get(key)?.at(-1)?.value,
    keys: () => [...versions.keys()].sort(),
    /** Everything that was ever written. */
    texts: () =>
      [...versions].flatMap(([key, all]) =>
        all.map(({ value, metadata }) => `${key} ${JSON.stringify(metadata)} ${value}`),
      ),
  };
}
