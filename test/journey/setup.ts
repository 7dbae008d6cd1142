import { setTimeout as sleep } from 'node:timers/promises';
import { discoverServer } from '../../shared/discovery/discover-server.ts';
import { createHttp } from '../../shared/http/create-http.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import type { Clock, JsonObject, Log, Random } from '../../shared/ports/ports.ts';
import type { Ports } from '../../shared/reconcile/ports.ts';
import { type Outcome, reconcile } from '../../shared/reconcile/reconcile.ts';
import { endRegistration } from '../../shared/reconcile/transitions.ts';
import { serverRecord, wantClient } from '../../shared/reconcile/want.ts';
import type { Client, RegistrationRecord } from '../../shared/record/record.ts';
import { createCallOrder } from '../../shared/registration/call-order.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { createVerifier } from '../../shared/registration/verify.ts';

/** A minute for the server, and as long as it takes until a call of before is over for certain. */
const PATIENCE = { patienceMs: 30_000, inFlightPatienceMs: 200_000 };

const random: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };

/** The core as a home would hold it: real network on this machine, a store in memory, everything it says kept. */
export function openCore() {
  const lines: string[] = [];
  const add = (line: string): void => void lines.push(line);
  const log: Log = { info: add, warning: add, debug: add };
  let movedBy = 0;
  const clock: Clock = {
    now: () => Date.now() + movedBy,
    // With a signal it is the time limit of a call; else a pause, by which the clock is moved.
    sleep: async (ms, signal) => {
      if (signal === undefined) movedBy += ms;
      else await sleep(ms, undefined, { signal });
    },
  };
  const http = createHttp({ fetch: (url, init) => fetch(url, init), clock, random, insecureLoopback: true, log });
  const saved: RegistrationRecord[] = [];
  const refuse = async (): Promise<never> => {
    throw new TypeError('nothing is published here');
  };
  const ports: Ports = {
    clock,
    random,
    log,
    api: createRegistrationApi({ http, clock, order: createCallOrder() }),
    verify: createVerifier({ http, clock, random }),
    sink: { claim: refuse, write: refuse, erase: refuse },
    announce: refuse,
    store: {
      save: async (record) => {
        // As a store would give it back.
        saved.push(JSON.parse(JSON.stringify(record)) as RegistrationRecord);
      },
    },
    initialAccessToken: async () => undefined,
    protect: () => undefined,
  };
  return { clock, http, ports, lines, saved, latest: () => saved.at(-1) };
}

export type Core = ReturnType<typeof openCore>;

/** One client without an owner, at a FHIR base URL or issuer. */
export function desire(address: string, metadata: JsonObject, more: Partial<Desired> = {}): Desired {
  return {
    key: 'production/web',
    name: 'web',
    environment: 'production',
    server: { address, configurationEndpointOrigins: [] },
    metadata,
    makeKey: false,
    publish: [],
    update: 'ask',
    strict: false,
    ...more,
  };
}

/** One run of a home: discover, say what is wanted, reconcile from what the store has. */
export async function applyOnce(core: Core, desired: Desired): Promise<Outcome> {
  const server = serverRecord(await discoverServer(desired.server, core.http));
  const record = wantClient({ record: core.latest(), desired, server, now: core.clock.now() });
  return await reconcile(record, core.ports, PATIENCE);
}

/** The end of the registration that the store has. */
export async function endOnce(core: Core): Promise<Outcome> {
  const record = core.latest();
  if (record === undefined) throw new TypeError('there is nothing to end');
  const ending = endRegistration(record, core.clock.now(), 'the test is over').record;
  return await reconcile(ending, core.ports, PATIENCE);
}

export function currentOf({ record }: Outcome): Client {
  const client = record.clients.find(({ role }) => role === 'current');
  if (client === undefined) throw new TypeError('there is no current client');
  return client;
}
