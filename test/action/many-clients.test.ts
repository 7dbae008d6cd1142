import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { completeCodeFlow } from '../support/real-client.ts';
import { runPost } from '../support/run-action.ts';
import { codesOf, main } from './support/built-action.ts';
import { movedClock } from './support/moved-clock.ts';

const REDIRECT_URI = 'https://app.example.org/callback';
const PER_SERVER = 5;

let servers: readonly AuthorizationServer[];
let down: AuthorizationServer;

beforeAll(async () => {
  servers = await Promise.all([1, 2, 3].map(() => startAuthorizationServer()));
  down = await startAuthorizationServer();
  await down.close();
});

afterAll(() => Promise.all(servers.map((server) => server.close())));

type Listed = Readonly<Record<string, { readonly client_id?: string; readonly error?: string }>>;

it('20 clients on 4 servers, one of them down: 15 work, 5 are reported, exit 1, and the post step removes the 15', async () => {
  const all = [...servers, down].flatMap((server, at) =>
    Array.from({ length: PER_SERVER }, (_, index) => [
      `app-${at}-${index}`,
      {
        server: server.fhirBase('r4'),
        type: 'public',
        metadata: { client_name: 'App', redirect_uris: [REDIRECT_URI] },
      },
    ]),
  );
  const run = await main({
    manifest: JSON.stringify({ version: 1, clients: Object.fromEntries(all) }),
    env: movedClock(),
  });

  expect(run.exitCode).toBe(1);
  const listed = Object.entries(JSON.parse(run.outputs.clients ?? '{}') as Listed);
  expect(listed).toHaveLength(20);
  const failed = listed.filter(([, { error }]) => error !== undefined);
  expect(failed.map(([name]) => name)).toEqual([0, 1, 2, 3, 4].map((index) => `app-3-${index}`));
  expect(new Set(failed.map(([, { error }]) => error))).toEqual(new Set(['server_unreachable']));
  expect(codesOf(run)).toEqual(Array.from({ length: PER_SERVER }, () => 'server_unreachable'));
  for (const [name] of failed) {
    const told = run.annotations.filter(({ level, message }) => level === 'error' && message.includes(name));
    expect(told, `who is told about ${name}? ${run.log}`).toHaveLength(1);
  }

  for (const [at, server] of servers.entries()) {
    expect(server.clients()).toHaveLength(PER_SERVER);
    const ids = listed.flatMap(([name, client]) => (name.startsWith(`app-${at}-`) ? [client.client_id ?? ''] : []));
    expect(new Set(ids)).toEqual(new Set(server.clients().map(({ clientId }) => clientId)));
    for (const clientId of ids) {
      const flow = { issuer: server.issuer, clientId, redirectUri: REDIRECT_URI, scope: 'openid' };
      expect((await completeCodeFlow(flow)).access_token).toBeTypeOf('string');
    }
    // One registration at a time at one endpoint.
    const posts = server.requests.filter(({ method, path }) => method === 'POST' && path === '/reg');
    const overlapping = posts.filter((post, index) => post.arrivedAt < (posts[index - 1]?.finishedAt ?? 0));
    expect(overlapping).toEqual([]);
  }

  const post = await runPost(run);
  expect(post).toMatchObject({ exitCode: 0, conclusion: 'success', annotations: [] });
  expect(servers.flatMap((server) => server.clients())).toEqual([]);
});

it('more errors than annotations fit are in the log, and the last annotation says so', async () => {
  const clients = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [
      `app-${index}`,
      { server: down.fhirBase('r4'), type: 'public', metadata: { redirect_uris: [REDIRECT_URI] } },
    ]),
  );
  const run = await main({ manifest: JSON.stringify({ version: 1, clients }), env: movedClock() });
  expect(run.exitCode).toBe(1);
  const errors = run.annotations.filter(({ level }) => level === 'error');
  expect(errors).toHaveLength(10);
  expect(errors.at(-1)?.message).toMatch(/^3 more errors/u);
  expect(run.log.match(/What to do:/gu)).toHaveLength(12);

  const some = await main({
    manifest: JSON.stringify({ version: 1, clients }),
    inputs: { clients: 'app-1, app-2' },
    env: movedClock(),
  });
  expect(codesOf(some)).toEqual(['server_unreachable', 'server_unreachable']);
});
