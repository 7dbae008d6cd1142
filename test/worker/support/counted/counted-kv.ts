import type { Tally } from './counts.ts';

type Kv = Pick<KVNamespace, 'get' | 'put' | 'list' | 'delete'>;

/** Workers KV with its operations counted. */
export function countedKv(kv: Kv, tally: Tally): KVNamespace {
  const counted = {
    get: (...args: Parameters<Kv['get']>) => {
      tally.add('kvReads');
      return kv.get(...args);
    },
    put: (...args: Parameters<Kv['put']>) => {
      tally.add('kvWrites');
      return kv.put(...args);
    },
    list: (...args: Parameters<Kv['list']>) => {
      tally.add('kvLists');
      return kv.list(...args);
    },
    delete: (...args: Parameters<Kv['delete']>) => {
      tally.add('kvDeletes');
      return kv.delete(...args);
    },
  };
  return counted as unknown as KVNamespace;
}
