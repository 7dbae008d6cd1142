import { randomFillSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readInitialAccess } from '../action/inputs.ts';
import { nodeFetch } from '../action/node-fetch.ts';
import { createHttp } from '../shared/http/create-http.ts';
import type { Http } from '../shared/http/http.ts';
import type { Clock, Fetch, Log, Random } from '../shared/ports/ports.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import { createCallOrder } from '../shared/registration/call-order.ts';
import { createRegistrationApi } from '../shared/registration/create-registration-api.ts';
import { obtainInitialAccessToken } from '../shared/registration/initial-access-token.ts';
import { createVerifier } from '../shared/registration/verify.ts';
import type { Screen } from './screen.ts';

const clock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal ? { signal } : undefined);
  },
};

const random: Random = { bytes: (length) => randomFillSync(new Uint8Array(length)) };

/** What the tool reads of its environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The ports that do not depend on where state and credentials go. */
export type NetworkPorts = Omit<Ports, 'store' | 'sink' | 'announce'> & { readonly http: Http };

export async function openNetwork(
  env: Environment,
  screen: Screen,
  { insecureLoopback }: { readonly insecureLoopback: boolean },
): Promise<NetworkPorts> {
  const access = readInitialAccess(env.OAUTH_REGISTRAR_INITIAL_ACCESS_TOKEN || undefined);
  const softwareStatement = env.OAUTH_REGISTRAR_SOFTWARE_STATEMENT || undefined;
  screen.hide([access?.kind === 'token' ? access.token : access?.clientSecret, softwareStatement].filter(isText));
  const log: Log = { info: screen.note, warning: screen.note, debug: () => {} };
  const http = createHttp({ fetch: await platformFetch(env), clock, random, insecureLoopback, log });
  return {
    http,
    clock,
    random,
    log,
    api: createRegistrationApi({ http, clock, order: createCallOrder() }),
    verify: createVerifier({ http, clock, random }),
    initialAccessToken: async ({ tokenEndpoint }) => {
      if (access === undefined) return undefined;
      const token = await obtainInitialAccessToken({ http, access, tokenEndpoint });
      screen.hide([token]);
      return token;
    },
    protect: screen.hide,
    ...(softwareStatement !== undefined && { softwareStatement }),
  };
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}

/** A fetch that goes through the proxy of the environment, if it names one. */
async function platformFetch(env: Environment): Promise<Fetch> {
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];
  return names.every((name) => !env[name]) ? nodeFetch() : (await import('../action/proxy-fetch.ts')).proxyFetch();
}
