import methods from 'undici/lib/api/index.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import { fetch as undiciFetch } from 'undici/lib/web/fetch/index.js';
import type { Fetch } from '../shared/ports/ports.ts';

// What the whole package does when it is loaded: its proxy agent connects with one of these.
Object.assign(Dispatcher.prototype, methods);

/** A fetch that honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
export function proxyFetch(): Fetch {
  const dispatcher = new EnvHttpProxyAgent();
  return async (url, init) => {
    const answer = await undiciFetch(url, { ...init, dispatcher } as Parameters<typeof undiciFetch>[1]);
    return answer as unknown as Response;
  };
}
