import { createHttp } from '../shared/http/create-http.ts';
import type { Http } from '../shared/http/http.ts';
import type { Fetch } from '../shared/ports/ports.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import { createCallOrder } from '../shared/registration/call-order.ts';
import { createRegistrationApi } from '../shared/registration/create-registration-api.ts';
import { type InitialAccess, obtainInitialAccessToken } from '../shared/registration/initial-access-token.ts';
import { createVerifier } from '../shared/registration/verify.ts';
import { clock, log, mask, platformFetch, random } from './platform.ts';

/** The ports that do not depend on where state and credentials go. */
export type NetworkPorts = Omit<Ports, 'store' | 'sink' | 'announce'> & { readonly fetch: Fetch; readonly http: Http };

export async function openNetwork({
  env,
  insecureLoopback,
  verify,
  initialAccess,
  softwareStatement,
  run,
}: {
  readonly env: NodeJS.ProcessEnv;
  readonly insecureLoopback: boolean;
  readonly verify: boolean;
  readonly initialAccess?: InitialAccess;
  readonly softwareStatement?: string;
  readonly run?: string;
}): Promise<NetworkPorts> {
  const fetch = await platformFetch(env);
  const http = createHttp({ fetch, clock, random, insecureLoopback, log });
  return {
    fetch,
    http,
    clock,
    random,
    log,
    api: createRegistrationApi({ http, clock, order: createCallOrder() }),
    verify: verify
      ? createVerifier({ http, clock, random })
      : async () => ({ outcome: 'unknown', reason: 'not tried, because verify is false', traits: {} }),
    untried: !verify,
    initialAccessToken: async ({ tokenEndpoint }) => {
      if (initialAccess === undefined) return undefined;
      const token = await obtainInitialAccessToken({ http, access: initialAccess, tokenEndpoint });
      mask([token]);
      return token;
    },
    protect: mask,
    ...(softwareStatement !== undefined && { softwareStatement }),
    ...(run !== undefined && { run }),
  };
}
