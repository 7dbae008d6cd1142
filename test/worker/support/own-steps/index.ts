import type { Bindings } from '../../../../worker/repository/bindings.ts';
import { Repository as Built } from '../../../../worker/repository/repository.ts';
import { app } from '../../../../worker/routes/app.ts';
import { scheduled } from '../../../../worker/routes/scheduled.ts';
import { instead } from '../counted/instead.ts';
import { beginLife, count, countNoMore, type Life } from './life.ts';
import { stepKv } from './step-kv.ts';
import { stepStorage } from './step-storage.ts';
import type { Asked } from './ways.ts';
import { openWorldClock } from './world-clock.ts';

// Runs in workerd: the Worker as it is, whose object counts its own steps and ends at one of them if a test says so.

let life: Life | undefined;
let keys: string | undefined;

const clock = openWorldClock(() => life?.begin() ?? (() => {}));

const realFetch = globalThis.fetch.bind(globalThis);
globalThis.fetch = (...args: Parameters<typeof realFetch>) => {
  // Between the step that it ends at and its end nothing leaves the object.
  if (life?.isEnding() === true) throw new Error('this object has ended');
  return realFetch(...args);
};

let surroundings: Bindings | undefined;

/** The Worker reads its settings once, as long as its bindings are the same. */
function around(env: Bindings): Bindings {
  surroundings ??= { ...env, ...(keys !== undefined && { ENCRYPTION_KEYS: keys }) };
  return surroundings;
}

export class Repository extends Built {
  readonly #life: Life;
  readonly #storage: DurableObjectStorage;

  constructor(state: DurableObjectState<object>, env: Bindings) {
    super(state, env);
    const { storage } = state;
    this.#storage = storage;
    this.#life = beginLife({ abort: () => state.abort('ended by a test'), confirmed: () => storage.sync() });
    life = this.#life;
    this.ctx = instead(state, { storage: stepStorage(storage, this.#life, clock) });
    this.env = { ...around(env), REGISTRATIONS: stepKv(env.REGISTRATIONS, this.#life) };
  }

  override async alarm(): Promise<void> {
    await this.during(async () => {
      this.#life.now('alarm begins', () => {});
      await super.alarm();
      this.#life.now('alarm ends', () => {});
    });
  }

  /** While this goes on the object is not at rest, and nobody hears of it once the object has ended. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.#life.during(work);
  }

  /** Nothing goes on, and the alarm is not due. */
  async isAtRest(): Promise<boolean> {
    const alarm = await this.#storage.getAlarm();
    return !this.#life.isBusy() && !this.#life.isEnding() && (alarm === null || clock.fromReal(alarm) > Date.now());
  }

  /** Time passes. An alarm that is due goes off at once, also one that was broken off: the platform takes two seconds. */
  async pass(ms: number): Promise<void> {
    const alarm = await this.#storage.getAlarm();
    const at = alarm === null ? undefined : clock.fromReal(alarm);
    clock.pass(ms);
    if (at !== undefined) await this.#storage.setAlarm(clock.toReal(Math.max(at, Date.now())));
  }

  /** Everything that it kept is lost. */
  async lose(): Promise<void> {
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
    await this.#storage.sync();
  }

  async evict(): Promise<void> {
    this.#life.evict();
  }
}

for (const name of ['apply', 'view', 'end', 'rotate', 'takeDelivery', 'wake', 'restore', 'release'] as const) {
  const call = Built.prototype[name] as (...args: unknown[]) => Promise<unknown>;
  const value = function (this: Repository, ...args: unknown[]) {
    return this.during(() => call.apply(this, args));
  };
  Object.defineProperty(Repository.prototype, name, { value });
}

async function change(env: Bindings, asked: Asked): Promise<Response> {
  const object = () => env.REPOSITORIES.getByName(asked.repository) as unknown as Repository;
  const evict = () =>
    object()
      .evict()
      .catch(() => {});
  switch (asked.kind) {
    case 'pass':
      await object().pass(asked.ms);
      break;
    case 'lose':
      await object().lose();
      await evict();
      break;
    case 'keys':
      keys = asked.keys;
      surroundings = undefined;
      await evict();
      break;
    case 'forget inventory':
      await forgetInventory(env.REGISTRATIONS);
      break;
    case 'count':
      count(asked.plan);
      break;
    case 'count no more':
      return Response.json(countNoMore());
    case 'rest':
      await rest(object);
  }
  return Response.json({ now: Date.now() });
}

/** Resolves when the object, whichever it is by then, is at rest. */
async function rest(object: () => Repository): Promise<void> {
  const end = Date.now() + 60_000;
  let known = life;
  for (let times = 0; times < 2; ) {
    if (Date.now() > end) throw new Error('it does not come to rest');
    await scheduler.wait(1);
    const isAtRest = await object()
      .isAtRest()
      .catch(() => false);
    times = isAtRest ? times + 1 : 0;
    if (life !== known) {
      known = life;
      await object()
        .pass(0)
        .catch(() => {});
    }
  }
}

async function forgetInventory(kv: KVNamespace): Promise<void> {
  const { keys: names } = await kv.list();
  await Promise.all(names.map(({ name }) => kv.delete(name)));
}

export default {
  fetch: async (request, env, context) =>
    new URL(request.url).pathname === '/own-steps'
      ? change(env, await request.json<Asked>())
      : app.fetch(request, around(env), context),
  scheduled: (_controller, env) => scheduled(around(env)),
} satisfies ExportedHandler<Bindings>;
