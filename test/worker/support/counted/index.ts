import { walkInventory } from '../../../../worker/inventory/walk-inventory.ts';
import type { Bindings } from '../../../../worker/repository/bindings.ts';
import type { ApplyCall } from '../../../../worker/repository/calls.ts';
import { Repository as Uncounted } from '../../../../worker/repository/repository.ts';
import { app } from '../../../../worker/routes/app.ts';
import { scheduled } from '../../../../worker/routes/scheduled.ts';
import type { Delivery } from '../../../../worker/webhooks/delivery.ts';
import { countedKv } from './counted-kv.ts';
import { countedStorage } from './counted-storage.ts';
import { type Counts, createTally } from './counts.ts';
import { instead } from './instead.ts';
import { storedKv } from './stored-kv.ts';

/** The object of a repository as it is shipped, with what the platform charges for counted. */
export class Repository extends Uncounted {
  readonly #tally = createTally();

  constructor(state: DurableObjectState<object>, env: Bindings) {
    super(state, env);
    this.ctx = instead(state, { storage: countedStorage(state.storage, this.#tally) });
    this.env = { ...env, REGISTRATIONS: countedKv(env.REGISTRATIONS, this.#tally) };
  }

  override apply(call: ApplyCall) {
    return this.#work(() => super.apply(call));
  }

  override takeDelivery(delivery: Delivery) {
    return this.#work(() => super.takeDelivery(delivery));
  }

  override wake() {
    return this.#work(() => super.wake());
  }

  override alarm() {
    this.#tally.add('alarms');
    return this.#work(() => super.alarm());
  }

  counts(): Counts {
    return this.#tally.counts();
  }

  async #work<T>(work: () => Promise<T>): Promise<T> {
    this.#tally.add('objectRequests');
    const began = Date.now();
    try {
      return await work();
    } finally {
      this.#tally.add('objectMs', Date.now() - began);
    }
  }
}

export default {
  fetch: async (request, env, context) => {
    const { pathname, searchParams } = new URL(request.url);
    return pathname === '/walk'
      ? Response.json(await walk(Number(searchParams.get('stored'))))
      : app.fetch(request, env, context);
  },
  scheduled: (_controller, env) => scheduled(env),
} satisfies ExportedHandler<Bindings>;

/** One run of the cron job's walk through an inventory of so many repositories. */
async function walk(stored: number): Promise<Counts> {
  const tally = createTally();
  await walkInventory(countedKv(storedKv(stored), tally), async () => tally.add('objectRequests'));
  return tally.counts();
}
