import { createHash } from 'node:crypto';
import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { branchEnvironment } from '../../shared/manifest/branch-environment.ts';

/** GitHub's limit for the name of an environment, in characters. */
const LONGEST_NAME = 255;

/** The environment of a branch, see shared/manifest/branch-environment.ts. */
export function environmentOfBranch(branch: string): string {
  return branchEnvironment(branch, (text) => createHash('sha256').update(text).digest('hex'));
}

/** Checks an `environment` input; throws `input_invalid`. */
export function checkEnvironment(name: string): string {
  if (name.length > LONGEST_NAME || printable(name, LONGEST_NAME) !== name) {
    throw new RegistrarError('input_invalid', {
      message: `The input \`environment\` cannot be used as a name: ${printable(name, 60)}`,
      hint: `Use at most ${LONGEST_NAME} characters, without control characters, without spaces at the ends or two together, and without \`::\` or \`##[\`.`,
    });
  }
  return name;
}
