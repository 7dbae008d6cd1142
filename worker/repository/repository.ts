import { DurableObject } from 'cloudflare:workers';
import type { PublishedBody } from '../../shared/api/worker-api.ts';
import type { Delivery, Taken } from '../webhooks/delivery.ts';
import { admitApply, apply } from './apply.ts';
import { applyShared } from './apply-shared.ts';
import { arm } from './arm.ts';
import type { Bindings } from './bindings.ts';
import type {
  Applied,
  ApplyCall,
  Caller,
  Overview,
  RepositoryCalls,
  ResolveCall,
  RetireCall,
  Viewed,
} from './calls.ts';
import { end, published, retire, rotate, view } from './change.ts';
import { doWhatIsDue, forgetOld } from './due-work.ts';
import { EVENT_MS, eventsSince, type LoggedEvent, type Since } from './event-rows.ts';
import type { Home } from './home.ts';
import { findKeySet } from './key-sets.ts';
import { type LedgerEntry, ledgerPage } from './ledger-rows.ts';
import { openHome } from './open-home.ts';
import { exportAll, keyCounts, overview } from './overview.ts';
import { logLine, whereThrown } from './platform.ts';
import { failureOf, type Reply } from './reply.ts';
import { resolve } from './resolve.ts';
import { type Restored, release, restore } from './restore.ts';
import { sealAnew } from './seal-anew.ts';
import { takeDelivery } from './take-delivery.ts';

/** Rows and entries handed out at once. */
const PAGE = 1000;
/** With settings that cannot be used the alarm looks again after this time. */
const UNUSABLE_MS = 300_000;
/** Entries written to the inventory per alarm. */
const INVENTORY_PIECE = 10;

/** The one writer of a repository's registrations; addressed by the repository's numeric id. */
export class Repository extends DurableObject<Bindings> implements RepositoryCalls {
  #home: Promise<Home> | undefined;

  apply(call: ApplyCall): Promise<Reply<Applied>> {
    const { shared } = call.desired;
    return this.#answer((home) =>
      shared === undefined ? apply(home, call, admitApply(home, call)) : applyShared(home, call, shared),
    );
  }

  view(call: Caller): Promise<Reply<Viewed>> {
    return this.#answer((home) => view(home, call));
  }

  end(call: Caller): Promise<Reply<Viewed>> {
    return this.#answer((home) => end(home, call));
  }

  rotate(call: Caller & { readonly now: boolean }): Promise<Reply<Viewed>> {
    return this.#answer((home) => rotate(home, call));
  }

  published(call: Caller & { readonly receipt: PublishedBody }): Promise<Reply<Viewed>> {
    return this.#answer((home) => published(home, call));
  }

  retire(call: RetireCall): Promise<Reply<Viewed>> {
    return this.#answer((home) => retire(home, call));
  }

  async takeDelivery(delivery: Delivery): Promise<Taken> {
    const home = await this.#open();
    const taken = takeDelivery(home, delivery);
    if (taken === 'taken') await home.alarm.soonest(home.clock.now());
    return taken;
  }

  async wake(): Promise<void> {
    const home = await this.#open();
    if (home.isKept()) await arm(home);
  }

  overview(): Promise<Reply<Overview>> {
    return this.#answer(async (home) => ({ kind: 'done', value: overview(home) }));
  }

  async ledger(after: number): Promise<{ readonly entries: readonly LedgerEntry[]; readonly next?: number }> {
    const home = await this.#open();
    return home.isKept() ? ledgerPage(home.sql, after, PAGE) : { entries: [] };
  }

  async events(since: Since): Promise<readonly LoggedEvent[]> {
    const home = await this.#open();
    return home.isKept() ? eventsSince(home.sql, since, PAGE) : [];
  }

  async keyCounts(): Promise<Readonly<Record<string, number>>> {
    return keyCounts(await this.#open());
  }

  export(publicKey: string): Promise<Reply<string>> {
    return this.#answer(async (home) => ({ kind: 'done', value: await exportAll(home, publicKey) }));
  }

  resolve(call: ResolveCall): Promise<Reply<Pick<Viewed, 'registration'>>> {
    return this.#answer((home) => resolve(home, call));
  }

  restore(): Promise<Reply<Restored>> {
    return this.#answer(async (home) => ({ kind: 'done', value: await restore(home, this.env.REGISTRATIONS) }));
  }

  release(owner?: string): Promise<Reply<{ readonly released: readonly string[] }>> {
    return this.#answer(async (home) => {
      const released = home.isKept() ? release(home, owner) : [];
      if (home.isKept()) await arm(home);
      return { kind: 'done', value: { released } };
    });
  }

  async keySet(id: string): Promise<string | undefined> {
    const { isKept, sql } = await this.#open();
    return isKept() ? findKeySet(sql, id) : undefined;
  }

  override async alarm(): Promise<void> {
    const home = await this.#open().catch(async (error: unknown) => {
      // The platform gives up after some attempts, and settings that cannot be used may stay for long.
      await this.ctx.storage.setAlarm(Date.now() + UNUSABLE_MS);
      logLine({ at: 'alarm', repository: this.ctx.id.name, problem: failureOf(error).code, ...whereThrown(error) });
    });
    if (home === undefined) return;
    home.alarm.rang();
    try {
      await home.inventory.writeDue(INVENTORY_PIECE);
      await doWhatIsDue(home);
      await sealAnew(home);
      forgetOld(home, EVENT_MS);
    } catch (error) {
      logLine({ at: 'alarm', repository: home.repositoryId, ...whereThrown(error) });
    } finally {
      await arm(home);
    }
  }

  #open(): Promise<Home> {
    this.#home ??= openHome(this.ctx.storage, this.env, this.ctx.id.name).catch((error: unknown) => {
      this.#home = undefined;
      throw error;
    });
    return this.#home;
  }

  async #answer<T>(work: (home: Home) => Promise<Reply<T>>): Promise<Reply<T>> {
    try {
      return await work(await this.#open());
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === 'internal') logLine({ at: 'call', repository: this.ctx.id.name, ...whereThrown(error) });
      return { kind: 'failed', failure };
    }
  }
}
