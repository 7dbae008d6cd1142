import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { createMasks } from '../support/masks.ts';
import { type OddServer, startOddServer } from '../support/odd-server.ts';
import type { Oddities } from '../support/oddities.ts';
import type { Run } from '../support/run-action.ts';
import { main, type Step, wholeJob } from './support/built-action.ts';

const INITIAL_ACCESS_TOKEN = 'canary-initial-access-token-7f3a';
const SOFTWARE_STATEMENT = 'canary.software.statement-91be';
const CANARY = /odd-(?:secret|token)-[0-9a-f]{32}|canary[\w.-]+/gu;
/** Where credentials are meant to go: to the next steps, and never on to other jobs. */
const CREDENTIALS = new Set(['client-secret', 'private-key']);

const describing = (server: string) => ({
  server,
  type: 'confidential',
  'redirect-uris': 'https://app.example.org/callback',
  'client-name': 'Growth chart',
});

/** Every place of a run where a secret would be seen by somebody, except the lines that make it a mask. */
function openPlaces(run: Run): readonly string[] {
  const unmasked = run.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  const outputs = Object.entries(run.outputs).filter(([name]) => !CREDENTIALS.has(name));
  return [
    ...unmasked,
    run.stderr,
    run.summary,
    run.log,
    JSON.stringify(run.annotations),
    JSON.stringify(outputs),
    run.argv.join(' '),
  ];
}

/** What reaches other processes only behind masks: the state of the post step and variables of the next steps. */
function handedOn(run: Run): string {
  return [...Object.entries(run.state), ...Object.entries(run.env)].map((pair) => pair.join('=')).join('\n');
}

function expectNoSecret(run: Run): void {
  for (const place of openPlaces(run)) expect(place.match(CANARY) ?? []).toEqual([]);
  const shown = createMasks(run.masks).apply(handedOn(run));
  expect(shown.match(CANARY) ?? []).toEqual([]);
}

/** Nothing printed has a secret before the line that masks it. */
function expectMaskedFirst(run: Run, secret: string): void {
  const lines = run.stdout.split('\n');
  const first = lines.findIndex((line) => line.includes(secret));
  expect(lines[first]).toBe(`::add-mask::${secret}`);
}

describe('a canary is seen nowhere', () => {
  let server: OddServer;

  beforeAll(async () => {
    server = await startOddServer({ initialAccessToken: INITIAL_ACCESS_TOKEN });
  });

  afterAll(() => server.close());

  const echoed = {
    status: 400,
    error: 'invalid_client_metadata',
    description: `no: ${INITIAL_ACCESS_TOKEN} ${SOFTWARE_STATEMENT}`,
  };
  const step = (more: Step['inputs'] = {}): Step => ({
    inputs: {
      ...describing(server.fhirBase),
      'initial-access-token': INITIAL_ACCESS_TOKEN,
      'software-statement': SOFTWARE_STATEMENT,
      ...more,
    },
    env: { RUNNER_DEBUG: '1' },
  });

  it.each<[string, Oddities, Step['inputs']]>([
    ['when all goes well', {}, {}],
    ['with variables for the next steps', {}, { 'export-env': 'true' }],
    ['when the client stays behind', { missing: { methods: ['DELETE'], status: 404 } }, {}],
    [
      'when secrets are replaced on reading',
      { deletion: 'silent', replaceSecretOn: 'read', replaceTokenOn: 'read' },
      {},
    ],
    [
      'when the answer repeats them in other members',
      {
        reshape: (answer) => ({
          ...answer,
          echo: [answer.client_secret],
          note: `t=${answer.registration_access_token}`,
          client_name: `x ${answer.client_secret}`,
        }),
      },
      {},
    ],
    ['when a refusal repeats what was sent', { refuseRegistration: echoed }, {}],
    ['when the answer is no JSON', { registrationBody: 'not_json' }, {}],
    ['when the configuration endpoint is elsewhere', { registrationClientUri: 'elsewhere' }, {}],
    [
      'when the configuration endpoint has a token in its query',
      { registrationClientUri: { verbatim: 'https://other.example.org/register?token=canary-in-query' } },
      {},
    ],
    ['when credentials are refused', { tokenEndpoint: 'always_invalid_client' }, {}],
    ['when it is a plan', {}, { command: 'plan' }],
  ])('%s', async (_, oddities, more) => {
    server.reset();
    server.behave(oddities);
    const { main: run, post } = await wholeJob(step(more));
    for (const each of [run, post]) expectNoSecret(each);
    if (more?.command !== 'plan') expect(server.count({ method: 'POST', path: '/register' })).toBe(1);
  });

  it('secrets are masked before anything else is done with them, and a client_id never is', async () => {
    server.reset();
    server.behave({});
    const { main: run, post } = await wholeJob(step());
    const clientId = run.outputs['client-id'] ?? '';
    const secret = run.outputs['client-secret'] ?? '';
    expect(secret).toMatch(/^odd-secret-/u);
    for (const value of [INITIAL_ACCESS_TOKEN, SOFTWARE_STATEMENT, secret]) expectMaskedFirst(run, value);
    expectMaskedFirst(post, secret);
    const [, token = ''] =
      /"registrationAccessToken":"([^"]+)"/u.exec(JSON.stringify(run.state).replaceAll('\\"', '"')) ?? [];
    expect(token).toMatch(/^odd-token-/u);
    expectMaskedFirst(run, token);
    for (const each of [run, post]) {
      expect(each.masks.filter((mask) => clientId.includes(mask))).toEqual([]);
      expect(each.log).toContain(clientId);
    }
    expect(run.masks.filter((mask) => mask.length < 8)).toEqual([]);
  });
});

describe('a way in to register', () => {
  let server: AuthorizationServer;

  beforeAll(async () => {
    server = await startAuthorizationServer({ initialAccessToken: INITIAL_ACCESS_TOKEN, keepRequestBodies: true });
  });

  afterAll(() => server.close());

  it('is an initial access token as given, sent with a registration only', async () => {
    server.reset();
    const { main: run } = await wholeJob({
      inputs: { ...describing(server.fhirBase('r4')), 'initial-access-token': INITIAL_ACCESS_TOKEN },
    });
    expect(run.exitCode, run.log).toBe(0);
    const sent = server.requests.filter(({ authorizationScheme }) => authorizationScheme === 'bearer');
    expect(sent.map(({ method, path }) => `${method} ${path.replace(/\/reg\/.*/u, '/reg/{id}')}`)).toEqual([
      'POST /reg',
      'DELETE /reg/{id}',
      'GET /reg/{id}',
      'GET /reg/{id}',
    ]);
    expectNoSecret(run);
  });

  it('is one that a client_credentials grant fetches, and it is masked too', async () => {
    server.reset();
    server.interfere({
      method: 'POST',
      path: '/token',
      times: 1,
      do: {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ access_token: INITIAL_ACCESS_TOKEN, token_type: 'Bearer' }),
      },
    });
    const access = { client_id: 'registrar', client_secret: 'canary-registrar-secret', scope: 'client.register' };
    const { main: run } = await wholeJob({
      inputs: { ...describing(server.fhirBase('r4')), 'initial-access-token': JSON.stringify(access) },
    });
    expect(run.exitCode, run.log).toBe(0);
    const [grant] = server.requests.filter(({ path }) => path === '/token');
    expect(grant?.authorizationScheme).toBe('basic');
    expect(Object.fromEntries(new URLSearchParams(grant?.requestBody))).toEqual({
      grant_type: 'client_credentials',
      scope: 'client.register',
    });
    for (const value of ['canary-registrar-secret', INITIAL_ACCESS_TOKEN]) expectMaskedFirst(run, value);
    expectNoSecret(run);
  });

  it('that is missing or wrong is an error that asks for it', async () => {
    server.reset();
    for (const token of ['', 'canary-wrong-token']) {
      const run = await main({ inputs: { ...describing(server.fhirBase('r4')), 'initial-access-token': token } });
      expect(run.annotations).toMatchObject([{ level: 'error', title: 'oauth-registrar: registration_refused' }]);
      expect(run.annotations[0]?.message).toMatch(/initial access token and give it as `initial-access-token`/u);
      expectNoSecret(run);
    }
    expect(server.clients()).toEqual([]);
  });

  it('can be a software statement, passed on as it is', async () => {
    server.reset();
    const run = await main({
      inputs: {
        ...describing(server.fhirBase('r4')),
        'initial-access-token': INITIAL_ACCESS_TOKEN,
        'software-statement': SOFTWARE_STATEMENT,
      },
    });
    expect(run.exitCode, run.log).toBe(0);
    const [registration] = server.requests.filter(({ method, path }) => method === 'POST' && path === '/reg');
    expect(JSON.parse(registration?.requestBody ?? '{}')).toMatchObject({ software_statement: SOFTWARE_STATEMENT });
    expectNoSecret(run);
  });
});
