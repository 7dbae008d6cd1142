import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { startOddServer } from '../support/odd-server.ts';
import { runPost } from '../support/run-action.ts';
import { codesOf, main } from './support/built-action.ts';

const REDIRECT_URI = 'https://app.example.org/callback';

let one: AuthorizationServer;
let other: AuthorizationServer;

beforeAll(async () => {
  [one, other] = await Promise.all([startAuthorizationServer(), startAuthorizationServer()]);
});

afterAll(() => Promise.all([one.close(), other.close()]));

const client = (server: string) => ({
  server,
  type: 'confidential',
  metadata: { client_name: 'App', redirect_uris: [REDIRECT_URI] },
});

const manifest = (clients: Readonly<Record<string, unknown>>) => JSON.stringify({ version: 1, clients });

describe('what is for one server does not reach another', () => {
  it.each([
    ['an initial access token', { 'initial-access-token': 'canary-token-of-one' }],
    ['the credentials that fetch one', { 'initial-access-token': '{"client_id":"a","client_secret":"canary"}' }],
    ['a software statement', { 'software-statement': 'canary.of.one' }],
  ])('%s: nothing is sent at all', async (_, inputs) => {
    const before = [one, other].map((server) => server.requests.length);
    const run = await main({
      manifest: manifest({ a: client(one.issuer), b: client(other.issuer) }),
      inputs: { ...inputs },
    });
    expect(codesOf(run)).toEqual(['input_invalid']);
    expect(run.log).toContain('Use one step per server');
    expect([one, other].map((server) => server.requests.length)).toEqual(before);
  });

  it('with `clients` each server gets a step of its own', async () => {
    const run = await main({
      manifest: manifest({ a: client(one.issuer), b: client(other.issuer) }),
      inputs: { 'initial-access-token': 'token-of-one', clients: 'a' },
    });
    expect(codesOf(run)).toEqual([]);
    await runPost(run);
  });
});

it('two clients that would share environment variables are refused before anything is sent', async () => {
  const before = one.requests.length;
  const run = await main({
    manifest: manifest({ 'web-app': client(one.issuer), web_app: client(one.issuer) }),
    inputs: { 'export-env': 'true' },
  });
  expect(codesOf(run)).toEqual(['input_invalid']);
  expect(run.log).toContain('WEB_APP_CLIENT_ID');
  expect(one.requests.length).toBe(before);
});

it.each(['::stop-commands::x', 'a##[add-mask]true', 'two  spaces'])(
  'an environment named %s is refused',
  async (environment) => {
    const run = await main({ manifest: manifest({ a: client(one.issuer) }), inputs: { environment, command: 'plan' } });
    expect(codesOf(run)).toEqual(['input_invalid']);
    expect(run.commands.map(({ name }) => name)).not.toContain('stop-commands');
    expect(run.commands.map(({ name }) => name)).not.toContain('add-mask');
  },
);

it('a server that pads its answer keeps no post step from starting', async () => {
  const padded = await startOddServer({
    reshape: (body) => ({ ...body, padding: 'x'.repeat(200_000), more: Array(900).fill('x'.repeat(900)) }),
  });
  try {
    const run = await main({ manifest: manifest({ a: client(padded.issuer), b: client(one.issuer) }) });
    expect(codesOf(run)).toEqual([]);
    const longest = Math.max(...Object.values(run.state).map((value) => value.length));
    expect(longest).toBeLessThan(100_000);
    const post = await runPost(run);
    expect(post.exitCode).toBe(0);
    expect([padded.clients().length, one.clients().length]).toEqual([0, 0]);
  } finally {
    await padded.close();
  }
});
