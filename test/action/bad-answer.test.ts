import { expect, it, type TestContext } from 'vitest';
import { type OddServer, startOddServer } from '../support/odd-server.ts';
import type { Oddities } from '../support/oddities.ts';
import { runPost } from '../support/run-action.ts';
import { codesOf, main, type Step } from './support/built-action.ts';
import { movedClock } from './support/moved-clock.ts';

async function register(
  oddities: Oddities,
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  step: Pick<Step, 'env'> = {},
) {
  const server = await startOddServer(oddities);
  onTestFinished(() => server.close());
  const run = await main({
    inputs: {
      server: server.fhirBase,
      type: 'confidential',
      'redirect-uris': 'https://app.example.org/callback',
      'client-name': 'Growth chart',
    },
    ...step,
  });
  return { server, run };
}

function expectOnePost(server: OddServer): void {
  expect(server.count({ method: 'POST', path: '/register' })).toBe(1);
}

const HOSTILE =
  'not allowed\r\n::error title=x::pwned\n::set-env name=PATH::/tmp\n##[add-mask]Growth\u2028::stop-commands::x';

it.concurrent.for([
  ['invalid_redirect_uri', 400, 'invalid_redirect_uri'],
  ['invalid_client_metadata', 400, 'invalid_client_metadata'],
  ['invalid_software_statement', 400, 'invalid_software_statement'],
  ['unapproved_software_statement', 400, 'unapproved_software_statement'],
  ['something_of_its_own', 400, 'registration_rejected'],
  ['invalid_token', 401, 'registration_refused'],
  ['access_denied', 403, 'registration_refused'],
  [undefined, 413, 'registration_rejected'],
] as const)(
  'a refusal with %s (%i) is %s: one POST, the server’s words made harmless, what to do, nothing left',
  async ([error, status, code], context) => {
    const refusal = { status, description: HOSTILE, ...(error !== undefined && { error }) };
    const { server, run } = await register({ refuseRegistration: refusal }, context);
    expect(run.exitCode).toBe(1);
    expectOnePost(server);
    expect(codesOf(run), run.log).toEqual([code]);
    const [annotation, ...others] = run.annotations;
    expect(others).toEqual([]);
    expect(annotation?.message).toContain(error ?? String(status));
    expect(annotation?.message).toContain('not allowed');
    expect(annotation?.message).toMatch(/default\/client/u);
    expect(annotation?.message).toContain(server.issuer);
    expect(annotation?.message).toMatch(/^What to do: .{10}/mu);
    expect(run.commands.map((command) => command.name).filter((command) => command !== 'debug')).toEqual(['error']);
    expect(run.summary).not.toMatch(/^::|\n::|##\[/u);
    expect(run.env).toEqual({});
    expect(server.clients()).toEqual([]);
  },
);

it.concurrent.for<readonly [string, Oddities, RegExp]>([
  ['is not JSON', { registrationBody: 'not_json' }, /the body is not (?:a )?JSON/u],
  ['is a web page', { registrationBody: 'html' }, /the body is a page/u],
  ['has no client_id', { registrationBody: 'no_client_id' }, /no usable client_id/u],
  ['is 50 MB', { registrationBody: 'huge' }, /more than 1 MiB/u],
])(
  'a registration answer that %s: one POST, no credentials, the client is named by its marker',
  async ([, oddities, says], context) => {
    const { server, run } = await register(oddities, context);
    expect(run.exitCode).toBe(1);
    expectOnePost(server);
    expect(codesOf(run), run.log).toEqual(['registration_unknown']);
    const [client] = server.clients();
    const [, marker = 'none'] =
      /^Growth chart \[(or-[0-9a-f]{12})\]$/u.exec(String(client?.metadata.client_name)) ?? [];
    const error = run.annotations.find(({ level }) => level === 'error')?.message ?? '';
    expect(error).toMatch(says);
    expect(error).toContain(marker);
    expect(error).toContain(server.issuer);
    expect(run.outputs).not.toHaveProperty('client-id');
    expect(run.stdout + run.stderr + run.summary).not.toMatch(/odd-(?:secret|token)-/u);
    const post = await runPost(run);
    expect(codesOf(post, 'warning')).toEqual(['left behind']);
    expect(post.annotations[0]?.message).toContain(marker);
    expect(post.exitCode).toBe(0);
  },
);

it.concurrent('after a refusal the post step has nothing to do and to say', async (context) => {
  const { server, run } = await register({ refuseRegistration: { status: 400 } }, context);
  expect(await runPost(run)).toMatchObject({ exitCode: 0, annotations: [], log: '', summary: '' });
  expect(server.requests.filter(({ path }) => path.startsWith('/register/'))).toEqual([]);
});

it.concurrent('a registration that is never answered is given up after its time limit, and named', async (context) => {
  const { server, run } = await register({ registrationBody: 'stalled' }, context, {
    env: movedClock({ timeLimitMs: 1500 }),
  });
  expectOnePost(server);
  expect(codesOf(run), run.log).toEqual(['registration_unknown']);
  expect(run.annotations.find(({ level }) => level === 'error')?.message).toMatch(/no complete answer within 60 s/u);
});

it.concurrent('a server that asks to wait briefly is waited for; one that asks for an hour is said to', async (context) => {
  const patient = await register({ rateLimit: { registrations: 0, headers: { 'retry-after': '3600' } } }, context, {
    env: movedClock(),
  });
  expect(codesOf(patient.run)).toEqual(['rate_limited']);
  expect(patient.run.annotations[0]?.message).toMatch(/wait 3600 s/u);
  expect(patient.server.clients()).toEqual([]);

  const server = await startOddServer({});
  context.onTestFinished(() => server.close());
  server.interfere({
    method: 'POST',
    path: '/register',
    times: 2,
    do: { kind: 'answer', status: 429, headers: { 'retry-after': '3' } },
  });
  const inputs = { server: server.fhirBase, type: 'public', 'redirect-uris': 'https://app.example.org/callback' };
  const run = await main({ inputs, env: movedClock() });
  expect(run.exitCode, run.log).toBe(0);
  expect(server.count({ method: 'POST', path: '/register' })).toBe(3);
  expect(server.clients()).toHaveLength(1);
});
