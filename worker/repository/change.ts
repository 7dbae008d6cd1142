import type { PublishedBody } from '../../shared/api/worker-api.ts';
import type { Event } from '../../shared/reconcile/event.ts';
import { askRotation, confirmUse } from '../../shared/reconcile/requests.ts';
import { endRegistration } from '../../shared/reconcile/transitions.ts';
import { refuseOlderRun } from '../../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Action } from '../policy/authorise.ts';
import { acceptToken, applierOf, authoriseCall, keyOf, notFound, refuseHeld, runOf } from './admit.ts';
import { viewOf } from './answers.ts';
import { ANSWER_MS, ownerEnded } from './apply.ts';
import type { Caller, Viewed } from './calls.ts';
import { finishing } from './finishing.ts';
import type { Home } from './home.ts';
import { loadRecord } from './load-record.ts';
import { takeReceipt } from './receipt.ts';
import type { Loaded } from './record-store.ts';
import { findRow, type RegistrationRow, type Settled } from './registration-rows.ts';
import { failureOf, type Reply } from './reply.ts';
import { whyBuried } from './tombstones.ts';
import { workOn } from './work-on.ts';

/** What a request makes of a record, before the engine goes on with it. */
type Changed = { readonly record: RegistrationRecord; readonly events?: readonly Event[]; readonly settled?: Settled };

type Change = {
  readonly action: Action;
  /** The same wish joins work under way. */
  readonly wish: readonly unknown[];
  readonly change: (loaded: Loaded, now: number) => Changed | Promise<Changed>;
};

/** Deletes the clients and names of a registration. */
export function end(home: Home, caller: Caller): Promise<Reply<Viewed>> {
  return changeOne(home, caller, {
    action: 'delete',
    wish: ['end'],
    change: ({ record }, now) => {
      const by = applierOf(caller);
      refuseOlderRun(record, by);
      if (record.ending !== undefined) return { record };
      const ended = endRegistration(record, now, 'a run asked for it');
      return { ...ended, record: { ...ended.record, appliedBy: by } };
    },
  });
}

/** Begins a rotation; one that is under way, or was asked for by the same run, is that rotation. */
export function rotate(home: Home, caller: Caller & { readonly now: boolean }): Promise<Reply<Viewed>> {
  const run = runOf(caller);
  const asked = `${run}${caller.now ? ' now' : ''}`;
  return changeOne(home, caller, {
    action: 'rotate',
    wish: ['rotate', asked],
    change: ({ record, row }, now) => {
      if (row.rotation_run === asked) return { record };
      const strategy = record.desired.rotation?.strategy ?? 'replace';
      const reason = caller.now ? 'leak' : 'asked';
      return {
        record: askRotation(record, { reason, strategy, startedAt: now, run }),
        settled: { rotation_run: asked },
      };
    },
  });
}

/** The job says that it wrote the credentials of an edition where they belong. */
export function published(home: Home, caller: Caller & { readonly receipt: PublishedBody }): Promise<Reply<Viewed>> {
  const { receipt } = caller;
  return changeOne(home, caller, {
    action: 'published',
    wish: ['published', receipt],
    change: async ({ record }, now) => ({ record: await takeReceipt(record, receipt, now) }),
  });
}

/** The deployed app uses this client: those it replaced are deleted. */
export function retire(home: Home, caller: Caller & { readonly clientId: string }): Promise<Reply<Viewed>> {
  const { clientId } = caller;
  return changeOne(home, caller, {
    action: 'retire',
    wish: ['retire', clientId],
    change: ({ record }) => ({ record: confirmUse(record, clientId) }),
  });
}

/** How a registration stands; nothing is done. */
export async function view(home: Home, caller: Caller): Promise<Reply<Viewed>> {
  const key = keyOf(caller);
  admit(home, caller, 'read');
  const loaded = await loadRecord(home, key);
  return { kind: 'done', value: { registration: viewOf((loaded as Loaded).record), events: [] } };
}

/** The row of the registration, once it is clear that the run may do this with it. A repository never seen stays so. */
function admit(home: Home, caller: Caller, action: Action): RegistrationRow {
  const key = keyOf(caller);
  const row = home.isKept() ? findRow(home.sql, key) : undefined;
  authoriseCall(home, caller, action, row);
  if (home.isKept()) acceptToken(home, caller);
  if (row === undefined) throw notFound(key);
  return row;
}

async function changeOne(home: Home, caller: Caller, { action, wish, change }: Change): Promise<Reply<Viewed>> {
  const key = keyOf(caller);
  refuseHeld(home, key, admit(home, caller, action).owner);
  const answer = await home.turns.ask({
    lane: key,
    wish: JSON.stringify(wish),
    patienceMs: ANSWER_MS,
    task: () => finishing(home, key, () => changeInTurn(home, caller, change)),
  });
  return answer.kind === 'done' ? answer.value : { kind: 'working', retryAfterSeconds: 1 };
}

async function changeInTurn(home: Home, caller: Caller, change: Change['change']): Promise<Reply<Viewed>> {
  const key = keyOf(caller);
  try {
    const loaded = await loadRecord(home, key);
    if (loaded === undefined) throw notFound(key);
    const { record, events = [], settled } = await change(loaded, home.clock.now());
    if (record.ending !== undefined && loaded.row.status === 'ended') {
      return { kind: 'done', value: { registration: viewOf(record), events: [] } };
    }
    const outcome = await workOn(home, {
      doing: 'change',
      loaded,
      start: record,
      happened: events,
      run: runOf(caller),
      ...(settled && { settled }),
    });
    const { problem } = outcome;
    if (problem?.code === 'cancelled') throw ownerEnded(outcome.record, whyBuried(home.sql, loaded.row.owner));
    if (problem !== undefined && problem.code !== 'publish_by_job') throw problem;
    return { kind: 'done', value: { registration: viewOf(outcome.record), events: [...events, ...outcome.events] } };
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}
