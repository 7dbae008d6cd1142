import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codesOf, type Step, shownBy } from '../support/built-action.ts';
import { type FakeWorker, startFakeWorker } from './support/fake-worker.ts';
import { mainThrough } from './support/through-worker.ts';

let worker: FakeWorker;

beforeEach(async () => {
  worker = await startFakeWorker();
});

afterEach(() => worker.close());

const hintOf = (run: { readonly annotations: readonly { readonly message: string }[] }) =>
  run.annotations.map(({ message }) => message).join('\n');

describe('without an id-token', () => {
  const none = { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' };

  it('the permission that is missing is named as it is written', async () => {
    const run = await mainThrough(worker, { env: none });
    expect(codesOf(run)).toEqual(['identity_refused']);
    expect(hintOf(run)).toContain('permissions: { id-token: write, contents: read }');
    expect(worker.asked).toEqual([]);
  });

  it('a run of a fork may be passed over', async () => {
    const payload = {
      pull_request: { number: 42, state: 'open', head: { ref: 'x', repo: { id: 2 } }, base: { repo: { id: 1 } } },
    };
    const fork: Step = { env: none, event: { name: 'pull_request', payload } };
    const run = await mainThrough(worker, { ...fork, inputs: { 'if-unavailable': 'skip' } });
    expect([run.exitCode, run.outputs.skipped]).toEqual([0, 'true']);
    expect(codesOf(await mainThrough(worker, fork))).toEqual(['unavailable']);
  });

  it('GitHub’s refusal is told', async () => {
    const run = await mainThrough(worker, { env: { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'other' } });
    expect(codesOf(run)).toEqual(['github_failed']);
    expect(worker.asked).toEqual([]);
  });
});

describe('inputs that do not go with a Worker', () => {
  it.each<[string, Step['inputs'], string]>([
    ['an initial access token', { 'initial-access-token': 'canary-token-1234' }, 'initial-access-token'],
    ['a software statement', { 'software-statement': 'canary.token.1234' }, 'software-statement'],
    ['a state key', { 'state-key': 'canary-token-1234' }, 'state-key'],
    ['pruning', { prune: 'true' }, 'prune'],
    ['sweeping', { command: 'sweep' }, 'sweep'],
    ['adopting', { command: 'adopt' }, 'adopt'],
    ['resolving', { command: 'resolve' }, 'resolve'],
    ['no address', { 'worker-url': 'registrar' }, 'worker-url'],
    ['an address with a path', { 'worker-url': 'https://registrar.example.org/v1' }, 'worker-url'],
    ['an address with a password', { 'worker-url': 'https://a:canary@registrar.example.org' }, 'worker-url'],
  ])('%s', async (_what, inputs, named) => {
    const run = await mainThrough(worker, { inputs: { ...inputs } });
    expect(codesOf(run)).toEqual(['input_invalid']);
    expect(hintOf(run)).toContain(named);
    expect(shownBy(run)).not.toContain('canary');
    expect(worker.asked).toEqual([]);
  });

  it('an address that is not https', async () => {
    const run = await mainThrough(worker, { inputs: { 'worker-url': 'http://registrar.example.org' } });
    expect(codesOf(run)).toEqual(['url_insecure']);
  });
});

describe('what the Worker answers', () => {
  const answered = async (status: number, body: unknown) => {
    worker.next.push(() => ({ status, body }));
    return mainThrough(worker);
  };
  const error = (changes: object = {}) => ({
    api: 1,
    error: 'not_allowed',
    message: 'Not here.',
    hint: 'Ask.',
    ...changes,
  });

  it('is shown in its own words', async () => {
    const run = await answered(
      403,
      error({ message: 'pull_request runs do not reach production.', hint: 'Ask the operator.' }),
    );
    expect(codesOf(run)).toEqual(['not_allowed']);
    expect(hintOf(run)).toContain('pull_request runs do not reach production.');
    expect(hintOf(run)).toContain('Ask the operator.');
  });

  it('is made printable', async () => {
    const run = await answered(
      403,
      error({ message: 'a\n::set-output name=x::y\u202e##[command]', hint: '\n::error::z' }),
    );
    expect(run.log).not.toMatch(/^::|\u202e/mu);
    expect(run.commands.some(({ name }) => name === 'set-output')).toBe(false);
    expect(run.outputs.x).toBeUndefined();
  });

  it.each([
    [422, 'request_invalid'],
    [500, 'server_error'],
  ])('keeps its words where its code is of a newer version (%i)', async (status, code) => {
    worker.next.push(...Array.from({ length: 4 }, () => () => ({ status, body: error({ error: 'toString' }) })));
    const run = await mainThrough(worker);
    expect(codesOf(run)).toEqual([code]);
    expect(hintOf(run)).toContain('Not here.');
  });

  it.each([
    ['newer', 2, 'upgrade this Action'],
    ['older', 0, 'upgrade the Worker'],
  ])('in a %s version says which side to upgrade', async (_what, api, words) => {
    for (const status of [200, 202, 400]) {
      const run = await answered(status, { ...error(), api, status: 'whatever' });
      expect(codesOf(run)).toEqual(['api_version_unsupported']);
      expect(hintOf(run)).toContain(words);
    }
  });

  it.each<[string, number, unknown, string]>([
    ['a page', 200, '<html>', 'input_invalid'],
    ['JSON of somebody else', 404, { error: 'not_found' }, 'input_invalid'],
    ['a list', 200, [], 'input_invalid'],
    ['a success without credentials', 200, { api: 1, status: 'done' }, 'api_version_unsupported'],
    ['an error without words', 400, { api: 1 }, 'api_version_unsupported'],
    [
      'credentials that end at no time',
      200,
      {
        api: 1,
        status: 'done',
        changed: true,
        registration: {
          environment: 'pr-42',
          name: 'web',
          server: 'https://fhir.example.org/r4',
          status: 'active',
          retiring: [],
          suspects: [],
          orphans: [],
          published: [],
        },
        credentials: { client_id: 'client-1', edition: 'e', expires_at: 'tomorrow' },
        publish: [],
        events: [],
      },
      'api_version_unsupported',
    ],
    ['work without a time', 202, { api: 1, status: 'working' }, 'api_version_unsupported'],
  ])('is not understood when it is %s', async (_what, status, body, code) => {
    expect(codesOf(await answered(status, body))).toEqual([code]);
  });

  it('may have events that nobody here knows yet', async () => {
    await mainThrough(worker);
    const [registration] = worker.registrations.values();
    worker.next.push(() => ({
      status: 200,
      body: {
        api: 1,
        status: 'done',
        changed: false,
        registration: {
          environment: 'pr-42',
          name: 'web',
          server: 'https://fhir.example.org/r4',
          status: 'active',
          client_id: registration?.clientId,
          retiring: ['old-client'],
          suspects: [{ look_for: 'a client named "x"', since: '2026-11-20T00:00:00Z' }],
          orphans: [{ client_id: 'lost', server: 'https://fhir.example.org/r4', reason: 'it <b>cannot</b>' }],
          published: ['secret A'],
          next_rotation: '2026-12-24T00:00:00Z',
        },
        credentials: { client_id: 'client-1', edition: 'e' },
        publish: [],
        events: [
          { kind: 'evaporated' },
          { kind: 'verified', clientId: 'client-1', outcome: 'works', reason: '::error::x' },
        ],
      },
    }));
    const run = await mainThrough(worker);
    expect(run.exitCode).toBe(0);
    expect(run.log).toContain('credentials of client client-1 work');
    expect(run.log).not.toMatch(/^::error/mu);
    expect(run.summary).toContain('old-client');
    expect(run.summary).toContain('a client named');
    expect(run.summary).toContain('lost');
    expect(run.summary).toContain('2026-12-24 00:00 UTC');
    expect(run.summary).not.toContain('<b>');
  });
});
