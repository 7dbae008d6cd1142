import { expect, it } from 'vitest';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { answerError } from '../../shared/reconcile/answer-error.ts';
import type { Answer, Verb } from '../../shared/registration/answer.ts';
import { record } from './build.ts';
import {
  busy,
  failed,
  forbidden,
  missing,
  notSent,
  refused,
  rejected,
  silent,
  there,
  unsupported,
} from './model-server.ts';

const redirect = new RegistrarError('redirect_refused', {
  message: 'It leads to https://other.example.',
  hint: 'Use that.',
});

it.each<readonly [string, Verb, Answer, string, string]>([
  [
    'a connection that was never made',
    'register',
    notSent,
    'server_unreachable',
    'failed: The connection was refused..',
  ],
  [
    'an answer of no use',
    'update',
    failed,
    'server_error',
    'Updating the client of production/web failed: answered 500.',
  ],
  [
    'no answer',
    'read',
    silent,
    'server_no_answer',
    'Reading the client of production/web failed: did not answer in time.',
  ],
  ['a server that is busy', 'register', busy, 'rate_limited', 'answered 429; it asks to wait 7 s.'],
  ['a refusal to register', 'register', refused, 'registration_refused', 'Registering production/web failed'],
  ['a refusal to read', 'read', forbidden, 'access_refused', 'answered 403'],
  ['a place where nothing is', 'register', missing, 'registration_rejected', 'answered 404'],
  [
    'a place where nothing is done',
    'remove',
    unsupported,
    'registration_rejected',
    'Deleting a client of production/web',
  ],
  ['a success where none was expected', 'read', there, 'registration_rejected', 'answered with the client'],
  [
    'a deletion where none was expected',
    'read',
    { kind: 'removed' },
    'registration_rejected',
    'answered that it is deleted',
  ],
  [
    'a code of the standard',
    'register',
    rejected,
    'invalid_redirect_uri',
    'answered 400 invalid_redirect_uri: must be https',
  ],
  [
    'a code of nobody',
    'register',
    { kind: 'rejected', refusal: { status: 400, error: 'E17' } },
    'registration_rejected',
    'answered 400 E17',
  ],
  [
    'a rejection without a code',
    'register',
    { kind: 'rejected', refusal: { status: 422 } },
    'registration_rejected',
    'answered 422',
  ],
  [
    'a rejection with a cause of its own',
    'register',
    { kind: 'rejected', refusal: { status: 302, description: redirect.message }, cause: redirect },
    'redirect_refused',
    'It leads to https://other.example.',
  ],
])('%s is an error in words', (_what, verb, answer, code, words) => {
  const error = answerError(record(), verb, answer);
  expect(error).toMatchObject({ code, client: 'production/web', server: 'https://fhir.example.org/r4' });
  expect(error.message).toContain(words);
});

it('keeps the hint of its cause and the time to wait', () => {
  expect(answerError(record(), 'register', notSent).hint).toBe('Look at the cable.');
  expect(answerError(record(), 'register', busy).retryAfterSeconds).toBe(7);
});
