import type { ErrorCode } from '../../shared/errors/catalog.ts';
import { backOffMilliseconds } from '../../shared/reconcile/back-off.ts';
import type { Outcome } from '../../shared/reconcile/reconcile.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { dueTime } from './decide.ts';
import { type Settled, statusOf } from './registration-rows.ts';
import { failureOf } from './reply.ts';
import { TOMBSTONE_MS } from './tombstones.ts';

const DAY_MS = 86_400_000;
/** The first new attempt that nobody asked for comes after a minute, the next ones later and later. */
const FIRST_FAILURES = 6;
/** A client that could not be deleted is tried again this often. */
const ORPHAN_MS = 30 * DAY_MS;

/** Failures that only a person or a run can put right; that it was done is looked for once a day. */
const FOR_PEOPLE: ReadonlySet<ErrorCode> = new Set([
  'invalid_redirect_uri',
  'invalid_client_metadata',
  'invalid_software_statement',
  'unapproved_software_statement',
  'registration_refused',
  'registration_rejected',
  'suspect_found',
  'update_unsupported',
  'update_interrupts',
  'access_refused',
  'metadata_differs',
  'credentials_refused',
  'rotation_not_allowed',
  'key_set_ignored',
  'key_unusable',
  'publish_conflict',
  'quota_reached',
]);

export type Settling = {
  readonly outcome: Outcome;
  readonly now: number;
  readonly publishes: boolean;
  /** Failures in a row before this one. */
  readonly failures: number;
  readonly orphansTried: number | null;
  /** From 0 to 1. */
  readonly jitter: number;
};

/** How a registration is left after work on it: when the alarm is to look at it again, and what went wrong last. */
export function settle(settling: Settling): Settled {
  const { outcome, failures } = settling;
  const { problem } = outcome;
  const due = Math.min(dueAfter(settling), orphansDue(outcome.record, settling.orphansTried));
  return {
    due: Number.isFinite(due) ? due : null,
    failures: problem === undefined || problem.code === 'publish_by_job' ? 0 : failures + 1,
    problem: problem === undefined ? null : JSON.stringify(failureOf(problem)),
  };
}

function dueAfter({ outcome, now, publishes, failures, jitter }: Settling): number {
  const { record, problem, rest, until } = outcome;
  const expiry =
    record.ending === undefined ? (record.expiresAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  // What could not be saved is not how it stands.
  if (statusOf(record) === 'ended' && problem?.code !== 'state_unwritable') return endedDue(record, now);
  if (problem?.code === 'publish_by_job') return expiry;
  if (problem !== undefined) {
    const again = FOR_PEOPLE.has(problem.code)
      ? now + DAY_MS * (1 - jitter / 4)
      : (until ?? now + backOffMilliseconds(failures + 1 + FIRST_FAILURES, jitter));
    const useful = !FOR_PEOPLE.has(problem.code) || record.clients.length > 0 || expiry <= now;
    // An end that was due and could not be brought about is tried again like anything else.
    const end = expiry > now ? expiry : Number.POSITIVE_INFINITY;
    return Math.min(end, useful ? Math.round(again) : Number.POSITIVE_INFINITY);
  }
  if (rest === 'waiting') return until ?? now;
  return dueTime(record, now, publishes) ?? Number.POSITIVE_INFINITY;
}

/** When the alarm is to look at what has ended. */
export function endedDue(record: RegistrationRecord, now: number): number {
  const forgotten = forgottenAt(record);
  return forgotten > now ? forgotten : now + DAY_MS;
}

/** What has ended is forgotten when no run from before its end can come any more; not while a person has to look at it. */
export function forgottenAt(record: RegistrationRecord): number {
  const { ending, suspects, orphans } = record;
  const isOver = statusOf(record) === 'ended' && suspects.length === 0 && orphans.length === 0;
  return isOver && ending !== undefined ? ending.since + TOMBSTONE_MS : Number.POSITIVE_INFINITY;
}

/** When the clients that could not be deleted are to be tried again. */
export function orphansDue({ orphans }: RegistrationRecord, tried: number | null): number {
  const times = orphans.filter(({ access }) => access !== undefined).map(({ since }) => Math.max(since, tried ?? 0));
  return times.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...times) + ORPHAN_MS;
}
