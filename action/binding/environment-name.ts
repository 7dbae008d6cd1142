import { createHash } from 'node:crypto';
import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';

/** GitHub's limit for the name of an environment, in characters. */
const LONGEST_NAME = 255;

/** With `branch-` and a hash it still fits into one DNS label of 63. */
const LONGEST_SLUG = 40;

/**
 * The environment of a branch: `branch-` and its name, in small letters and with hyphens, so that it can be part of a
 * host name. A name that had to be changed for that ends in a hash, so that no two branches share an environment.
 */
export function branchEnvironment(branch: string): string {
  const slug = branch
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .slice(0, LONGEST_SLUG)
    .replace(/^-+|-+$/gu, '');
  if (slug === branch) {
    return `branch-${slug}`;
  }
  const hash = createHash('sha256').update(branch).digest('hex').slice(0, 8);
  return slug === '' ? `branch-${hash}` : `branch-${slug}-${hash}`;
}

/** Checks an `environment` input; throws `input_invalid`. */
export function checkEnvironment(name: string): string {
  if (name.length > LONGEST_NAME || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u.test(name) || name.trim() !== name) {
    throw new RegistrarError('input_invalid', {
      message: `The input \`environment\` cannot be used as a name: ${printable(name, 60)}`,
      hint: `Use at most ${LONGEST_NAME} characters, without control characters and without spaces at the ends.`,
    });
  }
  return name;
}
