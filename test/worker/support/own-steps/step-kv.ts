import type { Life } from './life.ts';

type Kv = Pick<KVNamespace, 'get' | 'put' | 'list'>;

/** Workers KV, step by step. The Worker deletes nothing from it. */
export function stepKv(kv: Kv, life: Life): KVNamespace {
  const stepped = {
    get: (...args: Parameters<Kv['get']>) => life.soon('KV get', () => kv.get(...args)),
    put: (...args: Parameters<Kv['put']>) => life.soon('KV put', () => kv.put(...args)),
    list: (...args: Parameters<Kv['list']>) => life.soon('KV list', () => kv.list(...args)),
  };
  return stepped as unknown as KVNamespace;
}
