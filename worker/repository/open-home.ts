import { createHttp } from '../../shared/http/create-http.ts';
import type { Fetch } from '../../shared/ports/ports.ts';
import { createCallOrder } from '../../shared/registration/call-order.ts';
import { createInventory } from '../inventory/inventory.ts';
import { createAlarmClock } from './alarm-clock.ts';
import type { Bindings } from './bindings.ts';
import type { Home } from './home.ts';
import { setMeta } from './meta.ts';
import { clock, createLog, logLine, platformFetch, random } from './platform.ts';
import { isKept, migrate } from './schema.ts';
import { openSettings } from './settings.ts';
import type { ObjectStorage, Sql } from './storage.ts';
import { createTurns } from './turns.ts';
import { createVault } from './vault.ts';

/** Everything that work on one repository needs. Rejects with `config_invalid` and `state_newer`. */
export async function openHome(storage: ObjectStorage, env: Bindings, name: string | undefined): Promise<Home> {
  const calls = { count: 0 };
  const fetch: Fetch = (url, init) => {
    calls.count += 1;
    return platformFetch(url, init);
  };
  const settings = await openSettings(env, fetch);
  const { sql } = storage;
  let kept = isKept(storage);
  if (kept) migrate(storage);
  const repositoryId = name ?? storedId(sql);
  const log = createLog({ repository: repositoryId });
  const vault = createVault({ repositoryId, keys: settings.config.keys, random });
  const { insecureLoopback } = settings.config;
  return {
    repositoryId,
    storage,
    sql,
    settings,
    vault,
    inventory: createInventory({
      kv: env.REGISTRATIONS,
      sql,
      repositoryId,
      clock,
      failed: (key) => logLine({ at: 'inventory', repository: repositoryId, key, problem: 'not written' }),
    }),
    alarm: createAlarmClock(storage),
    turns: createTurns(clock),
    http: createHttp({ fetch, clock, random, insecureLoopback, log }),
    order: createCallOrder(),
    clock,
    random,
    log,
    calls,
    isKept: () => kept,
    keep: () => {
      if (kept) return;
      migrate(storage);
      setMeta(sql, 'repository_id', repositoryId);
      setMeta(sql, 'sealed_with', vault.keyIds.join(' '));
      kept = true;
    },
  };
}

/** An object that its alarm has woken need not be told its name. */
function storedId(sql: Sql): string {
  const [row] = sql.exec<{ value: string }>("SELECT value FROM meta WHERE name = 'repository_id'").toArray();
  if (row === undefined) throw new TypeError('the object of a repository is addressed by its numeric id');
  return row.value;
}
