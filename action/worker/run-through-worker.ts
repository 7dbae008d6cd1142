import type { Done, Work } from '../work.ts';
import { runApplyThroughWorker } from './apply-through-worker.ts';
import { runChangeThroughWorker } from './change-through-worker.ts';
import { openWorker, workerAddress } from './open-worker.ts';
import { runPlanThroughWorker } from './plan-through-worker.ts';
import { refuseInputs } from './refuse-inputs.ts';

/** Does what the command says through the Worker, which keeps what there is to keep. */
export async function runThroughWorker(work: Work): Promise<Done> {
  const { inputs } = work;
  refuseInputs(inputs);
  const calls = openWorker(workerAddress(inputs), work);
  switch (inputs.command) {
    case 'plan':
      return runPlanThroughWorker(work, calls);
    case 'rotate':
    case 'retire':
    case 'delete':
      return runChangeThroughWorker(inputs.command, work, calls);
    default:
      return runApplyThroughWorker(work, calls);
  }
}
