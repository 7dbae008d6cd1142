import { randomFillSync } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Fetch, Log, Random } from '../shared/ports/ports.ts';
import { nodeFetch } from './node-fetch.ts';
import { core } from './toolkit.ts';

export const clock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal ? { signal } : undefined);
  },
};

export const random: Random = { bytes: (length) => randomFillSync(new Uint8Array(length)) };

export const log: Log = { info: core.info, warning: core.warning, debug: core.debug };

/** A fetch that goes through the proxy of the environment, if it names one. */
export async function platformFetch(env: NodeJS.ProcessEnv): Promise<Fetch> {
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];
  const direct = names.every((name) => !env[name]);
  const send: Fetch = direct ? nodeFetch() : (await import('./proxy-fetch.ts')).proxyFetch();
  return async (url, init) => {
    // A connection that has just answered is free again one turn later; asked at once, another is opened.
    await nextTurn();
    return send(url, init);
  };
}

/** Keeps secrets out of everything the runner shows: each line of each, but not the lines that every key has. */
export function mask(secrets: readonly string[]): void {
  for (const line of secrets.flatMap((secret) => secret.split(/\r?\n/u))) {
    if (line.trim().length >= 4 && !line.startsWith('-----')) core.setSecret(line.trim());
  }
}
