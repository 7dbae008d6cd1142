import { expect, it, onTestFinished } from 'vitest';
import { text } from '../../action/markdown.ts';
import { type AuthorizationServerOptions, startAuthorizationServer } from '../support/authorization-server.ts';
import { runPost } from '../support/run-action.ts';
import { beginMain, codesOf, main, shownBy, wholeJob } from './support/built-action.ts';

async function start(options: AuthorizationServerOptions = {}) {
  const server = await startAuthorizationServer(options);
  onTestFinished(() => server.close());
  return server;
}

const doctor = (server: string, more: Readonly<Record<string, string>> = {}) => ({
  inputs: { command: 'doctor', server, ...more },
});

it('explains a FHIR server and sends nothing that changes anything', async () => {
  const server = await start();
  const { main: run, post } = await wholeJob(doctor(server.fhirBase('r4')));
  expect(run, run.log).toMatchObject({ exitCode: 0, annotations: [], outputs: { changed: 'false' } });
  for (const shown of [run.log, run.summary]) {
    expect(shown).toContain('What was found');
    expect(shown).toContain('What will work');
    expect(shown).not.toContain('What a throw-away client showed');
  }
  expect(run.log).toMatch(
    new RegExp(`registration endpoint +${server.registrationEndpoint} +SMART configuration`, 'u'),
  );
  expect(server.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(post).toMatchObject({ exitCode: 0, log: '' });
});

it('takes a throw-away client through everything and leaves nothing: not at the server, and no secret in sight', async () => {
  const server = await start({ keepRequestBodies: true });
  const secrets: string[] = [];
  server.before(() => {
    for (const { metadata, registrationAccessToken } of server.clients())
      secrets.push(String(metadata.client_secret), String(registrationAccessToken));
  });
  const { main: run, post } = await wholeJob(
    doctor(server.fhirBase('dstu2'), { probe: 'true', 'redirect-uris': 'https://app.example.org/cb', scope: 'openid' }),
  );
  expect(run, run.log).toMatchObject({ exitCode: 0, annotations: [] });
  expect(run.log).toMatch(/register +worked[\s\S]+update +worked[\s\S]+delete +worked/u);
  expect(server.count({ method: 'DELETE' })).toBe(1);
  expect(server.clients()).toEqual([]);
  expect(secrets.length).toBeGreaterThan(0);
  for (const secret of secrets) expect(shownBy(run)).not.toContain(secret);
  expect(server.requests.find(({ method, path }) => method === 'POST' && path === '/reg')?.requestBody).toContain(
    'https://app.example.org/cb',
  );
  expect(post).toMatchObject({ exitCode: 0, annotations: [] });
});

it('fails where anonymous registration is refused, and says what registration needs', async () => {
  const server = await start({ initialAccessToken: 'canary-initial-access-token' });
  const run = await main(doctor(server.issuer, { probe: 'true' }));
  expect(run.exitCode).toBe(1);
  expect(codesOf(run)).toEqual(['registration_refused']);
  expect(run.annotations[0]?.message).toContain('An initial access token, which the operator of the server issues');

  const given = await main(
    doctor(server.issuer, { probe: 'true', 'initial-access-token': 'canary-initial-access-token' }),
  );
  expect(given, given.log).toMatchObject({ exitCode: 0 });
  expect(given.log).toContain('took the initial access token');
  expect(server.clients()).toEqual([]);
});

it('names the client that a server without RFC 7592 does not let it delete', async () => {
  const server = await start({ issueRegistrationAccessToken: false });
  const run = await main(doctor(server.issuer, { probe: 'true' }));
  const [left] = server.clients();
  expect(run.exitCode).toBe(1);
  expect(codesOf(run)).toEqual(['deletion_failed']);
  expect(run.annotations[0]?.message).toContain(`Client ${left?.clientId} is still at ${server.issuer}`);
  expect(run.summary).toContain(text(String(left?.clientId)));
});

it('a killed step leaves its throw-away client to the post step', async () => {
  const server = await start();
  server.interfere({ method: 'POST', path: '/token', times: 2, do: { kind: 'delay_answer', milliseconds: 60_000 } });
  const asked = server.arrival({ method: 'POST', path: '/token' });
  const running = await beginMain(doctor(server.issuer, { probe: 'true' }));
  await asked;
  running.signal('SIGKILL');
  const run = await running.finished;
  expect(server.clients()).toHaveLength(1);
  const post = await runPost(run);
  expect(post, post.log).toMatchObject({ exitCode: 0, annotations: [] });
  expect(server.clients()).toEqual([]);
});

it('without a server it looks at those of the manifest, each once', async () => {
  const [one, two] = [await start(), await start({ fhir: { register: 'none' } })];
  const client = (server: string) => ({
    server,
    type: 'public',
    metadata: { redirect_uris: ['https://a.example/cb'] },
  });
  const manifest = JSON.stringify({
    version: 1,
    clients: { a: client(one.issuer), b: client(one.issuer), c: client(two.fhirBase('dstu2')) },
  });
  const run = await main({ manifest, inputs: { command: 'doctor' } });
  expect(run.exitCode).toBe(1);
  expect(codesOf(run)).toEqual(['registration_unsupported']);
  expect(run.summary.match(/^### What /gmu)).toHaveLength(2);
});

it('has no use for a Worker', async () => {
  const run = await main(doctor('https://as.example', { 'worker-url': 'https://worker.example' }));
  expect(codesOf(run)).toEqual(['input_invalid']);
  expect(run.annotations[0]?.message).toContain('Remove worker-url');
});
