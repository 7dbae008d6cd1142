import methods from 'undici/lib/api/index.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import { fetch as undiciFetch } from 'undici/lib/web/fetch/index.js';
import type { Fetch } from '../shared/ports/ports.ts';

// What the whole package does when it is loaded: its proxy agent connects with one of these.
Object.assign(Dispatcher.prototype, methods);

/** A fetch that honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
export function proxyFetch(): Fetch {
  const dispatcher = withoutWarning('UNDICI-EHPA', () => new EnvHttpProxyAgent());
  return async (url, init) => {
    const answer = await undiciFetch(url, { ...init, dispatcher } as Parameters<typeof undiciFetch>[1]);
    return answer as unknown as Response;
  };
}

/** The agent warns of being experimental. The version that is bundled is always the same, so the log of a job need not. */
function withoutWarning<T>(code: string, make: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = ((...said: Parameters<typeof emitWarning>) => {
    const [, options] = said as readonly unknown[];
    if ((options as { readonly code?: unknown } | undefined)?.code !== code) emitWarning.apply(process, said);
  }) as typeof emitWarning;
  try {
    return make();
  } finally {
    process.emitWarning = emitWarning;
  }
}
