import { isRegistrarError, RegistrarError } from '../errors/registrar-error.ts';
import type { RegistrationRecord } from '../record/record.ts';

/** Whatever a port rejected with, as an error for people. */
export function asProblem({ key }: RegistrationRecord, error: unknown): RegistrarError {
  if (isRegistrarError(error)) return error;
  return new RegistrarError('internal', {
    message: `An unexpected failure while working on ${key}.`,
    client: key,
    cause: error,
  });
}
