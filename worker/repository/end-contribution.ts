import { refuseOlderRun } from '../../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { acceptToken, applierOf, authoriseCall, keyOf, notFound, refuseHeld, runOf } from './admit.ts';
import { ANSWER_MS } from './apply.ts';
import type { Caller, Viewed } from './calls.ts';
import { type Contribution, endContributions, findContribution, saveContribution } from './contribution-rows.ts';
import { standingOf, viewOfContribution } from './contribution-view.ts';
import { finishing } from './finishing.ts';
import type { Home } from './home.ts';
import { loadRecord } from './load-record.ts';
import type { Loaded } from './record-store.ts';
import { findRow } from './registration-rows.ts';
import { failureOf, type Reply } from './reply.ts';
import { wantedTogether } from './wanted-together.ts';
import { workOn } from './work-on.ts';

/** What the environment of a request brings to a client that it shares; undefined where it has a client of its own. */
export function contributionFor(home: Home, caller: Caller): Contribution | undefined {
  if (!home.isKept()) return undefined;
  const row = findContribution(home.sql, keyOf(caller));
  const ended = row !== undefined && row.ended_at !== null;
  return ended && findRow(home.sql, row.key) !== undefined ? undefined : row;
}

/** How a contribution stands; nothing is done. */
export async function viewContribution(home: Home, caller: Caller, row: Contribution): Promise<Reply<Viewed>> {
  authoriseCall(home, caller, 'read', standingOf(row));
  acceptToken(home, caller);
  const loaded = await loadRecord(home, row.shared);
  if (loaded === undefined) throw notFound(row.key);
  return { kind: 'done', value: { registration: viewOfContribution(row, loaded.record), events: [] } };
}

/** Takes from a shared client exactly what one environment brought; with the last of them the client itself. */
export async function endContribution(home: Home, caller: Caller, row: Contribution): Promise<Reply<Viewed>> {
  const { key, shared, owner } = row;
  authoriseCall(home, caller, 'delete', standingOf(row));
  acceptToken(home, caller);
  refuseHeld(home, key, owner);
  const answer = await home.turns.ask({
    lane: shared,
    wish: JSON.stringify(['end', key]),
    patienceMs: ANSWER_MS,
    task: () => finishing(home, shared, () => endInTurn(home, caller, row)),
  });
  return answer.kind === 'done' ? answer.value : { kind: 'working', retryAfterSeconds: 1 };
}

async function endInTurn(home: Home, caller: Caller, { key, shared }: Contribution): Promise<Reply<Viewed>> {
  const { sql, storage, clock } = home;
  try {
    const loaded = await loadRecord(home, shared);
    const row = findContribution(sql, key);
    if (row === undefined) throw notFound(key);
    if (row.ended_at !== null && loaded !== undefined) return viewed(row, loaded.record);
    const by = applierOf(caller);
    refuseOlderRun({ key, appliedBy: { runId: row.run_id, attempt: row.attempt } }, by);
    storage.transactionSync(() => {
      saveContribution(sql, { ...row, run_id: by.runId, attempt: by.attempt });
      endContributions(sql, clock.now(), 'key = ?', key);
    });
    // Nothing was ever asked for.
    if (loaded === undefined) throw notFound(key);
    return await takeAway(home, { caller, key, loaded });
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

async function takeAway(
  home: Home,
  { caller, key, loaded }: { readonly caller: Caller; readonly key: string; readonly loaded: Loaded },
): Promise<Reply<Viewed>> {
  const { start, happened = [] } = wantedTogether(home, loaded.record, home.clock.now());
  const outcome = await workOn(home, { doing: 'change', loaded, start, happened, run: runOf(caller) });
  if (outcome.problem !== undefined) throw outcome.problem;
  const { kind, value } = viewed(findContribution(home.sql, key) as Contribution, outcome.record);
  return { kind, value: { ...value, events: [...happened, ...outcome.events] } };
}

function viewed(row: Contribution, record: RegistrationRecord) {
  const value: Viewed = { registration: viewOfContribution(row, record), events: [] };
  return { kind: 'done' as const, value };
}
