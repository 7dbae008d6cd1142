import { discoverServer } from '../../shared/discovery/discover-server.ts';
import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import { changesSomething } from '../../shared/reconcile/event.ts';
import { nextStep } from '../../shared/reconcile/next-step.ts';
import type { Outcome } from '../../shared/reconcile/reconcile.ts';
import { serverRecord, wantClient } from '../../shared/reconcile/want.ts';
import type { Applier, RegistrationRecord } from '../../shared/record/record.ts';
import { notAllowed } from '../policy/authorise.ts';
import { authorisePublishing } from '../policy/authorise-publishing.ts';
import { checkDesired } from '../policy/check-desired.ts';
import { findServer } from '../policy/find-server.ts';
import { acceptToken, applierOf, authoriseCall, keyOf, refuseHeld, runOf } from './admit.ts';
import { alreadyOurs, clientToHandOut, issued, leftToPublish, viewOf } from './answers.ts';
import type { Applied, ApplyCall } from './calls.ts';
import { findContribution } from './contribution-rows.ts';
import { finishing } from './finishing.ts';
import type { Home } from './home.ts';
import { loadRecord } from './load-record.ts';
import { whyEnded } from './owner-check.ts';
import { refuseFull } from './quota.ts';
import type { Loaded } from './record-store.ts';
import { findRow, ownerName, problemOf, settleRow, traitsSeen } from './registration-rows.ts';
import { errorOf, failureOf, type Reply } from './reply.ts';
import { isShared } from './shared-client.ts';
import type { Sql } from './storage.ts';
import { whyBuried } from './tombstones.ts';
import { workOn } from './work-on.ts';

/** A client with `ttl: job` whose job did not come back to delete it ends after this time. */
export const JOB_MS = 24 * 3_600_000;

/** A caller is told to ask again after this time; platforms end requests that take much longer. */
export const ANSWER_MS = 25_000;

/** What the caller asks for, once it is clear that it may. Throws what a caller is told. */
export function admitApply(home: Home, call: ApplyCall): Desired {
  const { identity, environment } = call;
  const { config } = home.settings;
  const row = home.isKept() ? findRow(home.sql, keyOf(call)) : undefined;
  authoriseCall(home, call, 'apply', row);
  refuseSharing(home, call);
  const denial = authorisePublishing({ identity, environment, policy: config.policy }, call.desired.publish);
  if (denial !== undefined) throw notAllowed(denial);
  const entry = findServer(config.servers, call.desired.server, identity);
  const desired = checkDesired({ desired: call.desired, entry });
  if (home.isKept() && (row === undefined || row.status === 'ended')) {
    refuseFull(home.sql, keyOf(call), entry);
  }
  return desired;
}

/** Brings a registration to what a run asks for; the same wish of the same run joins the work under way. */
export async function apply(home: Home, call: ApplyCall, desired: Desired): Promise<Reply<Applied>> {
  home.keep();
  acceptToken(home, call);
  const key = keyOf(call);
  refuseHeld(home, key, desired.owner);
  const run = runOf(call);
  const answer = await home.turns.ask({
    lane: key,
    wish: JSON.stringify(['apply', run, desired]),
    patienceMs: ANSWER_MS,
    task: () => finishing(home, key, () => applyInTurn(home, call, desired)),
  });
  return answer.kind === 'done' ? answer.value : { kind: 'working', retryAfterSeconds: 1 };
}

async function applyInTurn(home: Home, call: ApplyCall, desired: Desired): Promise<Reply<Applied>> {
  const { sql } = home;
  const { key } = desired;
  const owner = desired.owner === undefined ? null : ownerName(desired.owner);
  const ended = () => whyBuried(sql, owner);
  try {
    const loaded = await loadRecord(home, key);
    // Whose it is was not certain before it was opened, if it was restored.
    authoriseCall(home, call, 'apply', loaded?.row);
    const why = await whyEnded(home, desired.owner, loaded === undefined || loaded.row.status === 'ended');
    if (why !== undefined) throw ownerEnded(desired, why);
    const start = await wanted(home, desired, loaded, applierOf(call));
    // Its owner was reopened, or it has another one now.
    if (loaded?.row.end_reason != null) settleRow(sql, key, { end_reason: null });
    const outcome = await workOn(home, { doing: 'apply', loaded, start, run: runOf(call) });
    if (ended() !== undefined) throw ownerEnded(desired, ended());
    return answerTo(home, outcome);
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

/** The record as it is asked for, with its server found if that is needed. */
export async function wanted(
  home: Home,
  desired: Desired,
  loaded: Loaded | undefined,
  by: Applier | undefined,
): Promise<RegistrationRecord> {
  const now = home.clock.now();
  if (loaded !== undefined && JSON.stringify(loaded.record.desired.server) === JSON.stringify(desired.server)) {
    const same = wantClient({ record: loaded.record, desired, server: loaded.record.server, now, ...(by && { by }) });
    if (nextStep(same, now).kind === 'done') return forJob(same, now);
  }
  const server = serverRecord(await discoverServer(desired.server, home.http));
  const traits = traitsSeen(home.sql, server.registrationEndpoint);
  return forJob(wantClient({ record: loaded?.record, desired, server, now, ...(by && { by }), traits }), now);
}

/** A client of a job ends by itself in the end, whatever became of the job. */
function forJob(record: RegistrationRecord, now: number): RegistrationRecord {
  return record.desired.ttl === 'job' && record.expiresAt === undefined
    ? { ...record, expiresAt: now + JOB_MS }
    : record;
}

/** What the job is told of work that came to rest. Throws what kept it from that. */
export function answerTo({ sql }: Home, { record, events, problem, until, rest }: Outcome): Reply<Applied> {
  const byJob = problem?.code === 'publish_by_job';
  if (problem !== undefined && !byJob) throw problem;
  const client = clientToHandOut(record);
  if (rest === 'waiting' || client === undefined) throw stillWaiting(sql, record, until);
  return {
    kind: 'done',
    value: {
      changed: changesSomething(events),
      registration: viewOf(record),
      credentials: issued(client),
      publish: byJob ? leftToPublish(record, client) : [],
      ...(byJob && { claimed: alreadyOurs(record, client) }),
      events,
    },
  };
}

/** A failure from before holds everything back for a while: it is told again. */
function stillWaiting(sql: Sql, { key }: RegistrationRecord, until: number | undefined): RegistrarError {
  const row = findRow(sql, key);
  const known = row && problemOf(row);
  const retryAfterSeconds = until === undefined ? 60 : Math.max(1, Math.ceil((until - Date.now()) / 1000));
  return known === undefined
    ? new RegistrarError('server_no_answer', {
        message: `${key} waits for an earlier call to be over.`,
        client: key,
        retryAfterSeconds,
      })
    : errorOf({ ...known, retryAfterSeconds });
}

/** What a caller is told whose registration is not worked on any more, because its owner has ended. */
export function ownerEnded({ key }: Pick<Desired, 'key'>, reason = 'its owner has ended'): RegistrarError {
  return new RegistrarError('owner_ended', { message: `Nothing is made for ${key}: ${reason}.`, client: key });
}

/** A client of its own is not made where an environment shares one, nor where the shared ones are kept. */
function refuseSharing(home: Home, call: ApplyCall): void {
  const key = keyOf(call);
  if (isShared(call.environment)) {
    throw new RegistrarError('request_invalid', {
      message: `${printable(key)}: environments that begin with shared/ hold what other environments share.`,
      hint: 'Deploy to an environment of another name.',
      client: key,
    });
  }
  const shares = home.isKept() ? findContribution(home.sql, key) : undefined;
  if (shares === undefined || shares.ended_at !== null) return;
  throw new RegistrarError('shared_differs', {
    message: `${printable(key)} shares ${printable(shares.shared)}, and this run would give it a client of its own. Nothing was changed.`,
    hint: 'Run `command: delete` for it first; then deploy again.',
    client: key,
  });
}
