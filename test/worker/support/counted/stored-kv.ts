import { REPOSITORIES_PREFIX } from '../../../../worker/inventory/inventory-keys.ts';

const FIRST = 1_000_000_000;

/** A stand-in for Workers KV with so many repositories in it: filling a real one takes minutes. */
export function storedKv(stored: number): Pick<KVNamespace, 'get' | 'put' | 'list' | 'delete'> {
  const names = Array.from({ length: stored }, (_, index) => `${REPOSITORIES_PREFIX}${FIRST + index}`);
  const kv = {
    get: async () => null,
    put: async () => {},
    delete: async () => {},
    list: async ({ prefix, limit = 1000 }: KVNamespaceListOptions) => {
      const found = names.filter((name) => name.startsWith(prefix ?? ''));
      const keys = found.slice(0, limit).map((name) => ({ name }));
      return found.length > limit
        ? { keys, list_complete: false, cursor: String(limit) }
        : { keys, list_complete: true };
    },
  };
  return kv as unknown as Pick<KVNamespace, 'get' | 'put' | 'list' | 'delete'>;
}
