import type { Step } from './step.ts';

/** For `decide` of `reconcile`: the given step once, then nothing more. Makes a new decider each time. */
export function oneStep(step: Step): () => Step {
  let given = false;
  return () => {
    if (given) return { kind: 'done' };
    given = true;
    return step;
  };
}
