import type { Answer } from '../registration/answer.ts';
import { describeRefusal } from '../registration/read-answer.ts';

/** One printable line that says what came of a call. */
export function describeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'client':
      return 'answered with the client';
    case 'removed':
      return 'answered that it is deleted';
    case 'unknown':
      return answer.reason;
    case 'rejected':
      return answer.cause?.message ?? describeRefusal(answer.refusal);
    case 'not_sent':
      return answer.cause.message;
    default:
      return describeRefusal(answer.refusal);
  }
}
