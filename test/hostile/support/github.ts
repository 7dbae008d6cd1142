import fc from 'fast-check';
import type { Fetch } from '../../../shared/ports/ports.ts';
import { CANARY, nastyBody, nastyText } from './json.ts';

export const API = 'https://api.github.example';

/** What GitHub answers when all is well, by a piece of the path; the first one that is there. */
const DOCUMENTS = {
  '/public-key': { key_id: '568250167242549743', key: 'vGDDNKVVnBfZQLBgoB2ygHZZVdoD9pHaYqBTVQyIwRk=' },
  '/secrets': { total_count: 1, secrets: [{ name: 'OTHER', created_at: '2026-01-01T00:00:00Z' }] },
  '/variables': { total_count: 1, variables: [{ name: 'OTHER', value: 'x' }] },
  '/environments/': { id: 1, name: 'pr-1', protection_rules: [], deployment_branch_policy: null },
  '/environments': { total_count: 1, environments: [{ id: 1, name: 'production' }] },
  '/access_tokens': {
    token: CANARY,
    expires_at: '2099-01-01T00:00:00Z',
    permissions: { secrets: 'write' },
    repositories: [{ id: 4242, name: 'app', owner: { login: 'octo' } }],
  },
  '/installation': { id: 991, account: { id: 77, login: 'octo' }, permissions: RIGHTS(), suspended_at: null },
  '/app/installations': [{ id: 991, account: { id: 77 }, permissions: RIGHTS(), suspended_at: null }],
  '/pulls/': { number: 1, state: 'open' },
  '/git/ref': { ref: 'refs/heads/a', object: { sha: 'a' } },
  '/attempts': {},
  '/deliveries': [
    { id: 1, guid: 'a', delivered_at: '2026-11-25T02:00:00Z', status_code: 500 },
    { id: 2, guid: 'b', delivered_at: '2026-11-25T02:30:00Z', status_code: 202 },
  ],
} as const;

type Kind = keyof typeof DOCUMENTS;

function RIGHTS() {
  return { secrets: 'write', actions_variables: 'write', contents: 'write', pull_requests: 'read' };
}

const REFUSAL = { message: 'no', documentation_url: 'https://docs.github.com/rest', errors: [{ message: 'no' }] };
const ECHOES = [CANARY, `Bearer ${CANARY}`, JSON.stringify(CANARY)];

const status = fc.oneof(
  fc.constantFrom(200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503),
  fc.integer({ min: 200, max: 599 }),
);

const header = fc.oneof(
  fc.constantFrom('0', '5', '1e9', '-1', 'soon', '99999999999', '9'.repeat(400), CANARY),
  nastyText,
);
const NAMES = [
  'retry-after',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-accepted-github-permissions',
  'link',
  'location',
  'content-type',
] as const;

/** GitHub as it never is: what it answers, call after call. Most answers are sound, so that the later calls are reached. */
export const spoiltGitHub = fc.record({
  documents: fc.record(
    Object.fromEntries(Object.entries(DOCUMENTS).map(([kind, document]) => [kind, nastyBody(document)])) as Record<
      Kind,
      fc.Arbitrary<string>
    >,
  ),
  refusal: fc.tuple(nastyBody(REFUSAL), fc.constantFrom(...ECHOES)).map(([text, echo]) => text.replaceAll('no', echo)),
  answers: fc.array(
    fc.record({
      sound: fc.constantFrom(...Array.from({ length: 5 }, () => true), false),
      status: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: status }),
      headers: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(fc.tuple(fc.constantFrom(...NAMES), header), { maxLength: 2 }) },
      ),
      cut: fc.constantFrom(...Array.from({ length: 9 }, () => false), true),
    }),
    { minLength: 1, maxLength: 12 },
  ),
});

type Spoilt = typeof spoiltGitHub extends fc.Arbitrary<infer T> ? T : never;

/** More than any piece of work asks; whoever asks more goes on for ever. */
const MOST_CALLS = 400;

export function githubThat({ documents, refusal, answers }: Spoilt): {
  readonly fetch: Fetch;
  readonly urls: string[];
} {
  const urls: string[] = [];
  const fetch: Fetch = async (url, { method = 'GET' } = {}) => {
    urls.push(url);
    if (urls.length > MOST_CALLS) throw new Error('this never ends');
    const given = answers[urls.length % answers.length] as Spoilt['answers'][number];
    if (given.cut) throw new TypeError('fetch failed', { cause: new Error('ECONNRESET') });
    const path = new URL(url).pathname;
    const found = (Object.keys(DOCUMENTS) as Kind[]).find((kind) => path.includes(kind));
    const usual = method === 'DELETE' || method === 'PATCH' ? 204 : method === 'GET' ? 200 : 201;
    const code = given.status ?? (path.includes('/environments/') && method === 'PUT' ? 200 : usual);
    const good = found === undefined ? '{}' : given.sound ? JSON.stringify(DOCUMENTS[found]) : documents[found];
    const headers = new Headers({ 'content-type': 'application/json; charset=utf-8' });
    for (const [name, value] of given.headers) {
      try {
        headers.set(name, value);
      } catch {
        // No server can send that header either.
      }
    }
    const empty = [204, 205, 304].includes(code);
    return new Response(empty ? null : code < 300 ? good : refusal, { status: code, headers });
  };
  return { fetch, urls };
}
