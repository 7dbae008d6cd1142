import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AuthorizationServerOptions, startAuthorizationServer } from '../support/authorization-server.ts';
import { type OddServerOptions, startOddServer } from '../support/odd-server.ts';
import { completeCodeFlow } from '../support/real-client.ts';
import { openDesk } from './support/run-cli.ts';

const STATE = '.oauth-registrar.json';
const REDIRECT_URI = 'http://localhost:8000/callback';
const DESCRIBED = ['--type', 'confidential', '--redirect-uri', REDIRECT_URI, '--scope', 'openid launch/patient'];

async function start(options: AuthorizationServerOptions = {}) {
  const server = await startAuthorizationServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function odd(options: OddServerOptions) {
  const server = await startOddServer(options);
  onTestFinished(() => server.close());
  return server;
}

it('the notebook in six commands: explain, register, show, update, show again, delete; nothing is left', async () => {
  const server = await start();
  const desk = await openDesk();
  await desk.write(
    'manifest.json',
    JSON.stringify({
      software_id: 'com.example:auto-register:1.0',
      client_name: 'auto-register test',
      launch_url: 'http://localhost:8000/launch',
      redirect_uris: [REDIRECT_URI],
      scope: 'launch launch/patient openid profile patient/*.read',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      fhir_versions: ['1.0.2', '3.0.1'],
    }),
  );
  const base = server.fhirBase('dstu2');
  expect(await desk.run('doctor', base)).toMatchObject({ code: 0 });
  expect(await desk.read(STATE)).toBeUndefined();

  const registered = await desk.run('register', base, '--metadata', 'manifest.json');
  expect(registered, registered.shown).toMatchObject({ code: 0 });
  const [client] = server.clients();
  const secret = String(client?.metadata.client_secret);
  expect(registered.stdout).toContain(client?.clientId);
  expect(registered.stdout).toMatch(/client_secret +\(hidden; show --secrets shows it\)/u);
  expect((await stat(join(desk.folder, STATE))).mode & 0o777).toBe(0o600);
  expect(await desk.read(STATE)).toContain(secret);

  const shown = await desk.run('show', '--json');
  expect(shown, shown.shown).toMatchObject({ code: 0 });
  expect(JSON.parse(shown.stdout)).toMatchObject({
    client_id: client?.clientId,
    client_secret: expect.stringContaining('hidden'),
    metadata: { software_id: 'com.example:auto-register:1.0', fhir_versions: ['1.0.2', '3.0.1'] },
  });
  for (const { shown: text } of [registered, shown]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(client?.registrationAccessToken);
  }
  const revealed = JSON.parse((await desk.run('show', '--secrets', '--json')).stdout);
  expect(revealed).toMatchObject({
    client_secret: secret,
    registration_access_token: client?.registrationAccessToken,
  });
  const tokens = await completeCodeFlow({
    issuer: server.issuer,
    clientId: revealed.client_id,
    clientSecret: revealed.client_secret,
    redirectUri: REDIRECT_URI,
    scope: 'openid launch/patient',
  });
  expect(tokens.claims()?.sub).toBeTypeOf('string');

  const updated = await desk.run('update', '--set', 'token_endpoint_auth_method=none');
  expect(updated, updated.shown).toMatchObject({ code: 0 });
  expect(server.client(revealed.client_id)?.metadata).toMatchObject({
    token_endpoint_auth_method: 'none',
    scope: 'launch launch/patient openid profile patient/*.read',
  });
  expect(updated.stdout).not.toContain('client_secret ');
  expect((await desk.run('show')).stdout).toMatch(/token_endpoint_auth_method +none/u);

  const deleted = await desk.run('delete');
  expect(deleted, deleted.shown).toMatchObject({ code: 0, stdout: 'local/client is deleted.\n' });
  expect(server.clients()).toEqual([]);
  expect(await desk.read(STATE)).toBeUndefined();
  const after = await desk.run('show');
  expect(after).toMatchObject({ code: 2 });
  expect(after.stderr).toContain('remembers no client');
});

describe('rotate', () => {
  it('leaves one client with new credentials that work', async () => {
    const server = await start();
    const desk = await openDesk();
    await desk.run('register', server.issuer, ...DESCRIBED);
    const [before] = server.clients();
    const rotated = await desk.run('rotate');
    expect(rotated, rotated.shown).toMatchObject({ code: 0 });
    const [after, ...others] = server.clients();
    expect(others).toEqual([]);
    expect(after?.clientId).not.toBe(before?.clientId);
    expect(rotated.stderr).toMatch(/credentials of client .* work/u);
    expect(rotated.stdout).toContain(after?.clientId);
  });

  it('in place keeps the client_id where an update replaces the secret, and says so where it does not', async () => {
    const replacing = await odd({ replaceSecretOn: 'update' });
    const desk = await openDesk();
    await desk.run('register', replacing.fhirBase, ...DESCRIBED);
    const [before] = replacing.clients();
    const rotated = await desk.run('rotate', '--in-place');
    expect(rotated, rotated.shown).toMatchObject({ code: 0 });
    expect(replacing.clients()).toHaveLength(1);
    expect(replacing.clients()[0]?.clientId).toBe(before?.clientId);
    expect(replacing.clients()[0]?.clientSecret).not.toBe(before?.clientSecret);

    const keeping = await start();
    await desk.run('register', keeping.issuer, ...DESCRIBED, '--name', 'other');
    const refused = await desk.run('rotate', '--in-place', '--name', 'other');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('kept the old secret');
    expect(refused.stderr).toContain('oauth-registrar rotate');
  });
});

describe('a client that cannot be deleted', () => {
  it('is named, kept in mind and forgotten only when that is asked for', async () => {
    const server = await start({ issueRegistrationAccessToken: false });
    const desk = await openDesk();
    expect(await desk.run('register', server.issuer, ...DESCRIBED)).toMatchObject({ code: 0 });
    const [client] = server.clients();
    const shown = await desk.run('show');
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stderr).toContain('shown as remembered');
    const deleted = await desk.run('delete');
    expect(deleted.code).toBe(1);
    expect(deleted.stderr).toContain(`client ${client?.clientId} is still at its server`);
    expect(await desk.read(STATE)).toContain(client?.clientId);
    expect(await desk.run('delete', '--forget')).toMatchObject({ code: 0, stdout: 'local/client is forgotten.\n' });
    expect(await desk.read(STATE)).toBeUndefined();
  });
});

describe('an initial access token', () => {
  it('comes from the environment; without it the refusal says where to put it', async () => {
    const server = await start({ initialAccessToken: 'canary-initial-access-token' });
    const desk = await openDesk();
    const refused = await desk.run('register', server.issuer, ...DESCRIBED);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('OAUTH_REGISTRAR_INITIAL_ACCESS_TOKEN');
    expect(await desk.read(STATE)).toBeUndefined();
    const given = await openDesk({ OAUTH_REGISTRAR_INITIAL_ACCESS_TOKEN: 'canary-initial-access-token' });
    const registered = await given.run('register', server.issuer, ...DESCRIBED);
    expect(registered, registered.shown).toMatchObject({ code: 0 });
    expect(registered.shown).not.toContain('canary');
  });
});

it('a software statement is sent and kept nowhere, though the server answers with it', async () => {
  const server = await start();
  const desk = await openDesk({ OAUTH_REGISTRAR_SOFTWARE_STATEMENT: 'e30.canary.c2ln' });
  const registered = await desk.run('register', server.issuer, ...DESCRIBED);
  expect(registered, registered.shown).toMatchObject({ code: 0 });
  expect(server.clients()[0]?.metadata.software_statement).toBe('e30.canary.c2ln');
  const shown = await desk.run('show', '--json');
  expect(JSON.parse(shown.stdout).metadata).not.toHaveProperty('software_statement');
  expect(await desk.read(STATE)).not.toContain('canary');
});

describe('after a process that was killed', () => {
  it('a registration whose answer was lost is remembered as perhaps there, and no second one is made', async () => {
    const server = await start();
    server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'replace_answer', status: 500, body: '' } });
    const desk = await openDesk();
    const lost = await desk.run('register', server.issuer, ...DESCRIBED);
    expect(lost.code).toBe(1);
    const again = await desk.run('register', server.issuer, ...DESCRIBED);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('delete --forget');
    expect(server.count({ method: 'POST', path: '/reg' })).toBe(1);
  });

  it('its lock does not keep the next one out, while a living one does', async () => {
    const server = await start();
    const desk = await openDesk();
    const asked = server.arrival({ method: 'POST', path: '/token' });
    server.interfere({ method: 'POST', path: '/token', times: 2, do: { kind: 'delay_answer', milliseconds: 60_000 } });
    const running = desk.begin('register', server.issuer, ...DESCRIBED);
    await asked;
    const kept = await desk.run('delete');
    expect(kept.code).toBe(1);
    expect(kept.stderr).toContain(`Another process (${running.pid})`);
    process.kill(running.pid, 'SIGKILL');
    await running.finished;
    expect(await desk.run('delete')).toMatchObject({ code: 0 });
    expect(server.clients()).toEqual([]);
  });
});

it('a damaged state file is not overwritten', async () => {
  const desk = await openDesk();
  await desk.write(STATE, '{ "version": 1, "registrations": 7 }');
  const run = await desk.run('delete', '--all');
  expect(run.code).toBe(1);
  expect(run.stderr).toContain('Restore the file from a copy');
  expect(await desk.read(STATE)).toContain('"registrations": 7');
});

it('several clients are told apart by name', async () => {
  const server = await start();
  const desk = await openDesk();
  for (const name of ['one', 'two']) await desk.run('register', server.issuer, ...DESCRIBED, '--name', name);
  const unclear = await desk.run('update', '--set', 'client_name=New');
  expect(unclear).toMatchObject({ code: 2 });
  expect(unclear.stderr).toContain('local/one, local/two');
  expect(await desk.run('update', '--set', 'client_name=New', '--name', 'two')).toMatchObject({ code: 0 });
  expect(server.clients().map(({ metadata }) => metadata.client_name)).toEqual([undefined, 'New']);
  const twice = await desk.run('register', server.issuer, ...DESCRIBED, '--name', 'one');
  expect(twice).toMatchObject({ code: 2 });
  const shown = await desk.run('show');
  expect(shown.stdout).toMatch(/local\/one[\s\S]*local\/two/u);
  expect(await desk.run('delete', '--all')).toMatchObject({ code: 0 });
  expect(server.clients()).toEqual([]);
});
