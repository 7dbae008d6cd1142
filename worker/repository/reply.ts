import type { ErrorCode } from '../../shared/errors/catalog.ts';
import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';

/** A RegistrarError as it passes between the object and its callers, where classes are lost. */
export type Failure = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retryAfterSeconds?: number;
};

/** What the object answers: its methods never throw what a caller has to tell apart. */
export type Reply<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The work goes on; the same request again joins it. */
  | { readonly kind: 'working'; readonly retryAfterSeconds: number }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** An error as it may leave the object: nothing but what is meant for people. */
export function failureOf(error: unknown): Failure {
  const known = isRegistrarError(error)
    ? error
    : new RegistrarError('internal', { message: 'An unexpected failure in the Worker.' });
  return {
    code: known.code,
    message: withProblems(known),
    hint: known.hint,
    ...(known.retryAfterSeconds !== undefined && { retryAfterSeconds: known.retryAfterSeconds }),
  };
}

/** The message names the first of several problems; here the others are not carried along. */
function withProblems({ message, problems }: RegistrarError): string {
  if (problems.length < 2) return message;
  return `${message} ${problems.map(({ path, message: what }) => `${path} ${what}`).join('; ')}.`;
}

/** The error that a failure was made from, without its cause. */
export function errorOf({ code, message, hint, retryAfterSeconds }: Failure): RegistrarError {
  return new RegistrarError(code, {
    message,
    hint,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
