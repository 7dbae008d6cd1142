import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import type { GitHub } from '../../support/github/server.ts';
import { type BrokenOff, brokenOff } from '../support/broken-off.ts';
import { ALL_RIGHTS, appSettings, startGitHubWithApp } from '../support/github-with-app.ts';
import { startUnreliableWorker, type UnreliableWorker } from '../support/unreliable.ts';

let server: AuthorizationServer;
let github: GitHub;
let worker: UnreliableWorker;
/** The Worker's clock, which GitHub goes by too. */
let now = Date.now;
let preview: BrokenOff;
/** Calls that the object was evicted at. */
const routes = new Set<string>();

const idOf = (number: number) => `PR_${number}_ID`;
const secretOf = (number: number) => `PR_${number}_SECRET`;

beforeAll(async () => {
  server = await startAuthorizationServer();
  preview = brokenOff(server, (number) => ({
    announce: 'dispatch',
    publish: [
      {
        kind: 'github',
        environment: `pr-${number}`,
        createEnvironment: true,
        items: [
          { kind: 'variable', name: idOf(number), field: 'client_id' },
          { kind: 'secret', name: secretOf(number), field: 'client_secret' },
        ],
      },
    ],
  }));
  github = await startGitHubWithApp({
    permissions: ALL_RIGHTS,
    now: () => now(),
    before: async ({ method, template }) => {
      if (preview.isCounting()) routes.add(`${method} ${template}`);
      await preview.call();
    },
  });
  const { GH_API_URL = '', ...secrets } = appSettings(github);
  worker = await startUnreliableWorker(server, secrets, { GH_API_URL });
  now = worker.now;
  preview.of(worker);
});

afterAll(async () => {
  await worker.close();
  await github.close();
  await server.close();
});

beforeEach(() => {
  routes.clear();
});

const SECRETS = '/repos/{owner}/{repo}/environments/{environment_name}/secrets';
const VARIABLES = '/repos/{owner}/{repo}/environments/{environment_name}/variables';

/** The object was evicted at these calls, among others. */
function brokenOffAt(...expected: readonly string[]): void {
  expect([...routes]).toEqual(expect.arrayContaining([...expected]));
}

const opened = () => {
  const number = preview.number();
  github.pull({ number, state: 'open', head: { ref: `feature-${number}`, sha: '1'.repeat(40) } });
};

/** What apps read is the client that works, and nothing else was left. */
async function isPublished(at: string): Promise<string> {
  const client = await preview.inUse(at);
  const number = preview.number();
  const environment = `pr-${number}`;
  expect(github.variables(environment), at).toEqual({ [idOf(number)]: client });
  expect(github.secrets(environment), at).toEqual({
    [secretOf(number)]: server.client(client)?.metadata.client_secret,
  });
  return client;
}

test('a deploy that is broken off at any of its calls to GitHub is made good by the next', async () => {
  const calls = await preview.everywhere({
    before: async () => opened(),
    work: preview.deploy,
    afterwards: async (at) => void (await isPublished(at)),
  });
  expect(calls).toBeGreaterThanOrEqual(17);
  brokenOffAt(
    'GET /repos/{owner}/{repo}/installation',
    'POST /app/installations/{installation_id}/access_tokens',
    'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    'PUT /repos/{owner}/{repo}/environments/{environment_name}',
    `POST ${VARIABLES}`,
    `PUT ${SECRETS}/{secret_name}`,
  );
});

test('a rotation that is broken off at any of its calls to GitHub ends with one client, which is published and told of', async () => {
  let old = '';
  const calls = await preview.everywhere({
    before: async () => {
      opened();
      old = await isPublished('at first');
    },
    work: preview.rotate,
    afterwards: async (at) => {
      if ((await isPublished(at)) === old) expect((await preview.rotate()).status, at).toBe(200);
      await preview.pass();
      expect(server.client(old), at).toBeUndefined();
      const client = await isPublished(at);
      const told = github.dispatches.filter(({ payload }) => payload.environment === `pr-${preview.number()}`);
      expect(told.at(-1), at).toMatchObject({ type: 'oauth-client-rotated', payload: { client_id: client } });
    },
  });
  expect(calls).toBeGreaterThanOrEqual(5);
  brokenOffAt(
    'POST /app/installations/{installation_id}/access_tokens',
    `PATCH ${VARIABLES}/{name}`,
    `PUT ${SECRETS}/{secret_name}`,
    'POST /repos/{owner}/{repo}/dispatches',
  );
});

test('a teardown that is broken off at any of its calls to GitHub takes everything back', async () => {
  let made = '';
  const calls = await preview.everywhere({
    before: async () => {
      opened();
      made = await isPublished('at first');
    },
    work: preview.end,
    afterwards: async (at) => {
      const stands = () => worker.send('GET', preview.key(), { claims: preview.claims() });
      // Nothing was saved when the first call was made, and who asked was told to ask again.
      if ((await stands()).body.registration.status === 'active') expect((await preview.end()).status, at).toBe(200);
      const { body } = await stands();
      expect(body.registration, at).toMatchObject({ status: 'ended', orphans: [], suspects: [] });
      expect(server.client(made), at).toBeUndefined();
      const environment = `pr-${preview.number()}`;
      expect(
        github.environments().map(({ name }) => name),
        at,
      ).not.toContain(environment);
      expect([github.variables(environment), github.secrets(environment)], at).toEqual([{}, {}]);
    },
  });
  expect(calls).toBeGreaterThanOrEqual(6);
  brokenOffAt(
    `DELETE ${VARIABLES}/{name}`,
    `DELETE ${SECRETS}/{secret_name}`,
    'DELETE /repos/{owner}/{repo}/environments/{environment_name}',
  );
});
