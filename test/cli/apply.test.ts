import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { beforeEach, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { clientCredentials } from '../support/real-client.ts';
import { type Desk, openDesk } from './support/run-cli.ts';

const APPLY = ['apply', '--environment', 'local', '--env-file', '.env.local', '--url', 'http://localhost:3000'];

let server: AuthorizationServer;
let desk: Desk;

beforeEach(async () => {
  server = await startAuthorizationServer();
  desk = await openDesk();
  return () => server.close();
});

const manifest = (name = 'Growth chart', publish = '') => `
version: 1
clients:
  web:
    server: ${server.fhirBase('r4')}
    type: confidential
    metadata:
      client_name: ${name}
      redirect_uris: ["\${url}/callback"]
      scope: launch/patient openid
${publish}
  nightly:
    server: ${server.fhirBase('r4')}
    type: backend
    metadata: { scope: system/*.rs }
`;

it('writes the credentials of the manifest’s clients among the lines that are there, and takes them away with the clients', async () => {
  await desk.write('.github/oauth-clients.yml', manifest());
  const others = '# mine\nDEBUG="a\nWEB_CLIENT_ID=not this"\nexport PORT=3000';
  await desk.write('.env.local', others);
  const applied = await desk.run(...APPLY);
  expect(applied, applied.shown).toMatchObject({ code: 0 });
  const text = (await desk.read('.env.local')) ?? '';
  expect(text.startsWith(`${others}\n`)).toBe(true);
  expect((await stat(join(desk.folder, '.env.local'))).mode & 0o777).toBe(0o600);
  const env = parseEnv(text);
  const web = server.clients().find(({ metadata }) => metadata.client_name === 'Growth chart');
  expect(web?.metadata.redirect_uris).toEqual(['http://localhost:3000/callback']);
  expect(env).toMatchObject({
    DEBUG: 'a\nWEB_CLIENT_ID=not this',
    PORT: '3000',
    WEB_CLIENT_ID: web?.clientId,
    WEB_CLIENT_SECRET: web?.metadata.client_secret,
    WEB_ISSUER: server.issuer,
    WEB_TOKEN_ENDPOINT: server.tokenEndpoint,
  });
  expect(applied.shown).not.toContain(String(web?.metadata.client_secret));
  const tokens = await clientCredentials({
    issuer: server.issuer,
    clientId: String(env.NIGHTLY_CLIENT_ID),
    privateKey: { pem: String(env.NIGHTLY_PRIVATE_KEY), keyId: String(env.NIGHTLY_KEY_ID) },
    scope: 'system/*.rs',
  });
  expect(tokens.access_token).toBeTypeOf('string');

  const requests = server.requests.length;
  const again = await desk.run(...APPLY);
  expect(again, again.shown).toMatchObject({ code: 0 });
  expect(again.stderr).toBe('local/web: unchanged\nlocal/nightly: unchanged\n');
  expect(await desk.read('.env.local')).toBe(text);
  expect(server.requests).toHaveLength(requests);

  await desk.write('.github/oauth-clients.yml', manifest('Another name'));
  expect(await desk.run(...APPLY)).toMatchObject({ code: 0 });
  expect(server.client(String(env.WEB_CLIENT_ID))?.metadata.client_name).toBe('Another name');

  const rotated = await desk.run('rotate', '--name', 'web');
  expect(rotated, rotated.shown).toMatchObject({ code: 0 });
  const after = parseEnv((await desk.read('.env.local')) ?? '');
  expect(after.WEB_CLIENT_ID).not.toBe(env.WEB_CLIENT_ID);
  expect(server.client(String(after.WEB_CLIENT_ID))?.metadata.client_secret).toBe(after.WEB_CLIENT_SECRET);
  expect(server.clients()).toHaveLength(2);

  const deleted = await desk.run('delete', '--all');
  expect(deleted, deleted.shown).toMatchObject({ code: 0 });
  expect(server.clients()).toEqual([]);
  expect(await desk.read('.env.local')).toBe(`${others}\n`);
  expect(await desk.read('.oauth-registrar.json')).toBeUndefined();
});

it('uses the names of `publish`, and overwrites no value that is not its own', async () => {
  const publish = `    publish: { github: { variables: { client_id: FHIR_CLIENT_ID }, secrets: { client_secret: FHIR_CLIENT_SECRET } } }`;
  await desk.write('.github/oauth-clients.yml', manifest('Growth chart', publish));
  await desk.write('.env.local', 'FHIR_CLIENT_ID=\nFHIR_CLIENT_SECRET=mine\n');
  const refused = await desk.run(...APPLY, '--client', 'web');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('Remove FHIR_CLIENT_SECRET from .env.local');
  expect(server.clients()).toEqual([]);

  await desk.write('.env.local', 'FHIR_CLIENT_ID=\nLAST=1\n');
  const applied = await desk.run(...APPLY, '--client', 'web', '--json');
  expect(applied, applied.shown).toMatchObject({ code: 0 });
  expect(JSON.parse(applied.stdout)).toEqual({ web: { variables: ['FHIR_CLIENT_ID', 'FHIR_CLIENT_SECRET'] } });
  const [client] = server.clients();
  expect(await desk.read('.env.local')).toBe(
    `FHIR_CLIENT_ID=${client?.clientId}\nLAST=1\nFHIR_CLIENT_SECRET=${client?.metadata.client_secret}\n`,
  );
});

it('says what is missing: the file, the manifest, a value', async () => {
  const withoutFile = await desk.run('apply');
  expect(withoutFile).toMatchObject({ code: 2 });
  expect(withoutFile.stderr).toContain('apply --env-file .env.local');
  const withoutManifest = await desk.run(...APPLY);
  expect(withoutManifest).toMatchObject({ code: 1 });
  expect(withoutManifest.stderr).toContain('.github/oauth-clients.yml cannot be read (ENOENT)');
  await desk.write('.github/oauth-clients.yml', manifest());
  const withoutUrl = await desk.run('apply', '--env-file', '.env.local');
  expect(withoutUrl.code).toBe(1);
  expect(withoutUrl.stderr).toContain('url');
  expect(await desk.run(...APPLY, '--value', 'nonsense')).toMatchObject({ code: 2 });
  expect(server.requests).toEqual([]);
});
