import type { ErrorCode } from '../errors/catalog.ts';
import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { RegistrationRecord } from '../record/record.ts';
import { backOffMilliseconds, LONGEST_MS } from './back-off.ts';
import { jitter } from './call.ts';
import type { Event } from './event.ts';
import { nextStep } from './next-step.ts';
import { perform } from './perform.ts';
import type { Ports } from './ports.ts';
import { asProblem } from './problem.ts';
import type { Step } from './step.ts';
import { stopUntriedRotation } from './untried-rotation.ts';

/** A registration that has not come to rest after this many steps never will. */
const STEPS = 80;

/** Failures after which trying again is useful and harmless. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'server_unreachable',
  'server_no_answer',
  'server_error',
  'rate_limited',
]);

/** Steps after which a call that failed may fail again: reading after each lost update must not make the updates come faster. */
const NOT_A_SUCCESS: ReadonlySet<Step['kind']> = new Set(['read', 'lost_call', 'suspect']);

const WAITS_FOR_TRIAL = 'it waits for a run without `verify: false`, which tries the new credentials';

export type Outcome = {
  readonly record: RegistrationRecord;
  readonly events: readonly Event[];
  /** `done`: as asked. `waiting`: something is due at `until`. `stopped`: `problem` says why. */
  readonly rest: 'done' | 'waiting' | 'stopped';
  readonly until?: number;
  readonly problem?: RegistrarError;
};

export type ReconcileOptions = {
  /** How long after the start it may go on waiting for things that become due. */
  readonly patienceMs: number;
  /** The same for calls of an earlier run that may still be under way; `patienceMs` unless said. */
  readonly inFlightPatienceMs?: number;
  /** The record as it is in the store, when `start` was changed since: so that the change is saved also if it needs no step. */
  readonly kept?: RegistrationRecord | undefined;
  /** Asked before each step: true leaves everything as it is, safely saved. */
  readonly stopping?: () => boolean;
  /** Decides each step; {@link nextStep} unless a home leaves something for later. */
  readonly decide?: (record: RegistrationRecord, now: number) => Step;
};

/**
 * Brings one registration to rest: decides the next step, does it through the ports, saves, and decides again.
 *
 * Never rejects; a failure is the outcome's `problem`, and the record is the newest known either way.
 */
export async function reconcile(
  start: RegistrationRecord,
  ports: Ports,
  {
    patienceMs,
    inFlightPatienceMs = patienceMs,
    kept = start,
    stopping = () => false,
    decide = nextStep,
  }: ReconcileOptions,
): Promise<Outcome> {
  const began = ports.clock.now();
  const events: Event[] = [];
  const store = rememberSaved(ports, kept);
  let record = start;
  let problem: RegistrarError | undefined;

  for (let steps = 0; steps < STEPS; steps += 1) {
    const now = ports.clock.now();
    if (stopping()) {
      problem = new RegistrarError('cancelled', { message: `${start.key}: the job was cancelled.`, client: start.key });
      return finish(record, 'stopped');
    }
    const decided = decide(record, now);
    const step = ports.untried === true ? stopUntriedRotation(record, decided) : decided;
    if (step.kind === 'done') {
      if (decided.kind !== 'done') ports.log.info(`${printable(start.key)}: a rotation is due; ${WAITS_FOR_TRIAL}.`);
      return finish(record, 'done', step.due);
    }
    if (step.kind === 'wait') {
      const patience = step.why === 'in_flight' ? inFlightPatienceMs : patienceMs;
      if (step.until > began + patience) return finish(record, 'waiting', step.until);
      const seconds = Math.ceil((step.until - now) / 1000);
      const why = step.why === 'in_flight' ? 'a call of an earlier run may still be under way' : 'it failed just now';
      ports.log.info(`${printable(start.key)}: ${why}; going on in ${seconds} s.`);
      await ports.clock.sleep(step.until - now);
      continue;
    }
    const before = store.saved();
    const performed = await perform(record, step, { ...ports, store });
    // A step that failed after it had saved left the newest record in the store.
    record = performed.record === record && store.saved() !== before ? store.saved() : performed.record;
    events.push(...performed.events);
    problem = performed.problem;
    if (problem !== undefined) {
      if (!PASSING.has(problem.code) || store.failed()) return finish(record, 'stopped');
      record = withBackOff(record, problem, ports);
    } else if (!NOT_A_SUCCESS.has(step.kind) && record.backOff !== undefined && record.backOff.until <= now) {
      const { backOff: _b, ...rest } = record;
      record = rest;
    }
  }
  problem = new RegistrarError('internal', { message: `${start.key} did not come to rest.`, client: start.key });
  return finish(record, 'stopped');

  async function finish(last: RegistrationRecord, rest: Outcome['rest'], until?: number): Promise<Outcome> {
    try {
      // What another run saved meanwhile is newer than this.
      if (store.saved() !== last && problem?.code !== 'run_again') await store.save(last);
    } catch (error) {
      problem ??= asProblem(last, error);
    }
    return {
      record: last,
      events,
      rest: problem === undefined ? rest : 'stopped',
      ...(until !== undefined && { until }),
      ...(problem && { problem }),
    };
  }
}

function rememberSaved({ store }: Ports, kept: RegistrationRecord) {
  let saved = kept;
  let failed = false;
  return {
    saved: () => saved,
    /** The last save failed, so nothing more may be sent. */
    failed: () => failed,
    save: async (record: RegistrationRecord) => {
      failed = true;
      await store.save(record);
      failed = false;
      saved = record;
    },
  };
}

function withBackOff(record: RegistrationRecord, problem: RegistrarError, ports: Ports): RegistrationRecord {
  const failures = (record.backOff?.failures ?? 0) + 1;
  const asked = Math.min((problem.retryAfterSeconds ?? 0) * 1000, LONGEST_MS);
  const delay = Math.max(backOffMilliseconds(failures, jitter(ports)), asked);
  return { ...record, backOff: { failures, until: ports.clock.now() + delay } };
}
