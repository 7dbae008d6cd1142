import type { RegistrarError } from '../errors/registrar-error.ts';
import type { RegistrationRecord } from '../record/record.ts';
import type { Event } from './event.ts';
import { lostCall, suspectIntent } from './lost-answer.ts';
import { dropKey, giveUpKey, performNewKey, performTryKey, promoteKey } from './perform-keys.ts';
import { performAnnounce, performClaim, performPublish, performUnpublish } from './perform-publish.ts';
import { performRead, performRemove } from './perform-read.ts';
import { performRegister } from './perform-register.ts';
import { performUpdate } from './perform-update.ts';
import { performVerify } from './perform-verify.ts';
import type { Ports } from './ports.ts';
import { asProblem } from './problem.ts';
import type { Step } from './step.ts';
import {
  endClient,
  endRegistration,
  orphanClient,
  promoteClient,
  retireClient,
  stopRegistration,
} from './transitions.ts';

/** What one step came to. A problem ends the loop for this registration; the record is still the newest. */
export type Performed = {
  readonly record: RegistrationRecord;
  readonly events: readonly Event[];
  readonly problem?: RegistrarError;
};

/** A step that is something to do. */
type Task = Exclude<Step, { readonly kind: 'wait' | 'done' }>;

/** Does one step through the ports. Never rejects: a port that fails becomes the problem. */
export async function perform(record: RegistrationRecord, step: Task, ports: Ports): Promise<Performed> {
  try {
    return await performStep(record, step, ports);
  } catch (error) {
    return { record, events: [], problem: asProblem(record, error) };
  }
}

async function performStep(record: RegistrationRecord, step: Task, ports: Ports): Promise<Performed> {
  const now = ports.clock.now();
  switch (step.kind) {
    case 'suspect':
      return keepSuspect(suspectIntent(record, step.intent, now, 'the answer never came'), ports);
    case 'lost_call':
      return lostCall(record, step.call);
    case 'end':
      return endRegistration(record, now, step.reason);
    case 'claim':
      return performClaim(record, ports);
    case 'register':
      return performRegister(record, step.purpose, ports);
    case 'read':
      return performRead(record, step.client, ports);
    case 'update':
      return performUpdate(record, step.client, step.purpose, ports);
    case 'new_key':
      return performNewKey(record, step.client, ports);
    case 'try_key':
      return performTryKey(record, step.client, ports);
    case 'promote_key':
      return promoteKey(record, step.client, now);
    case 'give_up_key':
      return giveUpKey(record, step, now);
    case 'drop_key':
      return dropKey(record, step);
    case 'remove':
      return performRemove(record, step.client, ports);
    case 'verify':
      return performVerify(record, step.client, ports);
    case 'publish':
      return performPublish(record, step.client, ports);
    case 'unpublish':
      return performUnpublish(record, ports);
    case 'announce':
      return performAnnounce(record, step.client, ports);
    case 'promote':
      return promoteClient(record, step.client, now);
    case 'retire':
      return retireClient(record, step, now);
    case 'orphan':
      return orphanClient(record, step.client, now, step.reason);
    case 'gone':
      return endClient(record, step.client, now, step.ended, step.reason);
    case 'stop':
      return stopRegistration(record, step.code, step.client);
  }
}

/** Saved before it is acted on: the run that asked may have had its answer while this one waited. */
async function keepSuspect({ record, events }: Performed, ports: Ports): Promise<Performed> {
  await ports.store.save(record);
  return { record, events };
}
