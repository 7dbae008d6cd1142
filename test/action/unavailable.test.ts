import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { codesOf, type Step, wholeJob } from './support/built-action.ts';

let guarded: AuthorizationServer;
let open: AuthorizationServer;

beforeAll(async () => {
  [guarded, open] = await Promise.all([
    startAuthorizationServer({ initialAccessToken: 'canary-initial' }),
    startAuthorizationServer(),
  ]);
});

afterAll(() => Promise.all([guarded.close(), open.close()]));

const FORK: Pick<Step, 'event' | 'github'> = {
  event: {
    name: 'pull_request',
    payload: {
      number: 42,
      pull_request: {
        number: 42,
        head: { sha: 'a'.repeat(40), ref: 'patch-1', repo: { id: 99, fork: true, full_name: 'someone/growth-chart' } },
        base: { ref: 'main', repo: { id: 4242, fork: false, full_name: 'octo-org/growth-chart' } },
      },
      repository: { id: 4242, full_name: 'octo-org/growth-chart', default_branch: 'main' },
    },
  },
};
const DEPENDABOT: Pick<Step, 'event' | 'github'> = {
  event: { name: 'push', payload: {} },
  github: { actor: 'dependabot[bot]' },
};

const client = (server: AuthorizationServer) => ({
  server: server.fhirBase('r4'),
  type: 'public',
  metadata: { redirect_uris: ['https://app.example.org/callback'] },
});
const manifest = (servers: Readonly<Record<string, AuthorizationServer>>) =>
  JSON.stringify({
    version: 1,
    clients: Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, client(server)])),
  });

it.each([
  ['a fork', FORK],
  ['Dependabot', DEPENDABOT],
])(
  'a run for %s without the secret it needs is passed over with `if-unavailable: skip`, and else says what to set',
  async (who, run) => {
    const skipped = await wholeJob({
      manifest: manifest({ web: guarded }),
      inputs: { 'if-unavailable': 'skip' },
      ...run,
    });
    expect(skipped.main.exitCode, skipped.main.log).toBe(0);
    expect(skipped.main.outputs).toMatchObject({ skipped: 'true', changed: 'false' });
    expect(skipped.main.annotations).toMatchObject([
      { level: 'notice', message: expect.stringMatching(new RegExp(who, 'u')) },
    ]);
    expect(skipped.post).toMatchObject({ exitCode: 0, annotations: [] });

    const failed = await wholeJob({ manifest: manifest({ web: guarded }), ...run });
    expect(failed.main.exitCode).toBe(1);
    expect(codesOf(failed.main)).toEqual(['unavailable']);
    expect(failed.main.annotations[0]?.message).toMatch(/if-unavailable: skip/u);
    expect(guarded.clients()).toEqual([]);
  },
);

it('a run of the repository itself is not passed over, whatever the input says', async () => {
  const { main: run } = await wholeJob({ manifest: manifest({ web: guarded }), inputs: { 'if-unavailable': 'skip' } });
  expect(run.exitCode).toBe(1);
  expect(codesOf(run)).toEqual(['registration_refused']);
});

it('where no secret is needed, a run for a fork works as any other', async () => {
  const { main: run } = await wholeJob({
    manifest: manifest({ web: open }),
    inputs: { 'if-unavailable': 'skip' },
    ...FORK,
  });
  expect(run.exitCode, run.log).toBe(0);
  expect(run.outputs).toMatchObject({ skipped: 'false', changed: 'true' });
  expect(run.log).toContain('pr-42');
  expect(open.clients()).toEqual([]);
});

it('clients that work are handed out beside one that cannot be had without a secret', async () => {
  const { main: run, post } = await wholeJob({
    manifest: manifest({ web: open, ehr: guarded }),
    inputs: { 'if-unavailable': 'skip' },
    ...FORK,
  });
  const listed = JSON.parse(run.outputs.clients ?? '{}') as Readonly<Record<string, unknown>>;
  expect(listed.web, run.log).toMatchObject({ client_id: expect.stringMatching(/./u) });
  expect(run.outputs.changed).toBe('true');
  expect(post.annotations).toEqual([]);
  expect(open.clients()).toEqual([]);
});
