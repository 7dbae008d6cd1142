import { fileURLToPath } from 'node:url';
import { publishByJob } from '../../action/worker/publish-by-job.ts';
import type { ErrorCode } from '../../shared/errors/catalog.ts';
import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Owner } from '../../shared/manifest/desired.ts';
import { createGitHubSink } from '../../shared/publish/github-sink.ts';
import type { HostedSet } from '../../shared/reconcile/key-hosting.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Applied, Caller, RepositoryCalls, ResolveCall } from '../../worker/repository/calls.ts';
import { findKeySet } from '../../worker/repository/key-sets.ts';
import { getMeta } from '../../worker/repository/meta.ts';
import { ownerName } from '../../worker/repository/registration-rows.ts';
import type { Reply } from '../../worker/repository/reply.ts';
import { isKept } from '../../worker/repository/schema.ts';
import type { ObjectStorage } from '../../worker/repository/storage.ts';
import { whyBuried } from '../../worker/repository/tombstones.ts';
import type { HookEvent } from '../../worker/webhooks/delivery.ts';
import { openStorage } from '../worker/support/sql-storage.ts';
import { gitHub } from './github.ts';
import { keyValues } from './kv.ts';
import { network as makeNetwork } from './network.ts';
import { httpServer } from './server.ts';
import { clock, forgetSealed, openPlain, random, stage } from './stage.ts';
import {
  type Circumstances,
  config,
  FOREIGN,
  identityFor,
  type Key,
  KINDS,
  keyOf,
  ownerOf,
  placeOf,
  START,
  wishOf,
} from './wishes.ts';

export const REPOSITORY_ID = '2002';
/** Things that happen in one stretch of time; more than this is going round in circles. */
const MOST_TURNS = 5000;
/** Answers get lost among so many of the requests that go on by themselves. */
const MOST_LOST = 40;
/** How often a job asks again for work that goes on. */
const ASKS = 8;

type Repository = RepositoryCalls & { readonly alarm: () => Promise<void> };

/** By its path, because the types of the Worker's platform and those of the tests' do not go together. */
const path = fileURLToPath(new URL('../../worker/repository/repository.ts', import.meta.url));
const { Repository } = (await import(path)) as {
  readonly Repository: new (state: object, bindings: object) => Repository;
};

type WithoutName<T> = T extends unknown ? Omit<T, 'environment' | 'name'> : never;
/** What the operator says of a suspect. */
export type Settlement = WithoutName<ResolveCall>;

/** What became of a run; `lost` when the object ended under it. */
export type End = { readonly code: string };

/** The object of one repository with everything around it, in memory. Only one exists at a time. */
export function openScene(circumstances: Circumstances) {
  const network = makeNetwork(START);
  const hosted = (uri: string): readonly string[] => {
    const text = isKept(tables) ? findKeySet(tables.sql, uri.split('/').at(-2) ?? '') : undefined;
    return text === undefined ? [] : (JSON.parse(text) as HostedSet['keys']).map(({ kid }) => String(kid));
  };
  const server = httpServer(network, KINDS[circumstances.kind], hosted);
  const github = gitHub(network, { [`secret ${FOREIGN}`]: 'somebody else’s' });
  const kv = keyValues(network);
  const wallTime = () => network.now() - network.behind();
  let alarmAt: number | undefined;
  let ringing = false;
  let read: { readonly at: number; readonly records: readonly RegistrationRecord[] } = { at: -1, records: [] };

  let tables = openStorage({ empty: true });
  let written = 0;
  const storage: ObjectStorage = {
    transactionSync: (work) => tables.transactionSync(work),
    sql: {
      exec: (query, ...bindings) => {
        if (!query.trimStart().startsWith('SELECT')) written += 1;
        return tables.sql.exec(query, ...bindings);
      },
    },
    getAlarm: async () => alarmAt ?? null,
    setAlarm: async (at) => {
      alarmAt = at;
    },
    deleteAlarm: async () => {
      alarmAt = undefined;
    },
  };
  forgetSealed();
  Object.assign(stage, {
    network,
    fetch: server.fetch,
    settings: { config, github: circumstances.app ? github.app : undefined },
    lines: [],
    bytes: 0,
  });

  const begin = () => new Repository({ storage, id: { name: REPOSITORY_ID } }, { REGISTRATIONS: kv });
  let object = begin();
  let lost: () => void = () => {};
  let ended = new Promise<void>((resolve) => {
    lost = resolve;
  });

  const records = (): readonly RegistrationRecord[] => {
    if (read.at === written) return read.records;
    // Before the first registration there are no tables.
    const found = isKept(tables)
      ? tables.sql.exec<{ sealed: string }>('SELECT sealed FROM registrations ORDER BY key').toArray()
      : [];
    read = {
      at: written,
      records: found.map(({ sealed }) => openPlain(sealed)),
    };
    return read.records;
  };

  const ask = async <T>(call: () => Promise<Reply<T>>): Promise<Reply<T> | 'lost'> =>
    Promise.race([call(), ended.then(() => 'lost' as const)]);

  const untilDone = async <T>(
    call: () => Promise<Reply<T>>,
    then: (value: T) => Promise<End> = async () => ({ code: 'done' }),
  ): Promise<End> => {
    for (let asks = 0; asks < ASKS; asks += 1) {
      const reply = await ask(call);
      if (reply === 'lost') return { code: 'lost' };
      if (reply.kind === 'failed') return { code: reply.failure.code };
      if (reply.kind === 'done') return then(reply.value);
    }
    return { code: 'working' };
  };

  /** The job publishes what the Worker cannot. It ends with the object, for want of anything that goes on without it. */
  const publishInJob = async (by: () => Caller, answer: Applied): Promise<End> => {
    const over = ended;
    const { edition } = answer.credentials;
    const tell = async (stage: 'claimed' | 'written'): Promise<void> => {
      const { code } = await untilDone(() => object.published({ ...by(), receipt: { edition, stage } }));
      if (code !== 'done') throw new RegistrarError(code as ErrorCode, { message: 'The receipt was not taken.' });
    };
    const sink = async () =>
      createGitHubSink({
        request: github.request,
        owner: 'acme',
        repo: 'app',
        tokenKind: 'fine-grained',
        clock,
        random,
      });
    const publishing = publishByJob({ answer: { api: 1, status: 'done', ...answer }, sink, tell }).then(
      () => 'done',
      (error: unknown) => (isRegistrarError(error) ? error.code : Promise.reject(error)),
    );
    return { code: await Promise.race([publishing, over.then(() => 'lost')]) };
  };

  const caller = (key: Key, runId: number, attempt = 1): Caller => {
    const [environment, name] = placeOf(key, circumstances);
    return { identity: identityFor(key, circumstances, runId, attempt), environment, name };
  };

  const evict = () => {
    network.end();
    lost();
    ended = new Promise((resolve) => {
      lost = resolve;
    });
    ringing = false;
    object = begin();
  };

  /** Rings the alarm if it is time. One that the end of the object cut off rings again. */
  const ring = async (): Promise<boolean> => {
    if (ringing || alarmAt === undefined || alarmAt > wallTime()) return false;
    const at = alarmAt;
    const life = network.life();
    ringing = true;
    alarmAt = undefined;
    cutOff = at;
    object.alarm().then(() => {
      if (network.life() !== life) return;
      ringing = false;
      cutOff = undefined;
    });
    await network.settle();
    return true;
  };
  let cutOff: number | undefined;

  /**
   * Lets time pass; alarms ring when it is time. Where it is lively, requests and answers go on by themselves; of
   * so many of them, one is lost.
   */
  const pass = async (ms: number, lively: boolean, loses = 0): Promise<void> => {
    let moved = 0;
    await network.settle();
    const then = network.now() + ms;
    for (let turns = 0; ; turns += 1) {
      if (turns > MOST_TURNS) throw new Error(`never comes to rest within ${ms} ms`);
      if (await ring()) continue;
      if (lively && network.onTheWay() > 0) {
        moved += 1;
        await network.step(0, loses > 0 && moved < MOST_LOST && moved % loses === 0 ? 'answer lost' : 'goes on');
        continue;
      }
      const next = Math.min(
        network.next(),
        ringing || alarmAt === undefined ? Number.POSITIVE_INFINITY : alarmAt + network.behind(),
      );
      if (next > then) break;
      await network.passTo(Math.max(next, network.now()));
    }
    await network.passTo(then);
    await ring();
  };

  return {
    network,
    server,
    github,
    kv,
    storage,
    records,
    rows: <Row extends Record<string, string | number | null>>(query: string): readonly Row[] =>
      isKept(tables) ? tables.sql.exec<Row>(query).toArray() : [],
    circumstances,
    alarmAt: () => alarmAt,
    record: (key: Key) => records().find((record) => record.key === keyOf(key, circumstances)),
    lines: () => stage.lines,
    apply: (key: Key, variant: number, runId: number, attempt = 1) => {
      const desired = wishOf(key, variant, circumstances);
      const { owner } = desired;
      return untilDone(
        () => object.apply({ ...caller(key, runId, attempt), desired, ...(owner && { owner }) }),
        (answer) => publishInJob(() => caller(key, runId, attempt), answer),
      );
    },
    rotate: (key: Key, runId: number, now: boolean) => untilDone(() => object.rotate({ ...caller(key, runId), now })),
    retire: (key: Key, runId: number, clientId: string) =>
      untilDone(() => object.retire({ ...caller(key, runId), clientId })),
    end: (key: Key, runId: number) => untilDone(() => object.end(caller(key, runId))),
    resolve: (key: Key, given: Settlement) => {
      const path = keyOf(key, circumstances);
      const environment = path.slice(0, path.lastIndexOf('/'));
      const name = path.slice(environment.length + 1);
      return ask(() => object.resolve({ ...given, environment, name }));
    },
    deliver: async (id: string, event: HookEvent) => {
      const call = object.takeDelivery({ id, receivedAt: wallTime(), event });
      await network.settle();
      return call;
    },
    wake: async () => {
      void object.wake();
      await network.settle();
    },
    release: async () => {
      void object.release();
      await network.settle();
    },
    /** The object knows that the owner has ended. */
    isBuried: (owner: Owner | undefined) =>
      owner !== undefined && whyBuried(tables.sql, ownerName(owner)) !== undefined,
    /** What was restored waits for the operator. */
    isHeld: () => isKept(tables) && getMeta(tables.sql, 'restored') !== undefined,
    evict: async () => {
      await network.settle();
      evict();
      // The platform rings an alarm again whose handler did not end.
      if (cutOff !== undefined && (alarmAt === undefined || alarmAt > cutOff)) alarmAt = cutOff;
      cutOff = undefined;
      await network.settle();
    },
    /** Everything that the object kept is gone, and everything that it was doing. */
    lose: async () => {
      await network.settle();
      tables = openStorage({ empty: true });
      written += 1;
      alarmAt = undefined;
      cutOff = undefined;
      evict();
      await network.settle();
    },
    restore: async () => ask(() => object.restore()),
    ring,
    pass,
    owner: ownerOf(circumstances),
  };
}

export type Scene = ReturnType<typeof openScene>;
