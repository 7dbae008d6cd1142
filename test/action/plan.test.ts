import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { codesOf, wholeJob } from './support/built-action.ts';
import { movedClock } from './support/moved-clock.ts';

let server: AuthorizationServer;

beforeAll(async () => {
  server = await startAuthorizationServer();
});

afterAll(() => server.close());

const manifest = () => `
version: 1
clients:
  web:
    server: ${server.fhirBase('dstu2')}
    type: confidential
    metadata:
      client_name: Growth chart (\${environment})
      redirect_uris: ["\${url}/callback"]
      scope: launch/patient offline_access
  nightly:
    server: ${server.fhirBase('r4')}
    type: backend
    metadata: { scope: system/*.rs }
`;

it('a plan shows what the presets expand to and where it would be sent, and changes nothing anywhere', async () => {
  const { main: run, post } = await wholeJob({
    manifest: manifest(),
    inputs: { command: 'plan', url: 'https://pr-7.example.org', environment: 'preview' },
  });
  expect(run.exitCode, run.log).toBe(0);
  for (const line of [
    'web (preview/web)',
    `registration endpoint: ${server.registrationEndpoint} (FHIR metadata ${server.fhirBase('dstu2')}/metadata)`,
    'client_name: "Growth chart (preview)"',
    'redirect_uris: ["https://pr-7.example.org/callback"]',
    'grant_types: ["authorization_code","refresh_token"]  (from type confidential)',
    'response_types: ["code"]  (from type confidential)',
    'token_endpoint_auth_method: "client_secret_basic"  (from type confidential)',
    'nightly (preview/nightly)',
    'grant_types: ["client_credentials"]  (from type backend)',
    'token_endpoint_auth_method: "private_key_jwt"  (from type backend)',
    'token_endpoint_auth_signing_alg: "ES384"  (from type backend)',
    'jwks: a key pair is made and its public key sent',
  ]) {
    expect(run.log).toContain(line);
  }
  expect(run.log).not.toContain('stays until you delete it');
  expect(run.summary).toContain('### Plan\n');
  expect(run.summary).toContain('type confidential');
  expect(run.annotations).toEqual([]);
  expect(run.state).not.toHaveProperty('registration_0');
  expect(server.requests.map(({ method }) => method).filter((method) => method !== 'GET')).toEqual([]);
  expect(server.clients()).toEqual([]);
  expect(post).toMatchObject({ exitCode: 0, log: '', summary: '' });
});

it('a plan for a server that is down says so for its client and shows the rest', async () => {
  const gone = await startAuthorizationServer();
  await gone.close();
  const { main: run } = await wholeJob({
    manifest: manifest().replace(server.fhirBase('r4'), gone.fhirBase('r4')),
    inputs: { command: 'plan', url: 'https://pr-7.example.org' },
    env: movedClock(),
  });
  expect(run.exitCode).toBe(1);
  expect(codesOf(run)).toEqual(['server_unreachable']);
  expect(run.annotations[0]?.message).toContain('nightly');
  expect(run.log).toContain('token_endpoint_auth_method: "client_secret_basic"  (from type confidential)');
  expect(run.log).toContain('token_endpoint_auth_method: "private_key_jwt"  (from type backend)');
});
