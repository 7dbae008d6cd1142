import { describe, expect, test } from 'vitest';
import type { Verb } from '../../shared/registration/answer.ts';
import { describeRefusal, readAnswer, readRefusal } from '../../shared/registration/read-answer.ts';
import { response } from './setup.ts';

const VERBS: readonly Verb[] = ['register', 'read', 'update', 'remove'];
const REQUEST_URL = 'https://as.example/register';
const CLIENT = { client_id: 'client-1' };

const answer = (verb: Verb, status: number, body: unknown = '', retryAfterSeconds?: number) =>
  readAnswer({ verb, response: response(status, body, retryAfterSeconds), requestUrl: REQUEST_URL, secrets: [] });

describe('a status means, for register, read, update and remove', () => {
  const table: readonly (readonly [number, unknown, string, string, string, string])[] = [
    [200, CLIENT, 'client', 'client', 'client', 'removed'],
    [201, CLIENT, 'client', 'client', 'client', 'removed'],
    [202, CLIENT, 'client', 'client', 'client', 'removed'],
    [200, '', 'unknown', 'unknown', 'unknown', 'removed'],
    [202, '', 'unknown', 'unknown', 'unknown', 'removed'],
    [204, '', 'unknown', 'unknown', 'unknown', 'removed'],
    [200, '<html>log in</html>', 'unknown', 'unknown', 'unknown', 'removed'],
    [201, '{}', 'unknown', 'unknown', 'unknown', 'removed'],
    [400, { error: 'invalid_redirect_uri' }, 'rejected', 'rejected', 'rejected', 'rejected'],
    [400, { error: 'invalid_client_metadata' }, 'rejected', 'rejected', 'rejected', 'rejected'],
    [400, { error: 'invalid_request' }, 'rejected', 'rejected', 'rejected', 'rejected'],
    [400, '', 'rejected', 'rejected', 'rejected', 'rejected'],
    [400, { error: 'invalid_token' }, 'refused', 'refused', 'refused', 'refused'],
    [400, { error: 'access_denied' }, 'refused', 'refused', 'refused', 'refused'],
    [400, { error: 'invalid_client' }, 'refused', 'refused', 'refused', 'refused'],
    [401, { error: 'invalid_token' }, 'refused', 'refused', 'refused', 'refused'],
    [401, '', 'refused', 'refused', 'refused', 'refused'],
    [403, { error: 'invalid_token' }, 'forbidden', 'forbidden', 'forbidden', 'forbidden'],
    [404, '', 'missing', 'missing', 'missing', 'missing'],
    [405, '', 'unsupported', 'unsupported', 'unsupported', 'unsupported'],
    [406, '', 'rejected', 'rejected', 'rejected', 'rejected'],
    [408, '', 'unknown', 'unknown', 'unknown', 'unknown'],
    [409, '', 'rejected', 'rejected', 'rejected', 'rejected'],
    [410, '', 'missing', 'missing', 'missing', 'missing'],
    [412, '', 'rejected', 'rejected', 'rejected', 'rejected'],
    [413, '', 'rejected', 'rejected', 'rejected', 'rejected'],
    [415, '', 'rejected', 'rejected', 'rejected', 'rejected'],
    [422, { error: 'invalid_token' }, 'rejected', 'rejected', 'rejected', 'rejected'],
    [425, '', 'busy', 'busy', 'busy', 'busy'],
    [429, '', 'busy', 'busy', 'busy', 'busy'],
    [431, '', 'rejected', 'rejected', 'rejected', 'rejected'],
    [500, CLIENT, 'unknown', 'unknown', 'unknown', 'unknown'],
    [501, '', 'unsupported', 'unsupported', 'unsupported', 'unsupported'],
    [502, '', 'unknown', 'unknown', 'unknown', 'unknown'],
    [503, '', 'unknown', 'unknown', 'unknown', 'unknown'],
    [504, '', 'unknown', 'unknown', 'unknown', 'unknown'],
  ];

  test.each(table)('%i %j: %s, %s, %s, %s', (status, body, ...kinds) => {
    expect(VERBS.map((verb) => answer(verb, status, body).kind)).toEqual(kinds);
  });

  test('503 that names a time: not processed', () => {
    const kinds = VERBS.map((verb) => answer(verb, 503, '', 0).kind);
    expect(kinds).toEqual(['busy', 'busy', 'busy', 'busy']);
  });
});

describe('a server that is busy', () => {
  test('is given the time it asks for', () => {
    expect(answer('register', 429, '', 3600)).toEqual({
      kind: 'busy',
      refusal: { status: 429 },
      retryAfterSeconds: 3600,
    });
  });

  test('is given a moment when it asks for no time', () => {
    expect(answer('read', 429, { message: 'Too many requests.' })).toEqual({
      kind: 'busy',
      refusal: { status: 429, description: 'Too many requests.' },
      retryAfterSeconds: 5,
    });
  });
});

describe('a success without a usable client', () => {
  test.each([
    [204, '', 'answered 204 without a client_id: the body is empty'],
    [200, ' \n', 'answered 200 without a client_id: the body is empty'],
    [200, '\n<!doctype html>canary', 'answered 200 without a client_id: the body is a page'],
    [201, 'canary', 'answered 201 without a client_id: the body is not a JSON object'],
    [201, '{"client_id":"cana', 'answered 201 without a client_id: the body is not a JSON object'],
    [201, '[{"client_id":"canary"}]', 'answered 201 without a client_id: the body is not a JSON object'],
    [201, '{"client_secret":"canary"}', 'answered 201 without a client_id: the JSON has no usable client_id'],
    [201, '{"client_id":7}', 'answered 201 without a client_id: the JSON has no usable client_id'],
  ])('%i %j may have worked, and is described without its content', (status, body, reason) => {
    expect(answer('register', status, body)).toEqual({ kind: 'unknown', answered: true, reason });
  });

  test('5xx is described with what the server says', () => {
    expect(answer('update', 500, { error: 'server_error', error_description: 'out of disk' })).toEqual({
      kind: 'unknown',
      answered: true,
      reason: 'answered 500 server_error: out of disk',
    });
  });
});

test('a relative configuration endpoint counts in the answer to a registration only', () => {
  const relative = { ...CLIENT, registration_client_uri: '/register/client-1' };
  const uri = (verb: Verb) => {
    const answered = answer(verb, 200, relative);
    return answered.kind === 'client' ? answered.information.registrationClientUri : answered.kind;
  };
  expect(VERBS.map(uri)).toEqual(['https://as.example/register/client-1', undefined, undefined, 'removed']);
});

describe('what a server says of a refusal', () => {
  const MULTI_LINE = '[\n  {\n    "code": "invalid_type",\n    "path": ["redirect_uris"]\n  }\n]';
  test.each<readonly [string, unknown, { readonly error?: string; readonly description?: string }]>([
    [
      'error and error_description',
      { error: 'invalid_redirect_uri', error_description: 'must be https' },
      { error: 'invalid_redirect_uri', description: 'must be https' },
    ],
    ['error only', { error: 'invalid_client_metadata' }, { error: 'invalid_client_metadata' }],
    ['free text in error', { error: 'Missing POST data' }, { error: 'Missing POST data' }],
    [
      'error_description only',
      { error_description: 'Authentication required' },
      { description: 'Authentication required' },
    ],
    [
      'message and code',
      { message: 'Invalid JSON in request body', code: 'BAD_REQUEST' },
      { error: 'BAD_REQUEST', description: 'Invalid JSON in request body' },
    ],
    ['message only', { message: 'Too many requests.' }, { description: 'Too many requests.' }],
    [
      'a dump of issues',
      { error: 'invalid_client_metadata', error_description: MULTI_LINE },
      {
        error: 'invalid_client_metadata',
        description: '[ { "code": "invalid_type", "path": ["redirect_uris"] } ]',
      },
    ],
    ['members of other types', { error: 7, error_description: { text: 'x' }, message: null, code: ['x'] }, {}],
    ['empty members', { error: '', error_description: ' ', message: '', code: '' }, {}],
    ['extra members', { error: 'x', trace: 'canary', status: 400 }, { error: 'x' }],
    ['an empty object', {}, {}],
    ['nothing', '', {}],
    ['spaces', ' \n ', {}],
    ['plain words', 'Internal Server Error\n', { description: 'Internal Server Error' }],
    ['a page', '\n<!DOCTYPE html><pre>Error at /srv/app.js</pre>', {}],
    ['a JSON string', '"canary"', {}],
    ['a JSON list', '[{"message":"canary"}]', {}],
    ['JSON that is cut off', '{"error":"invalid_cl', {}],
    ['null', 'null', { description: 'null' }],
  ])('is read from %s', (_form, body, said) => {
    expect(readRefusal(response(400, body), [])).toEqual({ status: 400, ...said });
  });

  test('is one short line and no command for the runner', () => {
    const error = `a\r\n::add-mask::x ##[error]y\u001b[31m${'e'.repeat(200)}`;
    const refusal = readRefusal(response(400, { error, error_description: error.repeat(9) }), []);
    const shown = describeRefusal(refusal);
    expect(shown).not.toMatch(/::|##\[|\p{Cc}/u);
    expect(refusal.error).toHaveLength(80);
    expect(refusal.description).toHaveLength(300);
    const plain = readRefusal(response(500, `Error\r\n::error::${'x'.repeat(1000)}`), []);
    expect(plain.description).toMatch(/^Error : :error: :x{10,}…$/u);
  });

  const SECRET = 'canary/secret+1';
  test.each([
    ['in error', { error: SECRET }],
    ['in error_description', { error: 'x', error_description: `token ${SECRET} is bad, ${SECRET}!` }],
    ['in message', { message: SECRET }],
    ['in code', { code: SECRET }],
    ['for a URL', { error_description: `https://as.example/?t=${encodeURIComponent(SECRET)}` }],
    ['hidden by escapes', `{"error_description":"\\u0063anary\\/secret\\u002b1"}`],
    ['in plain words', `bad token ${SECRET}`],
    ['where the text is cut', { error_description: `${'x'.repeat(290)}${SECRET}` }],
  ])('is shown without what was sent: %s', (_where, body) => {
    const said = describeRefusal(readRefusal(response(401, body), [SECRET]));
    expect(said).not.toMatch(/canary|secret/u);
    expect(said).toContain('***');
  });

  test.each([
    [{ status: 404 }, 'answered 404'],
    [{ status: 400, error: 'invalid_redirect_uri' }, 'answered 400 invalid_redirect_uri'],
    [{ status: 500, description: 'out of disk' }, 'answered 500 out of disk'],
    [{ status: 400, error: 'x', description: 'y' }, 'answered 400 x: y'],
  ])('%j is told as "%s"', (refusal, words) => {
    expect(describeRefusal(refusal)).toBe(words);
  });
});
