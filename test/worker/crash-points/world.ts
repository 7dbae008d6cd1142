import { fileURLToPath } from 'node:url';
import type { Owner } from '../../../shared/manifest/desired.ts';
import type { Identity } from '../../../worker/identity/identity.ts';
import type { RepositoryCalls } from '../../../worker/repository/calls.ts';
import type { Reply } from '../../../worker/repository/reply.ts';
import type { ObjectStorage } from '../../../worker/repository/storage.ts';
import type { HookEvent } from '../../../worker/webhooks/delivery.ts';
import { desired, ROTATION, SERVER } from '../../reconcile/build.ts';
import type { Network } from '../../schedules/network.ts';
import { network as makeNetwork } from '../../schedules/network.ts';
import { httpServer } from '../../schedules/server.ts';
import { openPlain, stage } from '../../schedules/stage.ts';
import { config, DAY, START } from '../../schedules/wishes.ts';
import { pullRequestRun, run } from '../policy/sample-identity.ts';
import { openStorage } from '../support/sql-storage.ts';
import { faultLine } from './faults.ts';

const REPOSITORY_ID = '2002';
/** More than this is going round in circles. */
const MOST_TURNS = 2000;
/** So few values per page that a list has several. */
const KV_PAGE = 2;
/** How often somebody asks again who got no answer. */
const ASKS = 6;
/** The platform rings an alarm again whose handler failed. */
const RING_AGAIN_MS = 2_000;

type Repository = RepositoryCalls & { readonly alarm: () => Promise<void> };

/** By its path, because the types of the Worker's platform and those of the tests' do not go together. */
const path = fileURLToPath(new URL('../../../worker/repository/repository.ts', import.meta.url));
const { Repository } = (await import(path)) as {
  readonly Repository: new (state: object, bindings: object) => Repository;
};

export type KvValue = { readonly value: string; readonly metadata: { readonly key_id?: string } };

/** The object of a repository with its storage, its inventory and a server, in simulated time; one thing can go wrong. */
export function openWorld() {
  const network = makeNetwork(START);
  const faults = faultLine(() => network.end());
  let line = faults.begin();
  const send: Network['send'] = ({ to, subject, effect }) => line.soon(`${to} ${subject}`, effect);
  const server = httpServer({ ...network, send }, {});
  const kv = new Map<string, KvValue>();
  let tables = openStorage({ empty: true });
  let alarmAt: number | undefined;
  let ringing: number | undefined;
  let keys: readonly string[] = [];
  let runs = 100;

  Object.assign(stage, { network, fetch: server.fetch, lines: [], bytes: 0 });

  const setAlarm = (at: number | undefined): void => {
    alarmAt = at;
  };
  const openObject = (): Repository => {
    line = faults.begin();
    const mine = line;
    let within = false;
    const storage: ObjectStorage = {
      transactionSync: (work) =>
        mine.now('transaction', () => {
          within = true;
          try {
            return tables.transactionSync(work);
          } finally {
            within = false;
          }
        }),
      sql: {
        exec: (query, ...bindings) => {
          const execute = () => tables.sql.exec(query, ...bindings) as never;
          const read = query.trimStart().startsWith('SELECT');
          return read || within ? execute() : mine.now('statement', execute);
        },
      },
      getAlarm: () => mine.soon('getAlarm', () => alarmAt ?? null, mine.ofStorage),
      setAlarm: (at) => mine.soon('setAlarm', () => setAlarm(at), mine.ofStorage),
      deleteAlarm: () => mine.soon('deleteAlarm', () => setAlarm(undefined), mine.ofStorage),
    };
    const inventory = {
      put: (key: string, value: string, { metadata = {} }: { readonly metadata?: KvValue['metadata'] } = {}) =>
        mine.soon('put', () => void kv.set(key, { value, metadata })),
      list: ({ prefix, cursor = '' }: { readonly prefix: string; readonly cursor?: string }) =>
        mine.soon('list', () => {
          const names = [...kv.keys()].filter((name) => name.startsWith(prefix) && name > cursor).sort();
          const page = names.slice(0, KV_PAGE).map((name) => ({ name, metadata: kv.get(name)?.metadata }));
          return { keys: page, list_complete: names.length <= KV_PAGE, cursor: page.at(-1)?.name };
        }),
      get: (names: readonly string[]) =>
        mine.soon('get', () => new Map(names.map((name) => [name, kv.get(name)?.value ?? null]))),
    };
    Object.assign(stage, {
      settings: { config: { ...config, keys: keys.map((id) => ({ id })) }, github: undefined },
    });
    return new Repository({ storage, id: { name: REPOSITORY_ID } }, { REGISTRATIONS: inventory });
  };
  let object = openObject();

  /** The platform makes the object anew, and rings again what was cut off. */
  const restart = (): void => {
    network.end();
    if (ringing !== undefined) alarmAt = Math.min(ringing, alarmAt ?? ringing);
    ringing = undefined;
    object = openObject();
  };

  const ring = (): boolean => {
    if (ringing !== undefined || alarmAt === undefined || alarmAt > network.now()) return false;
    const at = alarmAt;
    const life = network.life();
    ringing = at;
    alarmAt = undefined;
    object
      .alarm()
      .catch(() => {
        const again = network.now() + RING_AGAIN_MS;
        if (network.life() === life) alarmAt = Math.min(again, alarmAt ?? again);
      })
      .finally(() => {
        if (network.life() === life) ringing = undefined;
      });
    return true;
  };

  /** Goes on until it is over, however long that takes, or the object ends. */
  const goOn = async (isOver: () => boolean, until = Number.POSITIVE_INFINITY): Promise<'over' | 'lost'> => {
    for (let turns = 0; ; turns += 1) {
      if (turns > MOST_TURNS) throw new Error('never comes to rest');
      await network.settle();
      if (!faults.isAlive()) {
        restart();
        return 'lost';
      }
      if (isOver()) return 'over';
      if (ring()) continue;
      const alarm = ringing === undefined ? (alarmAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
      const next = Math.min(network.next(), alarm);
      if (next > until) {
        await network.passTo(until);
        return 'over';
      }
      if (next === Number.POSITIVE_INFINITY) throw new Error('nobody answers, and nothing happens any more');
      await network.passTo(Math.max(next, network.now()));
    }
  };

  const once = async <T>(call: (object: Repository) => Promise<T>): Promise<{ readonly value: T } | 'lost'> => {
    let answer: { readonly value: T } | { readonly error: unknown } | undefined;
    call(object).then(
      (value) => {
        answer = { value };
      },
      (error: unknown) => {
        answer = { error };
      },
    );
    if ((await goOn(() => answer !== undefined)) === 'lost' || answer === undefined) return 'lost';
    // What the object throws has cut off the call; a caller is told that the object is not there.
    return 'error' in answer ? 'lost' : answer;
  };

  /** Asks until there is an answer that says more than that something went wrong on the way. */
  const ask = async <T>(call: (object: Repository) => Promise<Reply<T>>): Promise<Reply<T>> => {
    for (let asks = 0; asks < ASKS; asks += 1) {
      const answer = await once(call);
      if (answer === 'lost' || answer.value.kind === 'working') continue;
      const { value } = answer;
      if (value.kind === 'done' || !ON_THE_WAY.has(value.failure.code)) return value;
    }
    throw new Error('no answer, however often it is asked');
  };

  const identity = (owner: Owner | undefined): Identity => {
    runs += 1;
    const more = { runId: runs, jti: `run-${runs}`, expiresAt: START + 400 * DAY };
    return owner?.kind === 'pull_request' ? pullRequestRun(owner.number, more) : run(more);
  };
  const caller = (key: string, owner?: Owner) => {
    const [environment = '', name = ''] = key.split('/');
    return { identity: identity(owner), environment, name };
  };

  return {
    network,
    server,
    kv,
    faults,
    /** The object is made anew, with these keys. */
    withKeys: (...ids: readonly string[]) => {
      keys = ids;
      restart();
    },
    /** Everything that the object kept is gone. */
    lose: () => {
      tables = openStorage({ empty: true });
      alarmAt = undefined;
      ringing = undefined;
      restart();
    },
    apply: (key: string, owner?: Owner, name = 'Growth chart') =>
      ask((repository) =>
        repository.apply({
          ...caller(key, owner),
          desired: wishFor(key, name, owner),
          ...(owner && { owner }),
        }),
      ),
    rotate: (key: string) => ask((repository) => repository.rotate({ ...caller(key), now: false })),
    retire: (key: string, clientId: string) => ask((repository) => repository.retire({ ...caller(key), clientId })),
    restore: () => ask((repository) => repository.restore()),
    release: () => ask((repository) => repository.release()),
    deliver: async (id: string, event: HookEvent): Promise<void> => {
      for (let sent = 0; sent < ASKS; sent += 1) {
        const taken = await once((repository) => repository.takeDelivery({ id, receivedAt: network.now(), event }));
        if (taken !== 'lost') return;
      }
      throw new Error(`${id} is never taken`);
    },
    /** Time passes; the cron looks after an alarm that was lost. */
    rest: async (ms: number): Promise<void> => {
      for (const part of [ms / 2, ms / 2]) {
        await once((repository) => repository.wake());
        const until = network.now() + part;
        while ((await goOn(() => false, until)) === 'lost') await once((repository) => repository.wake());
      }
    },
    rows: <Row extends Record<string, string | number | null>>(query: string): Row[] =>
      tables.sql.exec<Row>(query).toArray(),
    records: () =>
      tables.sql
        .exec<{ sealed: string }>('SELECT sealed FROM registrations ORDER BY key')
        .toArray()
        .map(({ sealed }) => openPlain(sealed)),
  };
}

export type World = ReturnType<typeof openWorld>;

/** Somebody who is told one of these asks again. */
const ON_THE_WAY = new Set(['internal', 'state_unwritable', 'server_unreachable', 'server_no_answer', 'run_again']);

function wishFor(key: string, clientName: string, owner: Owner | undefined) {
  const [environment = '', name = ''] = key.split('/');
  return desired({
    key,
    environment,
    name,
    server: { address: SERVER.address, configurationEndpointOrigins: [] },
    metadata: {
      client_name: `${clientName} (${key})`,
      redirect_uris: ['https://app.example.com/callback'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
    ...(owner ? { owner } : { rotation: { ...ROTATION, everySeconds: 365 * 86_400, overlapSeconds: 3_600 } }),
  });
}
