import type { PublishedBody } from '../../shared/api/worker-api.ts';
import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Event } from '../../shared/reconcile/event.ts';
import { askRotation, confirmUse } from '../../shared/reconcile/requests.ts';
import { endRegistration } from '../../shared/reconcile/transitions.ts';
import { refuseOlderRun } from '../../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Action } from '../policy/authorise.ts';
import { acceptToken, applierOf, authoriseCall, keyOf, notFound, refuseHeld, runOf, type Standing } from './admit.ts';
import { viewOf } from './answers.ts';
import { ANSWER_MS, ownerEnded } from './apply.ts';
import type { Caller, RetireCall, Viewed } from './calls.ts';
import { type Contribution, endContributions } from './contribution-rows.ts';
import { standingOf } from './contribution-view.ts';
import { contributionFor, endContribution, viewContribution } from './end-contribution.ts';
import { finishing } from './finishing.ts';
import type { Home } from './home.ts';
import { loadRecord } from './load-record.ts';
import { takeReceipt } from './receipt.ts';
import type { Loaded } from './record-store.ts';
import { findRow, type RegistrationRow, type Settled } from './registration-rows.ts';
import { failureOf, type Reply } from './reply.ts';
import { isShared } from './shared-client.ts';
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
export async function end(home: Home, caller: Caller): Promise<Reply<Viewed>> {
  const contribution = contributionFor(home, caller);
  if (contribution !== undefined) return endContribution(home, caller, contribution);
  return changeOne(home, caller, {
    action: 'delete',
    wish: ['end'],
    change: ({ record }, now) => {
      const by = applierOf(caller);
      refuseOlderRun(record, by);
      // Those who share it have to deploy again.
      home.storage.transactionSync(() => endContributions(home.sql, now, 'shared = ?', record.key));
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

/** The deployed app uses this client and key: those it replaced are deleted. */
export function retire(home: Home, caller: RetireCall): Promise<Reply<Viewed>> {
  const { clientId, keyId } = caller;
  return changeOne(home, caller, {
    action: 'retire',
    wish: ['retire', clientId, keyId],
    change: ({ record }) => ({ record: confirmUse(record, clientId, keyId) }),
  });
}

/** How a registration stands; nothing is done. */
export async function view(home: Home, caller: Caller): Promise<Reply<Viewed>> {
  const key = keyOf(caller);
  const contribution = contributionFor(home, caller);
  if (contribution !== undefined) return viewContribution(home, caller, contribution);
  admit(home, caller, 'read');
  const { record, row } = (await loadRecord(home, key)) as Loaded;
  authoriseCall(home, caller, 'read', standing(caller, row, undefined));
  return { kind: 'done', value: { registration: viewOf(record), events: [] } };
}

/** The row of the registration, once it is clear that the run may do this with it. A repository never seen stays so. */
function admit(home: Home, caller: Caller, action: Action): RegistrationRow {
  const key = keyOf(caller);
  const row = home.isKept() ? findRow(home.sql, key) : undefined;
  const contribution = contributionFor(home, caller);
  authoriseCall(home, caller, action, standing(caller, row, contribution));
  if (contribution !== undefined) throw sharedUnsupported(key);
  if (home.isKept()) acceptToken(home, caller);
  if (row === undefined) throw notFound(key);
  return row;
}

/** What environments share belongs to nobody, also before it is made and after its end. */
function standing(
  { environment }: Caller,
  row: RegistrationRow | undefined,
  contribution: Contribution | undefined,
): Standing | undefined {
  if (isShared(environment)) return { status: 'active', owner: null };
  return contribution === undefined ? row : standingOf(contribution);
}

/** What is shared is not rotated or published, so there is nothing to retire either. */
function refuseShared(caller: Caller): void {
  if (isShared(caller.environment)) throw sharedUnsupported(keyOf(caller));
}

function sharedUnsupported(key: string): RegistrarError {
  return new RegistrarError('shared_unsupported', {
    message: `${printable(key)}: only apply, plan and delete are possible with a client that environments share.`,
    client: key,
  });
}

async function changeOne(home: Home, caller: Caller, { action, wish, change }: Change): Promise<Reply<Viewed>> {
  const key = keyOf(caller);
  const { owner } = admit(home, caller, action);
  if (action !== 'delete') refuseShared(caller);
  refuseHeld(home, key, owner);
  const answer = await home.turns.ask({
    lane: key,
    wish: JSON.stringify(wish),
    patienceMs: ANSWER_MS,
    task: () => finishing(home, key, () => changeInTurn(home, caller, { action, change })),
  });
  return answer.kind === 'done' ? answer.value : { kind: 'working', retryAfterSeconds: 1 };
}

async function changeInTurn(
  home: Home,
  caller: Caller,
  { action, change }: Pick<Change, 'action' | 'change'>,
): Promise<Reply<Viewed>> {
  const key = keyOf(caller);
  try {
    const loaded = await loadRecord(home, key);
    if (loaded === undefined) throw notFound(key);
    // Whose it is was not certain before it was opened, if it was restored.
    authoriseCall(home, caller, action, standing(caller, loaded.row, undefined));
    refuseHeld(home, key, loaded.row.owner);
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
