import { afterAll, beforeAll, expect, it } from 'vitest';
import { discoverServer } from '../../shared/discovery/discover-server.ts';
import type { Access, Answer, ClientInformation } from '../../shared/registration/answer.ts';
import { registerBody, updateBody } from '../../shared/registration/request-body.ts';
import { codesOf, shownBy, wholeJob } from '../action/support/built-action.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { NOTEBOOK_MANIFEST } from '../support/notebook-manifest.ts';
import { applyOnce, currentOf, desire, endOnce, openCore } from './setup.ts';

let server: AuthorizationServer;

beforeAll(async () => {
  server = await startAuthorizationServer({ keepRequestBodies: true });
});

afterAll(() => server.close());

function clientIn(answer: Answer | { readonly kind: 'too_late' }): ClientInformation {
  if (answer.kind !== 'client') throw new Error(`a client was expected, not ${JSON.stringify(answer)}`);
  return answer.information;
}

function accessIn({ registrationClientUri, registrationAccessToken }: ClientInformation): Access {
  if (registrationClientUri === undefined || registrationAccessToken === undefined) throw new Error('no access');
  return { registrationClientUri, registrationAccessToken };
}

it('plays the notebook cell by cell: discover, register, read, update to a public client, delete, read again', async () => {
  const { http, ports, lines } = openCore();
  const { api } = ports;

  const found = await discoverServer({ address: server.fhirBase('dstu2'), configurationEndpointOrigins: [] }, http);
  expect(found.registration).toEqual({
    url: server.registrationEndpoint,
    source: { kind: 'fhir-metadata', url: `${server.fhirBase('dstu2')}/metadata` },
  });
  expect(found.says.fhirVersion).toBe('1.0.2');

  const registered = clientIn(
    await api.register({
      registrationEndpoint: found.registration.url,
      metadata: registerBody(NOTEBOOK_MANIFEST, {}),
      sendBefore: Date.now() + 60_000,
    }),
  );
  expect(registered.metadata).toMatchObject(NOTEBOOK_MANIFEST);
  expect(registered).toMatchObject({
    clientSecret: expect.stringMatching(/./u),
    clientSecretExpiresAt: 0,
    registrationClientUri: `${server.registrationEndpoint}/${registered.clientId}`,
  });
  expect(server.client(registered.clientId)?.metadata).toMatchObject(NOTEBOOK_MANIFEST);

  const read = clientIn(await api.read(accessIn(registered)));
  expect(read.clientId).toBe(registered.clientId);
  expect(read.clientSecret).toBe(registered.clientSecret);
  expect(read.metadata).toEqual(registered.metadata);

  const updated = clientIn(
    await api.update(
      accessIn({ ...registered, ...read }),
      updateBody({
        clientId: read.clientId,
        granted: read.metadata,
        before: NOTEBOOK_MANIFEST,
        wanted: { ...NOTEBOOK_MANIFEST, token_endpoint_auth_method: 'none' },
        additions: {},
      }),
    ),
  );
  expect(updated.metadata).toEqual({ ...read.metadata, token_endpoint_auth_method: 'none' });
  expect(server.client(registered.clientId)?.metadata).toMatchObject({ token_endpoint_auth_method: 'none' });

  const access = accessIn(updated);
  expect(access.registrationAccessToken).not.toBe(registered.registrationAccessToken);
  expect(await api.remove(access)).toEqual({ kind: 'removed' });
  expect(server.clients()).toEqual([]);
  expect(await api.read(access)).toMatchObject({ kind: 'refused', refusal: { status: 401 } });

  const secrets = [registered.clientSecret, registered.registrationAccessToken, updated.registrationAccessToken];
  for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret);
  expect(lines).toContain(`DELETE ${access.registrationClientUri}: answered 204`);
});

it('forgets the secret of a client that becomes public, and remembers nothing but its end when it is deleted', async () => {
  const core = openCore();
  const address = server.fhirBase('dstu2');
  const first = await applyOnce(core, desire(address, NOTEBOOK_MANIFEST));
  const { clientId, clientSecret } = currentOf(first);
  expect(clientSecret).toBe(server.client(clientId)?.metadata.client_secret);

  const second = await applyOnce(core, desire(address, { ...NOTEBOOK_MANIFEST, token_endpoint_auth_method: 'none' }));
  expect(second.problem).toBeUndefined();
  expect(second.events).toContainEqual({ kind: 'secret_gone', clientId });
  expect(currentOf(second).clientId).toBe(clientId);
  expect(JSON.stringify(core.latest())).not.toContain(clientSecret);

  const last = await endOnce(core);
  expect(last.record).toMatchObject({ clients: [], orphans: [], ledger: [{ clientId, ended: 'deleted' }] });
  expect(server.clients()).toEqual([]);
});

it('takes the notebook’s JSON as a manifest: registered for the job, gone after it, and no secret shown', async () => {
  server.reset();
  let made = server.clients();
  server.after(({ method }) => {
    if (method === 'POST') made = server.clients();
  });
  const { main, post } = await wholeJob({
    manifest: JSON.stringify(NOTEBOOK_MANIFEST, null, 2),
    inputs: { server: server.fhirBase('dstu2') },
  });
  const { client_name: name, ...others } = NOTEBOOK_MANIFEST;
  expect(main.exitCode, main.log).toBe(0);
  expect(made).toHaveLength(1);
  expect(made[0]?.metadata).toMatchObject({ ...others, client_name: expect.stringMatching(`^${name} \\[or-`) });
  expect(main.outputs).toMatchObject({
    'client-id': made[0]?.clientId,
    'client-secret': made[0]?.metadata.client_secret,
    'token-endpoint': server.tokenEndpoint,
    changed: 'true',
  });

  expect(post).toMatchObject({ exitCode: 0, conclusion: 'success', summary: '' });
  expect(codesOf(post, 'warning')).toEqual([]);
  expect(server.clients()).toEqual([]);
  expect(server.requests.map(({ method, status }) => `${method} ${status}`).slice(-3)).toEqual([
    'DELETE 204',
    'GET 401',
    'GET 401',
  ]);
  for (const run of [main, post]) {
    expect(shownBy(run)).not.toContain(String(made[0]?.metadata.client_secret));
    expect(shownBy(run)).not.toContain(String(made[0]?.registrationAccessToken));
  }
});
