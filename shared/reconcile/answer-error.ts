import type { ErrorCode } from '../errors/catalog.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { RegistrationRecord } from '../record/record.ts';
import type { Answer, Refusal, Verb } from '../registration/answer.ts';
import { describeAnswer } from './describe-answer.ts';

const RFC_7591_CODES = new Set<string>([
  'invalid_redirect_uri',
  'invalid_client_metadata',
  'invalid_software_statement',
  'unapproved_software_statement',
]);

const WHAT: Readonly<Record<Verb, string>> = {
  register: 'Registering',
  read: 'Reading the client of',
  update: 'Updating the client of',
  remove: 'Deleting a client of',
};

/** The error a person sees for an answer that was no success: what failed, for which client, at which server. */
export function answerError(record: RegistrationRecord, verb: Verb, answer: Answer): RegistrarError {
  const detail = { client: record.key, server: record.server.address };
  const said = `${WHAT[verb]} ${record.key} failed: ${describeAnswer(answer)}.`;
  switch (answer.kind) {
    case 'not_sent':
      return new RegistrarError(answer.cause.code, {
        ...detail,
        message: said,
        hint: answer.cause.hint,
        cause: answer.cause,
      });
    case 'unknown':
      return new RegistrarError(answer.answered ? 'server_error' : 'server_no_answer', {
        ...detail,
        message: said,
        cause: answer.cause,
      });
    case 'busy':
      return new RegistrarError('rate_limited', {
        ...detail,
        message: `${said.slice(0, -1)}; it asks to wait ${answer.retryAfterSeconds} s.`,
        retryAfterSeconds: answer.retryAfterSeconds,
      });
    case 'refused':
    case 'forbidden':
      return new RegistrarError(verb === 'register' ? 'registration_refused' : 'access_refused', {
        ...detail,
        message: said,
      });
    case 'client':
    case 'removed':
    case 'missing':
    case 'unsupported':
      return new RegistrarError('registration_rejected', { ...detail, message: said });
    case 'rejected':
      if (answer.cause)
        return new RegistrarError(answer.cause.code, {
          ...detail,
          message: said,
          hint: answer.cause.hint,
          cause: answer.cause,
        });
      return new RegistrarError(codeOf(answer.refusal), { ...detail, message: said });
  }
}

function codeOf({ error }: Refusal): ErrorCode {
  return error !== undefined && RFC_7591_CODES.has(error) ? (error as ErrorCode) : 'registration_rejected';
}
