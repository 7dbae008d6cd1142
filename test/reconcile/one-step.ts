import { nextStep } from '../../shared/reconcile/next-step.ts';
import { type Performed, perform } from '../../shared/reconcile/perform.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { World } from './world.ts';

/** Decides the next step, which has to be of the kind named, and does it. */
export async function doStep(scene: World, kind: string, before: RegistrationRecord): Promise<Performed> {
  const step = nextStep(before, scene.now());
  if (step.kind !== kind || step.kind === 'wait' || step.kind === 'done')
    throw new TypeError(`the next step is ${step.kind}, not ${kind}`);
  return perform(before, step, scene.ports);
}
