import { expect, it, type TestContext } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { runPost } from '../support/run-action.ts';
import { beginMain, codesOf, main } from './support/built-action.ts';

async function twoClients({ onTestFinished }: Pick<TestContext, 'onTestFinished'>) {
  const [fast, slow] = await Promise.all([startAuthorizationServer(), startAuthorizationServer()]);
  onTestFinished(async () => void (await Promise.all([fast.close(), slow.close()])));
  const client = (server: AuthorizationServer) => ({
    server: server.fhirBase('r4'),
    type: 'public',
    metadata: { client_name: 'Growth chart', redirect_uris: ['https://app.example.org/callback'] },
  });
  const manifest = JSON.stringify({ version: 1, clients: { fast: client(fast), slow: client(slow) } });
  return { fast, slow, manifest };
}

it.concurrent('a cancelled job leaves nothing: what was under way is finished, nothing new is begun, all is deleted', async (context) => {
  const { fast, slow, manifest } = await twoClients(context);
  const cancelled = Promise.withResolvers<void>();
  slow.before(({ method, path }) => (method === 'POST' && path === '/reg' ? cancelled.promise : undefined));
  slow.interfere({ method: 'POST', path: '/reg', do: { kind: 'delay_answer', milliseconds: 300 } });
  const made = fast.completion({ method: 'POST', path: '/token' });
  const asked = slow.arrival({ method: 'POST', path: '/reg' });
  const running = await beginMain({ manifest });
  await Promise.all([made, asked]);
  running.cancel();
  cancelled.resolve();
  const run = await running.finished;
  expect(run.exitCode, run.log).toBe(1);
  expect(codesOf(run)).toContain('cancelled');
  expect(slow.clients()).toHaveLength(1);
  expect(slow.count({ path: '/token' })).toBe(0);

  const post = await runPost(run);
  expect(post).toMatchObject({ exitCode: 0, annotations: [] });
  expect([...fast.clients(), ...slow.clients()]).toEqual([]);
});

it.concurrent('a killed main step: the client it knew is deleted, the one it was asking for is named', async (context) => {
  const { fast, slow, manifest } = await twoClients(context);
  slow.interfere({ method: 'POST', path: '/reg', do: { kind: 'delay_answer', milliseconds: 60_000 } });
  const verified = fast.completion({ method: 'POST', path: '/token' });
  const asked = slow.arrival({ method: 'POST', path: '/reg' });
  const running = await beginMain({ manifest });
  await Promise.all([verified, asked]);
  running.signal('SIGKILL');
  const run = await running.finished;
  expect(run).toMatchObject({ signal: 'SIGKILL', conclusion: 'failure' });

  const post = await runPost(run);
  expect(post).toMatchObject({ exitCode: 0, conclusion: 'success' });
  expect(fast.clients()).toEqual([]);
  const [unknown] = slow.clients();
  expect(codesOf(post, 'warning')).toEqual(['left behind']);
  const [, marker = ''] = /\[(or-[0-9a-f]{12})\]$/u.exec(String(unknown?.metadata.client_name)) ?? [];
  expect(marker).not.toBe('');
  expect(post.annotations[0]?.message).toContain(marker);
});

it.concurrent('when main fails for one client, the others are deleted after the job all the same', async (context) => {
  const { fast, slow, manifest } = await twoClients(context);
  slow.interfere({
    method: 'POST',
    path: '/reg',
    do: { kind: 'answer', status: 400, body: '{"error":"invalid_client_metadata"}' },
  });
  const run = await main({ manifest });
  expect(run.exitCode).toBe(1);
  expect(codesOf(run)).toEqual(['invalid_client_metadata']);
  expect(fast.clients()).toHaveLength(1);
  const post = await runPost(run);
  expect(post).toMatchObject({ exitCode: 0, annotations: [] });
  expect(fast.clients()).toEqual([]);
});
