import type { RegistrationRecord } from '../record/record.ts';
import { currentClient } from './record-queries.ts';
import type { Step } from './step.ts';

/**
 * The step where credentials are not tried. A rotation that somebody asked for and that would need it is stopped before
 * anything is made for it. One that is merely due, or under way, waits as it is for a run that tries.
 */
export function stopUntriedRotation(record: RegistrationRecord, step: Step): Step {
  if (!needsTrial(step)) return step;
  if (record.rotation === undefined) return { kind: 'done' };
  const client = currentClient(record);
  return { kind: 'stop', code: 'rotation_untried', ...(client && { client }) };
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
