import { expect, it, onTestFinished } from 'vitest';
import { type AuthorizationServerOptions, startAuthorizationServer } from '../support/authorization-server.ts';
import { openDesk } from './support/run-cli.ts';

const STATE = '.oauth-registrar.json';

async function start(options: AuthorizationServerOptions = {}) {
  const server = await startAuthorizationServer(options);
  onTestFinished(() => server.close());
  return server;
}

it('explains a FHIR base URL to a person, and sends nothing that changes anything', async () => {
  const server = await start();
  const desk = await openDesk();
  const run = await desk.run('doctor', server.fhirBase('r4'));
  expect(run, run.shown).toMatchObject({ code: 0, stderr: '' });
  for (const part of [
    server.fhirBase('r4'),
    'What was found',
    'Where it was looked for',
    'FHIR 4.0.1',
    'What registration needs',
    'a probe shows it',
    'What will work',
  ]) {
    expect(run.stdout).toContain(part);
  }
  expect(run.stdout).toMatch(new RegExp(`registration endpoint +${server.registrationEndpoint} +SMART`, 'u'));
  expect(server.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(await desk.read(STATE)).toBeUndefined();
});

it('with --probe takes a throw-away client from register to delete, and no file and no client stay', async () => {
  const server = await start();
  const desk = await openDesk();
  let remembered: string | undefined;
  server.before(async ({ method, path }) => {
    if (method === 'POST' && path === '/reg') remembered = await desk.read(STATE);
  });
  const run = await desk.run('doctor', server.fhirBase('dstu2'), '--probe', '--json');
  expect(run, run.shown).toMatchObject({ code: 0 });
  const diagnosis = JSON.parse(run.stdout);
  expect(diagnosis).toMatchObject({
    address: server.fhirBase('dstu2'),
    endpoints: expect.arrayContaining([
      expect.objectContaining({ endpoint: 'registration', read_in: 'fhir-metadata' }),
    ]),
    probe: { left_behind: [], update_replaces_secret: false },
    features: expect.arrayContaining([expect.objectContaining({ feature: 'teardown', works: 'yes' })]),
  });
  expect(diagnosis.probe.steps.map(({ step, result }: Record<string, string>) => `${step} ${result}`)).toEqual([
    'register worked',
    'try worked',
    'read worked',
    'update worked',
    'try again worked',
    'delete worked',
  ]);
  expect(remembered).toContain('"intent"');
  expect(await desk.read(STATE)).toBeUndefined();
  expect(server.clients()).toEqual([]);
});

it('a server without RFC 7592: the client is said to be left behind, and is kept in mind with its id', async () => {
  const server = await start({ issueRegistrationAccessToken: false });
  const desk = await openDesk();
  const run = await desk.run('doctor', server.issuer, '--probe');
  const [left] = server.clients();
  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/no +delete clients at teardown +what is over stays/u);
  expect(run.shown).toContain(`Client ${left?.clientId} is still at ${server.issuer}`);
  expect(await desk.read(STATE)).toContain(left?.clientId);
});

it('a server that refuses anonymous registration: what is needed is said, and with the token it works', async () => {
  const server = await start({ initialAccessToken: 'canary-initial-access-token' });
  const desk = await openDesk();
  const refused = await desk.run('doctor', server.issuer, '--probe');
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('An initial access token, which the operator of the server issues');
  expect(refused.stdout).toMatch(/no +register clients +answered 40/u);
  expect(await desk.read(STATE)).toBeUndefined();

  const given = await openDesk({ OAUTH_REGISTRAR_INITIAL_ACCESS_TOKEN: 'canary-initial-access-token' });
  const run = await given.run('doctor', server.issuer, '--probe');
  expect(run, run.shown).toMatchObject({ code: 0 });
  expect(run.shown).not.toContain('canary');
});

it('a FHIR server that names no registration endpoint: what was found is shown, and what to do', async () => {
  const server = await start({ fhir: { register: 'none' } });
  const run = await (await openDesk()).run('doctor', server.fhirBase('dstu2'), '--probe');
  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/token endpoint +http/u);
  expect(run.stdout).toContain('What to do: Give the issuer of the authorization server');
  expect(server.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});

it('interrupted, it deletes its client before it ends', async () => {
  const server = await start();
  const desk = await openDesk();
  const signalled = Promise.withResolvers<void>();
  server.before(({ path }) => (path === '/token' ? signalled.promise : undefined));
  const asked = server.arrival({ method: 'POST', path: '/token' });
  const running = desk.begin('doctor', server.issuer, '--probe');
  await asked;
  process.kill(running.pid, 'SIGINT');
  signalled.resolve();
  const run = await running.finished;
  expect(run.stdout).toMatch(/delete +worked/u);
  expect(server.clients()).toEqual([]);
  expect(await desk.read(STATE)).toBeUndefined();
});

it('killed, it leaves its client to the next one', async () => {
  const server = await start();
  const desk = await openDesk();
  const release = server.interfere({
    method: 'POST',
    path: '/token',
    do: { kind: 'delay_answer', milliseconds: 60_000 },
  });
  const asked = server.arrival({ method: 'POST', path: '/token' });
  const running = desk.begin('doctor', server.issuer, '--probe');
  await asked;
  process.kill(running.pid, 'SIGKILL');
  await running.finished;
  release();
  expect(server.clients()).toHaveLength(1);
  const run = await desk.run('doctor', server.issuer, '--probe');
  expect(run, run.shown).toMatchObject({ code: 0 });
  expect(run.stderr).toContain('an earlier probe was not finished');
  expect(server.clients()).toEqual([]);
  expect(await desk.read(STATE)).toBeUndefined();
});
