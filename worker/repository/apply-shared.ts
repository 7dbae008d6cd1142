import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import { matchesPattern } from '../../shared/manifest/override.ts';
import { sharedFindings } from '../../shared/manifest/shared-client.ts';
import type { Outcome } from '../../shared/reconcile/reconcile.ts';
import { refuseOlderRun } from '../../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { fitsInventory } from '../inventory/inventory-keys.ts';
import { checkDesired } from '../policy/check-desired.ts';
import { entryOfRecord, findServer } from '../policy/find-server.ts';
import { acceptToken, applierOf, authoriseCall, keyOf, refuseHeld, runOf } from './admit.ts';
import { clientToHandOut, withoutSecrets } from './answers.ts';
import { ANSWER_MS, answerTo, JOB_MS, ownerEnded, wanted } from './apply.ts';
import type { Applied, ApplyCall } from './calls.ts';
import { type Contribution, contributionsTo, findContribution, saveContribution, urisIn } from './contribution-rows.ts';
import { standingOf, viewOfContribution } from './contribution-view.ts';
import { addEvents } from './event-rows.ts';
import { finishing } from './finishing.ts';
import type { Home } from './home.ts';
import { loadRecord } from './load-record.ts';
import { whyEnded } from './owner-check.ts';
import { refuseFull } from './quota.ts';
import { findRow, ownerName, settleRow } from './registration-rows.ts';
import { failureOf, type Reply } from './reply.ts';
import { commonPart, contributedBy, differingMembers, isShared, sharedEnvironment, together } from './shared-client.ts';
import { whyBuried } from './tombstones.ts';
import { workOn } from './work-on.ts';

/** How long a contribution lives after its last deploy unless the manifest says otherwise. */
const DEFAULT_LIFE_MS = 14 * 86_400_000;
const LONGEST_PATTERN = 255;

/** What a run may bring to a client that environments share. */
type Admitted = {
  /** Key of the registration that is shared. */
  readonly shared: string;
  readonly pattern: string;
  readonly desired: Desired;
  /** Jobs of the environment get secret and key. */
  readonly withSecrets: boolean;
};

/** Adds what an environment brings to the client that it shares; the same wish of the same run joins the work under way. */
export async function applyShared(home: Home, call: ApplyCall, pattern: string): Promise<Reply<Applied>> {
  const admitted = admit(home, call, pattern);
  const { shared, desired } = admitted;
  home.keep();
  acceptToken(home, call);
  refuseHeld(home, desired.key, desired.owner);
  const answer = await home.turns.ask({
    lane: shared,
    wish: JSON.stringify(['apply', runOf(call), desired]),
    patienceMs: ANSWER_MS,
    task: () => finishing(home, shared, () => applyInTurn(home, call, admitted)),
  });
  return answer.kind === 'done' ? answer.value : { kind: 'working', retryAfterSeconds: 1 };
}

function admit(home: Home, call: ApplyCall, pattern: string): Admitted {
  const { identity, environment, desired: asked } = call;
  const key = keyOf(call);
  const shared = `${sharedEnvironment({ pattern, ...(asked.owner && { owner: asked.owner }) })}/${call.name}`;
  refuseMalformed({ environment, pattern, shared, asked });
  const kept = home.isKept();
  const before = kept ? findContribution(home.sql, key) : undefined;
  const decision = authoriseCall(home, call, 'apply', before && standingOf(before));
  const own = kept ? findRow(home.sql, key) : undefined;
  if (own !== undefined && own.status !== 'ended') throw hasItsOwn(key);
  const { servers } = home.settings.config;
  const entry = findServer(servers, asked.server, identity);
  const desired = checkDesired({ desired: asked, entry });
  const row = kept ? findRow(home.sql, shared) : undefined;
  if (kept && (row === undefined || row.status === 'ended')) refuseFull(home.sql, shared, entry);
  return { shared, pattern, desired, withSecrets: decision.sharedCredentials };
}

async function applyInTurn(home: Home, call: ApplyCall, admitted: Admitted): Promise<Reply<Applied>> {
  const { sql, clock } = home;
  const { shared, desired, withSecrets } = admitted;
  const { key } = desired;
  const owner = desired.owner === undefined ? null : ownerName(desired.owner);
  const ended = () => whyBuried(sql, owner) ?? whyAskedToEnd(home, key);
  try {
    const known = findContribution(sql, key);
    if (known !== undefined) refuseOther(known, { call, shared, owner });
    const why = await whyEnded(home, desired.owner, known === undefined || known.ended_at !== null);
    if (why !== undefined) throw ownerEnded(desired, why);
    const loaded = await loadRecord(home, shared);
    const common = commonOf(home, loaded?.record, admitted, call);
    // Whatever came in meanwhile is known from here on.
    const buried = whyBuried(sql, owner);
    if (buried !== undefined) throw ownerEnded(desired, buried);
    const before = findContribution(sql, key);
    const row = renewed(before, { call, shared, desired, owner, now: clock.now() });
    if (row !== before) saveContribution(sql, row);
    const others = contributionsTo(sql, shared).filter((other) => other.key !== key && other.held === 1);
    const wish = together(common, [...others.map(urisIn), contributedBy(desired)]);
    const outcome = await workOn(home, {
      doing: 'apply',
      loaded,
      start: await wanted(home, wish, loaded, undefined),
      run: runOf(call),
      stopping: () => ended() !== undefined,
      concluding: (came, now) => conclude(home, row, came, { uris: contributedBy(desired), now, run: runOf(call) }),
    });
    const over = ended();
    if (over !== undefined) throw ownerEnded(desired, over);
    return answered(home, { outcome, key, withSecrets });
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

/** A host may say that a deploy is gone while it is being made. */
function whyAskedToEnd({ sql }: Home, key: string): string | undefined {
  const row = findContribution(sql, key);
  return row === undefined || row.ended_at === null ? undefined : 'its end was asked for meanwhile';
}

/** The contribution as the run wants it; the same one back where nothing is to be saved. */
function renewed(
  before: Contribution | undefined,
  {
    call,
    shared,
    desired,
    owner,
    now,
  }: {
    readonly call: ApplyCall;
    readonly shared: string;
    readonly desired: Desired;
    readonly owner: string | null;
    readonly now: number;
  },
): Contribution {
  const there = before?.ended_at === null ? before : undefined;
  const uris = JSON.stringify(contributedBy(desired));
  const life = lifeOf(desired);
  const left = (there?.expires_at ?? 0) - now;
  const expires = life === null ? null : left < life / 2 || left > life ? now + life : (there?.expires_at ?? null);
  if (there !== undefined && there.uris === uris && there.life === life && there.expires_at === expires) return there;
  const { runId, attempt } = applierOf(call);
  return {
    key: desired.key,
    shared,
    owner,
    // What the server holds of it stays in force until it has taken the change.
    uris: there?.uris ?? uris,
    held: there?.held ?? 0,
    life,
    expires_at: expires,
    run_id: runId,
    attempt,
    ended_at: null,
  };
}

function lifeOf({ ttl, owner }: Desired): number | null {
  if (ttl === 'job') return JOB_MS;
  if (owner === undefined) return null;
  return ttl === undefined ? DEFAULT_LIFE_MS : ttl.seconds * 1000;
}

/** From now on the contribution counts for everybody, unless the server did not take it or its owner ended meanwhile. */
function conclude(
  { sql }: Home,
  { key, shared }: Contribution,
  { record, problem, rest }: Outcome,
  { uris, now, run }: { readonly uris: object; readonly now: number; readonly run: string },
): void {
  const row = findContribution(sql, key);
  if (row === undefined || row.ended_at !== null) return;
  if (problem !== undefined || rest === 'waiting' || clientToHandOut(record) === undefined) return;
  const text = JSON.stringify(uris);
  if (row.held === 1 && row.uris === text) return;
  saveContribution(sql, { ...row, uris: text, held: 1 });
  settleRow(sql, shared, { inventory_due: now });
  if (row.held === 0) addEvents(sql, [{ kind: 'joined', contribution: key }], { at: now, registration: shared, run });
}

function answered(
  home: Home,
  { outcome, key, withSecrets }: { readonly outcome: Outcome; readonly key: string; readonly withSecrets: boolean },
): Reply<Applied> {
  const reply = answerTo(home, outcome);
  if (reply.kind !== 'done') return reply;
  const { registration: _r, ...value } = reply.value;
  const row = findContribution(home.sql, key) as Contribution;
  const given = { ...value, registration: viewOfContribution(row, outcome.record) };
  const open = withoutSecrets(value.credentials);
  if (withSecrets || Object.keys(open).length === Object.keys(value.credentials).length) {
    return { kind: 'done', value: given };
  }
  const [environment = ''] = key.split('/');
  return {
    kind: 'done',
    value: {
      ...given,
      credentials: open,
      withheld: `${printable(key)}: the secret of a client that environments share is not given to jobs of ${printable(environment, 60)}. If they are to have it, ask the operator of the Worker to set "shared_credentials": true for this environment in POLICY.`,
    },
  };
}

/** What all who share the client have asked for. Throws `shared_differs` when this run asks for something else. */
function commonOf(
  home: Home,
  record: RegistrationRecord | undefined,
  { desired, pattern }: Admitted,
  { identity }: ApplyCall,
): Desired {
  const common = commonPart(desired, pattern);
  if (record === undefined || record.ending !== undefined) return common;
  const { servers } = home.settings.config;
  const entry = findServer(servers, desired.server, identity);
  const elsewhere = entryOfRecord(servers, record.server, identity) !== entry;
  const stored = { ...record.desired, server: common.server };
  const differing = [...(elsewhere ? ['server'] : []), ...differingMembers(stored, common)];
  if (differing.length === 0) return stored;
  const place = printable(record.desired.environment, 80);
  throw new RegistrarError('shared_differs', {
    message: `${printable(desired.key)} shares a client with other environments and asks for another ${differing.map((member) => printable(member, 60)).join(', ')} than they do. Nothing was changed for any of them.`,
    hint: `Ask for the same as they do, for example by bringing the branch up to date. To change it for all, run \`command: delete\` with \`environment: ${place}\` and \`clients: ${printable(desired.name)}\` on the default branch, then deploy again.`,
    client: desired.key,
  });
}

function refuseOther(
  { key, shared, owner, run_id: runId, attempt, ended_at: endedAt }: Contribution,
  asked: { readonly call: ApplyCall; readonly shared: string; readonly owner: string | null },
): void {
  refuseOlderRun({ key, appliedBy: { runId, attempt } }, applierOf(asked.call));
  if (endedAt !== null) return;
  if (owner !== asked.owner) {
    throw new RegistrarError('owner_differs', {
      message: `${printable(key)} belongs to ${printable(owner ?? 'nobody')}, and this run would have it belong to ${printable(asked.owner ?? 'nobody')}. Nothing was changed.`,
      client: key,
    });
  }
  if (shared === asked.shared) return;
  throw new RegistrarError('shared_differs', {
    message: `${printable(key)} shares ${printable(shared)}, and this run would have it share ${printable(asked.shared)}. Nothing was changed.`,
    hint: 'Run `command: delete` for it first; then deploy again.',
    client: key,
  });
}

function hasItsOwn(key: string): RegistrarError {
  return new RegistrarError('shared_differs', {
    message: `${printable(key)} has a client of its own, and this run would have it share one. Nothing was changed.`,
    hint: 'Run `command: delete` for it first; then deploy again.',
    client: key,
  });
}

/** The Action sends nothing of this; the request need not come from it. */
function refuseMalformed({
  environment,
  pattern,
  shared,
  asked,
}: {
  readonly environment: string;
  readonly pattern: string;
  readonly shared: string;
  readonly asked: Desired;
}): void {
  const [finding] = sharedFindings(asked);
  const problem =
    finding !== undefined
      ? `${finding.at.join('.')} ${finding.message}`
      : isShared(environment)
        ? 'the environment is one of those that hold what is shared'
        : !matchesPattern(pattern, environment)
          ? 'shared does not fit the environment'
          : pattern.length > LONGEST_PATTERN ||
              printable(pattern, LONGEST_PATTERN) !== pattern ||
              !fitsInventory(shared)
            ? 'shared cannot be part of a name'
            : undefined;
  if (problem === undefined) return;
  throw new RegistrarError('request_invalid', { message: `${printable(asked.key)}: ${problem}.`, client: asked.key });
}
