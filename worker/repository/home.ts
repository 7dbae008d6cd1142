import type { Http } from '../../shared/http/http.ts';
import type { Clock, Log, Random } from '../../shared/ports/ports.ts';
import type { CallOrder } from '../../shared/registration/call-order.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { AlarmClock } from './alarm-clock.ts';
import type { Settings } from './settings.ts';
import type { ObjectStorage, Sql } from './storage.ts';
import type { Turns } from './turns.ts';
import type { Vault } from './vault.ts';

/** Everything that work on one repository needs; made once in the life of an object. */
export type Home = {
  readonly repositoryId: string;
  readonly storage: ObjectStorage;
  readonly sql: Sql;
  readonly settings: Settings;
  readonly vault: Vault;
  readonly inventory: Inventory;
  readonly alarm: AlarmClock;
  readonly turns: Turns;
  readonly http: Http;
  readonly order: CallOrder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Outgoing calls so far. */
  readonly calls: { readonly count: number };
  /** True once something was kept for this repository. */
  readonly isKept: () => boolean;
  /** From now on something is. */
  readonly keep: () => void;
};
