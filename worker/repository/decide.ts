import { nextStep } from '../../shared/reconcile/next-step.ts';
import type { Step } from '../../shared/reconcile/step.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';

export type Circumstances = {
  /** Nobody asked: the alarm does what is due. */
  readonly alone: boolean;
  /** The Worker itself publishes here and may start a redeploy. */
  readonly publishes: boolean;
};

/** A time that never comes, which JSON can hold. */
const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * Decides as {@link nextStep} does, and leaves for a workflow run what only one can finish: alone, no rotation begins
 * that nobody would publish; where the job publishes, nothing is announced, since the job is the deploy.
 */
export function decideIn({ alone, publishes }: Circumstances): (record: RegistrationRecord, now: number) => Step {
  return (record, now) => {
    const { announce, ...desired } = record.desired;
    const heard = record.desired.publish.length > 0 || announce !== undefined;
    const seen: RegistrationRecord = publishes ? record : { ...record, desired };
    const step = nextStep(alone && !(publishes && heard) ? notRotating(seen) : seen, now);
    if (step.kind !== 'done' || step.due === undefined || step.due < NEVER) return step;
    return { kind: 'done' };
  };
}

/** When something is due without anybody asking; undefined when nothing is (epoch milliseconds). */
export function dueTime(record: RegistrationRecord, now: number, publishes: boolean): number | undefined {
  const step = decideIn({ alone: true, publishes })(record, now);
  switch (step.kind) {
    case 'done':
      return step.due;
    case 'wait':
      return step.until;
    default:
      return now;
  }
}

/** A leak does not wait; nor does a rotation that has its new client. */
function notRotating({ rotation, ...record }: RegistrationRecord): RegistrationRecord {
  const goesOn =
    rotation?.reason === 'leak' || record.clients.some(({ role, nextKey }) => role === 'next' || nextKey !== undefined);
  return { ...record, ...(rotation && goesOn && { rotation }), rotationHeldUntil: NEVER };
}
