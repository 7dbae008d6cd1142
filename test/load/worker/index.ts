import { registrationKey } from '../../../worker/inventory/inventory-keys.ts';
import type { Bindings } from '../../../worker/repository/bindings.ts';
import { app } from '../../../worker/routes/app.ts';
import { scheduled } from '../../../worker/routes/scheduled.ts';
import { Repository as Counted } from '../../worker/support/counted/index.ts';
import { type AlarmBooks, type AlarmWork, type Books, type Filling, filledKey } from './books.ts';

const NOTHING: AlarmWork = { ms: 0, rowsRead: 0, rowsWritten: 0, kvWrites: 0 };

/** Of all objects: one that is taken out of memory would forget. */
let alarms: AlarmBooks = { count: 0, all: NOTHING, largest: NOTHING };
let woken: string[] = [];

/** The object of a repository as it is shipped, with what its alarms take written down. */
export class Repository extends Counted {
  override async alarm() {
    const before = this.counts();
    const began = Date.now();
    await super.alarm();
    const after = this.counts();
    const work = {
      ms: Date.now() - began,
      rowsRead: after.rowsRead - before.rowsRead,
      rowsWritten: after.rowsWritten - before.rowsWritten,
      kvWrites: after.kvWrites - before.kvWrites,
    };
    alarms = {
      count: alarms.count + 1,
      all: combine(alarms.all, work, (one, other) => one + other),
      largest: combine(alarms.largest, work, Math.max),
    };
  }

  override wake() {
    woken.push(String(this.ctx.id.name));
    return super.wake();
  }

  async books(): Promise<Books> {
    const { sql } = this.ctx.storage;
    const deliveries = sql.exec<{ id: string; outcome: string }>('SELECT id, outcome FROM deliveries').toArray();
    const { active } = sql
      .exec<{ active: number }>("SELECT count(*) AS active FROM registrations WHERE status <> 'ended'")
      .one();
    return {
      repository: String(this.ctx.id.name),
      deliveries: Object.fromEntries(deliveries.map(({ id, outcome }) => [id, outcome])),
      active,
      alarmAt: await this.ctx.storage.getAlarm(),
      bytes: sql.databaseSize,
    };
  }
}

export default {
  fetch: async (request, env, context) => {
    switch (new URL(request.url).pathname) {
      case '/load/books': {
        const ids: readonly string[] = await request.json();
        const { REPOSITORIES } = env as unknown as { readonly REPOSITORIES: DurableObjectNamespace<Repository> };
        return Response.json(await Promise.all(ids.map((id) => REPOSITORIES.getByName(id).books())));
      }
      case '/load/alarms': {
        const told = alarms;
        alarms = { count: 0, all: NOTHING, largest: NOTHING };
        return Response.json(told);
      }
      case '/load/woken': {
        const told = woken;
        woken = [];
        return Response.json(told);
      }
      case '/load/fill':
        await fill(env.REGISTRATIONS, await request.json());
        return new Response(null, { status: 204 });
      default:
        return app.fetch(request, env, context);
    }
  },
  scheduled: (_controller, env) => scheduled(env),
} satisfies ExportedHandler<Bindings>;

function combine(one: AlarmWork, other: AlarmWork, by: (one: number, other: number) => number): AlarmWork {
  return {
    ms: by(one.ms, other.ms),
    rowsRead: by(one.rowsRead, other.rowsRead),
    rowsWritten: by(one.rowsWritten, other.rowsWritten),
    kvWrites: by(one.kvWrites, other.kvWrites),
  };
}

async function fill(kv: KVNamespace, { repositories, each, text, metadata }: Filling): Promise<void> {
  for (const repository of repositories) {
    const numbers = Array.from({ length: each }, (_, number) => number);
    await Promise.all(
      numbers.map((number) => kv.put(registrationKey(repository, filledKey(number)), text, { metadata })),
    );
  }
}
