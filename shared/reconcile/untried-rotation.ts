import type { RegistrationRecord } from '../record/record.ts';
import { currentClient } from './record-queries.ts';
import type { Step } from './step.ts';

/**
 * The step where credentials are not tried: a rotation that would need it is stopped before anything is made for it, and
 * one that is under way waits as it is for a run that tries.
 */
export function stopUntriedRotation(record: RegistrationRecord, step: Step): Step {
  const client = currentClient(record);
  return needsTrial(step) ? { kind: 'stop', code: 'rotation_untried', ...(client && { client }) } : step;
}

function needsTrial(step: Step): boolean {
  switch (step.kind) {
    case 'register':
      return step.purpose === 'rotation';
    case 'verify':
      return step.client.role === 'next' && step.client.purpose === 'rotation';
    case 'new_key':
    case 'try_key':
      return true;
    default:
      return false;
  }
}
