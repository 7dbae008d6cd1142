import { describe, expect, it, type TestContext } from 'vitest';
import { text } from '../../action/markdown.ts';
import { startOddServer } from '../support/odd-server.ts';
import type { Oddities } from '../support/oddities.ts';
import { runPost } from '../support/run-action.ts';
import { codesOf, main, wholeJob } from './support/built-action.ts';
import { movedClock } from './support/moved-clock.ts';

async function odd(oddities: Oddities, { onTestFinished }: Pick<TestContext, 'onTestFinished'>) {
  const server = await startOddServer(oddities);
  onTestFinished(() => server.close());
  const inputs = {
    server: server.fhirBase,
    type: 'confidential',
    'redirect-uris': 'https://app.example.org/callback',
    'client-name': 'Growth chart',
  };
  return { server, inputs };
}

/** The one marker of the one client that was asked for. */
function markerIn(text: string): string {
  const [marker, ...others] = new Set(text.match(/or-[0-9a-f]{12}/gu));
  if (marker === undefined || others.length > 0) throw new Error(`not one marker in:\n${text}`);
  return marker;
}

describe('after a job at a server that', () => {
  it.concurrent.for<readonly [string, Oddities, RegExp]>([
    [
      'answers DELETE with 404 and GET with 200',
      { missing: { methods: ['PUT', 'DELETE'], status: 404 } },
      /cannot delete it/u,
    ],
    ['answers DELETE with 405', { missing: { methods: ['DELETE'], status: 405 } }, /405/u],
    [
      'gives no registration access token',
      { withoutMembers: ['registration_access_token'] },
      /no registration access token/u,
    ],
    [
      'gives no configuration endpoint',
      { withoutMembers: ['registration_client_uri'] },
      /registration access token|configuration endpoint/u,
    ],
    [
      'names a configuration endpoint elsewhere',
      { registrationClientUri: 'elsewhere' },
      /configuration endpoint is at http/u,
    ],
    [
      'says it deleted and still answers with the client',
      { deletion: 'silent' },
      /said it was deleted and still answers/u,
    ],
    ['disables instead of deleting', { deletion: 'soft' }, /said it was deleted and still answers/u],
  ])('%s, the client is named for its operator and the job stays green', async ([, oddities, reason], context) => {
    const { server, inputs } = await odd(oddities, context);
    const { main: run, post } = await wholeJob({ inputs });
    expect(run.exitCode, run.log).toBe(0);
    const [client, ...more] = server.clients();
    expect(more).toEqual([]);
    expect(post).toMatchObject({ exitCode: 0, conclusion: 'success' });
    expect(codesOf(post, 'warning')).toEqual(['left behind']);
    const [annotation] = post.annotations;
    expect(annotation?.message).toContain(`${client?.clientId} stays at ${server.fhirBase}`);
    expect(annotation?.message).toMatch(reason);
    expect(annotation?.message).toMatch(/Ask its operator to delete it\.$/u);
    expect(post.summary).toContain('OAuth clients left behind');
    expect(post.summary).toContain(text(String(client?.clientId)));
    expect(server.elsewhere.requests).toEqual([]);
  });

  it.concurrent('does not give a way to delete clients, main says so already', async (context) => {
    for (const oddities of [
      { withoutMembers: ['registration_access_token'] },
      { registrationClientUri: 'elsewhere' },
    ] as const) {
      const { server, inputs } = await odd(oddities, context);
      const run = await main({ inputs });
      const [client] = server.clients();
      const messages = run.annotations.map(({ message }) => message).join('\n');
      expect(messages, run.log).toMatch(`client ${client?.clientId} cannot be changed or deleted by us`);
    }
  });

  it.concurrent('is down when the job ends, the client is named with what a person needs', async (context) => {
    const { server, inputs } = await odd({}, context);
    const run = await main({ inputs, env: movedClock() });
    server.interfere({ method: 'DELETE', do: { kind: 'lose_request' } });
    const post = await runPost(run);
    expect(post).toMatchObject({ exitCode: 0, conclusion: 'success' });
    expect(codesOf(post, 'warning')).toEqual(['left behind']);
    expect(post.annotations[0]?.message).toContain(`${run.outputs['client-id']} may still be at ${server.fhirBase}`);
    expect(server.count({ method: 'DELETE' })).toBeGreaterThan(1);
  });

  it.concurrent('is down only for a moment, the deletion is tried again', async (context) => {
    const { server, inputs } = await odd({}, context);
    const run = await main({ inputs, env: movedClock() });
    server.interfere({ method: 'DELETE', times: 1, do: { kind: 'answer', status: 502 } });
    server.interfere({ method: 'DELETE', times: 1, do: { kind: 'lose_answer' } });
    const post = await runPost(run);
    expect(post.annotations).toEqual([]);
    expect(post.exitCode).toBe(0);
    expect(server.clients()).toEqual([]);
  });

  it.concurrent('made it, a client is named even when its post step can save nothing', async (context) => {
    const { server, inputs } = await odd({}, context);
    const run = await main({ inputs });
    const post = await runPost(run, { env: { GITHUB_STATE: '/nowhere/state' } });
    expect(post).toMatchObject({ exitCode: 0, conclusion: 'success' });
    expect(server.clients()).toHaveLength(1);
    expect(post.annotations[0]?.message).toContain(run.outputs['client-id']);
  });
});

describe('an answer that never comes', () => {
  it.concurrent.for([
    ['is lost', { kind: 'lose_answer' }, 1],
    ['is cut off', { kind: 'cut_answer' }, 1],
    ['is a request that is lost', { kind: 'lose_request' }, 0],
    ['is a 500 after the client was stored', { kind: 'replace_answer', status: 500, body: 'oops' }, 1],
    ['is a 500 before it was stored', { kind: 'answer', status: 500, body: 'oops' }, 0],
  ] as const)(
    'and %s: one POST, the marker is in the error and in the post step, nothing is replaced silently',
    async ([, interference, stored], context) => {
      const { server, inputs } = await odd({}, context);
      server.interfere({ method: 'POST', path: '/register', do: interference });
      const { main: run, post } = await wholeJob({ inputs });
      expect(run.exitCode).toBe(1);
      expect(server.count({ method: 'POST', path: '/register' })).toBe(1);
      expect(codesOf(run)).toEqual(['registration_unknown']);
      const error = run.annotations.find(({ level }) => level === 'error')?.message ?? '';
      const marker = markerIn(error);
      expect(error).toContain('What to do: ');
      expect(run.outputs).toMatchObject({ clients: '{"client":{"error":"registration_unknown"}}', changed: 'false' });

      expect(server.clients()).toHaveLength(stored);
      for (const { metadata } of server.clients()) expect(metadata.client_name).toBe(`Growth chart [${marker}]`);
      expect(post).toMatchObject({ exitCode: 0, conclusion: 'success' });
      expect(codesOf(post, 'warning')).toEqual(['left behind']);
      expect(markerIn(post.annotations[0]?.message ?? '')).toBe(marker);
      expect(post.summary).toContain(marker);
    },
  );
});
