import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import type { Fetch } from '../shared/ports/ports.ts';

/** A fetch that honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
export function proxyFetch(): Fetch {
  const dispatcher = new EnvHttpProxyAgent();
  return async (url, init) => {
    const answer = await undiciFetch(url, { ...init, dispatcher } as Parameters<typeof undiciFetch>[1]);
    return answer as unknown as Response;
  };
}
