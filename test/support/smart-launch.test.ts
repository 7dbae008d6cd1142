import { afterEach, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server.ts';
import { completeCodeFlow } from './real-client.ts';

const APP = 'http://127.0.0.1:8000';
const REDIRECT_URI = `${APP}/app`;

const running: AuthorizationServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(options: { readonly asksPeople?: boolean } = {}) {
  const server = await startAuthorizationServer(options);
  running.push(server);
  const response = await fetch(server.registrationEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'App', redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' }),
  });
  const client = (await response.json()) as {
    readonly client_id: string;
    readonly registration_client_uri: string;
    readonly registration_access_token: string;
  };
  const launch = (scope: string) =>
    completeCodeFlow({ issuer: server.issuer, clientId: client.client_id, redirectUri: REDIRECT_URI, scope });
  const patient = (token: string, id = '1') =>
    fetch(`${server.fhirBase('r4')}/Patient/${id}`, { headers: { authorization: `Bearer ${token}` } });
  return { server, client, launch, patient };
}

describe('a SMART launch at the embedded server', () => {
  it('says the patient beside the token, and who logged in inside the id-token, where that was granted', async () => {
    const { launch } = await start();
    const tokens = await launch('launch/patient openid fhirUser patient/*.rs');
    expect(tokens.patient).toBe('1');
    expect(tokens.claims()?.fhirUser).toBe('Patient/1');
    expect(await launch('openid patient/*.rs')).not.toHaveProperty('patient');
  });

  it('answers the patient to a token that allows it, as long as its client exists', async () => {
    const { client, launch, patient } = await start();
    const { access_token: token } = await launch('launch/patient patient/*.rs');
    expect(await (await patient(token)).json()).toMatchObject({ resourceType: 'Patient', id: '1' });
    expect((await patient(token, '2')).status).toBe(404);
    expect((await patient((await launch('openid')).access_token)).status).toBe(403);
    expect((await patient('made-up')).status).toBe(401);
    await fetch(client.registration_client_uri, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${client.registration_access_token}` },
    });
    expect((await patient(token)).status).toBe(401);
  });

  it('lets a browser read the FHIR base from everywhere, and the token endpoint from where the app is', async () => {
    const { server, client } = await start();
    const base = server.fhirBase('r4');
    const preflight = await fetch(`${base}/Patient/1`, { method: 'OPTIONS', headers: { origin: APP } });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expect.stringContaining('authorization'),
    ]);
    const smart = await fetch(`${base}/.well-known/smart-configuration`, { headers: { origin: APP } });
    expect(smart.headers.get('access-control-allow-origin')).toBe('*');

    const allowed = async (origin: string) => {
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: client.client_id,
        code: 'made-up',
        redirect_uri: REDIRECT_URI,
      });
      const response = await fetch(server.tokenEndpoint, { method: 'POST', headers: { origin }, body });
      return response.headers.get('access-control-allow-origin');
    };
    expect([await allowed(APP), await allowed('http://127.0.0.1:8001')]).toEqual([APP, null]);
  });

  it('asks a person to log in where pages are wanted', async () => {
    const { launch } = await start({ asksPeople: true });
    await expect(launch('openid')).rejects.toThrow(/without a redirect: [\s\S]*<input name="login"/u);
  });
});
