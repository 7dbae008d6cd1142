import type { Fetch, JsonObject } from '../../shared/ports/ports.ts';
import { parseObject } from '../../shared/registration/read-client-information.ts';

type Exchange = { readonly status: number; readonly body: JsonObject };

/** A fetch whose answers are kept as the server gave them. */
export function watch(): {
  readonly fetch: Fetch;
  readonly last: () => Exchange;
} {
  const seen: Exchange[] = [];
  return {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      const text = await response.clone().text();
      seen.push({ status: response.status, body: parseObject(text) ?? {} });
      return response;
    },
    last: () => {
      const exchange = seen.at(-1);
      if (exchange === undefined) throw new Error('nothing was asked yet');
      return exchange;
    },
  };
}
