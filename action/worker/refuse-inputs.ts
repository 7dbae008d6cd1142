import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Inputs } from '../inputs.ts';

/** Inputs that are the Worker's business; what manages clients does not belong into a job that has one. */
const WORKERS_OWN = {
  initialAccess: 'initial-access-token',
  softwareStatement: 'software-statement',
  stateKey: 'state-key',
} as const;

const OPERATORS_OWN = {
  adopt: 'take over a client',
  resolve: 'settle a lost answer',
  sweep: 'end what is over; the Worker does that by itself',
} as const;

/** Throws `input_invalid` for inputs that go with worker-url as little as the command does. */
export function refuseInputs(inputs: Inputs): void {
  const given = Object.entries(WORKERS_OWN).flatMap(([key, name]) =>
    inputs[key as keyof typeof WORKERS_OWN] === undefined ? [] : [name],
  );
  if (given.length > 0) {
    throw new RegistrarError('input_invalid', {
      message: `The input ${given.join(' and ')} cannot be given together with worker-url: the Worker has its own.`,
      hint: given.every((name) => name === WORKERS_OWN.stateKey)
        ? 'Remove it: the Worker seals with keys of its own.'
        : 'Remove it here, and let the operator of the Worker put it into SERVERS.',
    });
  }
  if (inputs.command === 'doctor') {
    throw new RegistrarError('input_invalid', {
      message: 'command: doctor looks at a server from this job, and has no use for worker-url.',
      hint: 'Remove worker-url from this step.',
    });
  }
  const what =
    inputs.command in OPERATORS_OWN ? OPERATORS_OWN[inputs.command as keyof typeof OPERATORS_OWN] : undefined;
  if (what !== undefined) {
    throw new RegistrarError('input_invalid', {
      message: `command: ${inputs.command} is not possible with worker-url: a job cannot ask the Worker to ${what}.`,
      hint: 'Ask the operator of the Worker.',
    });
  }
  if (inputs.prune) {
    throw new RegistrarError('input_invalid', {
      message: 'The input prune cannot be given together with worker-url.',
      hint: 'End what the manifest no longer has with `command: delete` and its name in `clients`.',
    });
  }
}
