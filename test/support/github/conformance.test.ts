import { expect, it } from 'vitest';
import { complete } from './complete.ts';
import { answerProblems, requestProblems } from './conformance.ts';
import { operationOf, type Schema } from './fragments.ts';
import { ROUTES } from './routing.ts';
import { problemsOf } from './shapes.ts';

const SECRET = { method: 'PUT', template: '/repos/{owner}/{repo}/actions/secrets/{secret_name}' } as const;
const PULLS = { method: 'GET', template: '/repos/{owner}/{repo}/pulls' } as const;
const VARIABLES = { method: 'POST', template: '/repos/{owner}/{repo}/actions/variables' } as const;
const query = new URLSearchParams();

it('GitHub describes every route of the stand-in but GraphQL', () => {
  const undescribed = ROUTES.filter(({ method, template }) => operationOf(method, template) === undefined);
  expect(undescribed.map(({ template }) => template)).toEqual(['/graphql']);
});

it.each<[string, unknown, readonly string[]]>([
  ['as GitHub has it', { key_id: '1', encrypted_value: 'AAAA' }, []],
  ['with a number for a text', { key_id: 1, encrypted_value: 'AAAA' }, ['key_id: ']],
  ['without a member', { key_id: '1' }, ['encrypted_value: ']],
  ['with base64 of the other alphabet', { key_id: '1', encrypted_value: 'AA-_' }, ['encrypted_value: ']],
  ['with a member too many', { key_id: '1', encrypted_value: 'AAAA', visibility: 'all' }, ['it: ']],
])('a request %s', (_, body, problems) => {
  const found = requestProblems(SECRET, { query, body, hasBody: true }).body;
  expect(found).toHaveLength(problems.length);
  for (const [index, problem] of problems.entries()) expect(found[index]).toContain(problem);
});

it('a body where none is taken, none where one is needed, and a parameter that does not exist are found', () => {
  expect(requestProblems(PULLS, { query, body: {}, hasBody: true }).body).toEqual([]);
  expect(requestProblems(PULLS, { query, body: { state: 'all' }, hasBody: true }).body).toEqual([
    'it: no body is taken',
  ]);
  expect(requestProblems(VARIABLES, { query, body: {}, hasBody: false }).body).toEqual(['it: a body is needed']);
  const asked = (text: string) =>
    requestProblems(PULLS, { query: new URLSearchParams(text), body: {}, hasBody: false });
  expect(asked('state=all&per_page=100&page=2').query).toEqual([]);
  expect(asked('sha=1').query).toEqual(['sha: no such parameter']);
  expect(asked('per_page=many').query).toEqual([expect.stringMatching(/^per_page: /u)]);
  expect(asked('state=merged').query).toEqual([expect.stringMatching(/^state: /u)]);
});

it('an answer with a wrong status, a wrong type, too little or too much is found', () => {
  const list = (secrets: unknown) => ({ status: 200, body: { total_count: 1, secrets } });
  const secrets = { method: 'GET', template: '/repos/{owner}/{repo}/actions/secrets' };
  const good = { name: 'A', created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' };
  expect(answerProblems(secrets, list([good]))).toEqual([]);
  expect(answerProblems(secrets, list([{ ...good, value: 'x' }]))).toEqual([expect.stringContaining('"value"')]);
  expect(answerProblems(secrets, list([{ ...good, name: 1 }]))).toEqual([
    expect.stringMatching(/^secrets\.0\.name: /u),
  ]);
  expect(answerProblems(secrets, list([{ name: 'A' }]))).toHaveLength(2);
  expect(answerProblems(secrets, { status: 202 })).toEqual(['status 202 is not among those of this route']);
  expect(answerProblems(SECRET, { status: 409, body: { message: 'x' } })).toHaveLength(1);
  expect(answerProblems(VARIABLES, { status: 409, body: { message: 'x' } })).toEqual([]);
  expect(answerProblems(SECRET, { status: 403, body: { message: 1 } })).toHaveLength(1);
  expect(answerProblems(SECRET, { status: 204, body: {} })).toHaveLength(1);
});

it('every described success is met by what is made up for it', () => {
  for (const { method, template } of ROUTES) {
    const responses = Object.entries(operationOf(method, template)?.responses ?? {});
    for (const [status, schema] of responses) {
      if (Number(status) < 300 && schema !== null) expect(problemsOf(schema, complete(schema, undefined))).toEqual([]);
    }
  }
});

it('what is said is kept, and the rest made up around it', () => {
  const schema: Schema = {
    type: 'object',
    required: ['id', 'tags', 'owner', 'closed_at'],
    properties: {
      id: { type: 'integer' },
      tags: { type: 'array', items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } },
      owner: { anyOf: [{ type: 'object', required: ['login'], properties: { login: { type: 'string' } } }] },
      closed_at: { type: 'string', format: 'date-time', nullable: true },
      state: { type: 'string', enum: ['open'] },
    },
  };
  expect(complete(schema, { tags: [{}, { name: 'a' }], owner: { login: 'octo' } })).toEqual({
    id: 0,
    tags: [{ name: '' }, { name: 'a' }],
    owner: { login: 'octo' },
    closed_at: null,
  });
});
