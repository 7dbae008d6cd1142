import { describe, expect, it, onTestFinished } from 'vitest';
import { discoverServer } from '../../shared/discovery/discover-server.ts';
import { probeClient } from '../../shared/doctor/probe-client.ts';
import { endProbe, probeServer } from '../../shared/doctor/probe-server.ts';
import type { Ports } from '../../shared/reconcile/ports.ts';
import { openCore } from '../journey/setup.ts';
import { type AuthorizationServerOptions, startAuthorizationServer } from '../support/authorization-server.ts';
import { type OddServer, startOddServer } from '../support/odd-server.ts';
import type { Oddities } from '../support/oddities.ts';

async function probe(address: string, change: (ports: Ports) => Ports = (ports) => ports, stopping?: () => boolean) {
  const core = openCore();
  const server = await discoverServer({ address, configurationEndpointOrigins: [] }, core.http);
  const desired = probeClient(server, { name: 'probe' });
  const report = await probeServer({ server, desired, ports: change(core.ports), ...(stopping && { stopping }) });
  return { report, core, steps: report.steps.map(({ step, result }) => `${step}: ${result}`) };
}

async function real(options: AuthorizationServerOptions = {}) {
  const server = await startAuthorizationServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function odd(oddities: Oddities): Promise<OddServer> {
  const server = await startOddServer(oddities);
  onTestFinished(() => server.close());
  return server;
}

const ALL_WORKED = [
  'register: worked',
  'try: worked',
  'read: worked',
  'update: worked',
  'try again: worked',
  'delete: worked',
];

describe('a throw-away client', () => {
  it('goes through register, read, update and delete, and is gone: the server has no client left', async () => {
    const server = await real();
    const { report, steps } = await probe(server.fhirBase('r4'));
    expect(steps).toEqual(ALL_WORKED);
    expect(report).toMatchObject({
      used_initial_access_token: false,
      update_replaces_secret: false,
      left_behind: [],
      client_id: expect.any(String),
    });
    const showed = Object.fromEntries(report.steps.map((step) => [step.step, step.showed]));
    expect(showed.register).toEqual([
      `client_id ${report.client_id}`,
      'asked for no initial access token',
      'gave a secret that does not expire',
      'gave a registration access token and a client configuration endpoint (RFC 7592)',
    ]);
    expect(showed.read).toEqual(['kept the registration access token']);
    expect(showed.update).toEqual(['took the change', 'kept the secret', 'replaced the registration access token']);
    expect(showed.delete).toEqual(['deleted, and the server no longer answers with it']);
    expect(server.clients()).toEqual([]);
    expect(server.count({ method: 'POST', path: '/reg' })).toBe(1);
  });

  it('is remembered before it is asked for, so that another process can delete it after a crash', async () => {
    const server = await real();
    const core = openCore();
    let seen = 0;
    const unplugged: Ports = {
      ...core.ports,
      api: {
        ...core.ports.api,
        register: async (request) => {
          seen = core.saved.filter(({ intent }) => intent !== undefined).length;
          return core.ports.api.register(request);
        },
        remove: async () => {
          throw new Error('the process ended here');
        },
      },
    };
    const found = await discoverServer({ address: server.issuer, configurationEndpointOrigins: [] }, core.http);
    const desired = probeClient(found, { name: 'probe' });
    const report = await probeServer({ server: found, desired, ports: unplugged });
    expect(seen).toBe(1);
    expect(report.steps.at(-1)).toMatchObject({ step: 'delete', result: 'unclear' });
    expect(report.left_behind).toMatchObject([{ client_id: report.client_id, server: server.issuer }]);
    expect(server.clients()).toHaveLength(1);

    const left = core.latest();
    if (left === undefined) throw new Error('nothing was saved');
    const ended = await endProbe(left, core.ports);
    expect(ended.record.clients).toEqual([]);
    expect(server.clients()).toEqual([]);
  });

  it('is deleted at once when the person does not want to wait', async () => {
    const server = await real();
    let asked = 0;
    const { steps, report } = await probe(
      server.issuer,
      (ports) => ports,
      () => ++asked > 1,
    );
    expect(steps).toEqual([
      'register: worked',
      'try: worked',
      'read: skipped',
      'update: skipped',
      'try again: skipped',
      'delete: worked',
    ]);
    expect(report.steps[2]?.showed).toEqual(['interrupted']);
    expect(server.clients()).toEqual([]);
  });

  it('takes an initial access token where there is one, and shows what a server without RFC 7592 leaves behind', async () => {
    const server = await real({ initialAccessToken: 'canary-initial', issueRegistrationAccessToken: false });
    const refused = await probe(server.issuer);
    expect(refused.steps).toEqual(['register: failed']);
    expect(refused.report.left_behind).toEqual([]);
    expect(refused.report).not.toHaveProperty('client_id');
    expect(refused.report.steps[0]?.showed[0]).toMatch(/^answered 40[01] /u);

    const { report, steps } = await probe(server.issuer, (ports) => ({
      ...ports,
      initialAccessToken: async () => 'canary-initial',
    }));
    expect(steps).toEqual([
      'register: worked',
      'try: worked',
      'read: skipped',
      'update: skipped',
      'try again: skipped',
      'delete: failed',
    ]);
    expect(report.used_initial_access_token).toBe(true);
    expect(report.left_behind).toEqual([
      {
        client_id: report.client_id,
        server: server.issuer,
        why: expect.stringContaining('no registration access token'),
      },
    ]);
    expect(server.clients().map(({ clientId }) => clientId)).toEqual([report.client_id]);
    expect(JSON.stringify(report)).not.toContain('canary');
  });

  it('is told as perhaps there when the answer to its registration was lost', async () => {
    const server = await real();
    server.interfere({ method: 'POST', path: '/reg', do: { kind: 'lose_answer' } });
    const { report, steps } = await probe(server.issuer);
    expect(steps).toEqual(['register: unclear']);
    const [made] = server.clients();
    const marker = /or-[0-9a-f]{12}/u.exec(String(made?.metadata.client_name))?.[0];
    expect(report.left_behind).toMatchObject([{ look_for: `a client whose client_name contains ${marker}` }]);
  });
});

it('waits for its turn at the endpoint, and a verifier that breaks shows nothing', async () => {
  const server = await real();
  let turns = 0;
  const { report, steps } = await probe(server.issuer, (ports) => ({
    ...ports,
    api: {
      ...ports.api,
      register: async (request) => (++turns === 1 ? { kind: 'too_late' } : ports.api.register(request)),
    },
    verify: async () => {
      throw new Error('broken');
    },
  }));
  expect(steps.slice(0, 2)).toEqual(['register: worked', 'try: unclear']);
  expect(report.steps[1]?.showed).toEqual(['not tried']);
  expect(server.clients()).toEqual([]);
});

describe('what the answers of odd servers show', () => {
  const shown = async (oddities: Oddities) => {
    const server = await odd(oddities);
    const { report } = await probe(server.fhirBase);
    return {
      server,
      report,
      showed: report.steps.map(({ step, result, showed }) => [step, result, ...showed].join(' | ')),
    };
  };

  it('secrets and tokens that are replaced, and a client_id that changes', async () => {
    const { server, report, showed } = await shown({
      replaceSecretOn: 'both',
      replaceTokenOn: 'both',
      changeClientIdOnUpdate: true,
      secretLifetimeSeconds: 3_600,
    });
    expect(showed[0]).toMatch(/gave a secret that expires at \d{4}-/u);
    expect(showed[2]).toBe('read | worked | replaced the registration access token | replaced the secret');
    expect(showed[3]).toMatch(
      /^update \| worked \| took the change \| replaced the secret: .* \| replaced the registration access token \| changed the client_id to /u,
    );
    expect(report.update_replaces_secret).toBe(true);
    expect(server.clients()).toEqual([]);
  });

  it('GET, PUT and DELETE that are missing', async () => {
    const { server, report, showed } = await shown({ missing: { methods: ['GET', 'PUT', 'DELETE'], status: 405 } });
    expect(showed.slice(2)).toEqual([
      'read | failed | answered 405 Not here',
      'update | failed | answered 405 Not here',
      'try again | skipped | nothing was updated',
      'delete | failed | answered 405 Not here',
    ]);
    expect(report.left_behind).toMatchObject([{ client_id: report.client_id, server: server.fhirBase }]);
  });

  it('an update that is answered without the change, and metadata granted otherwise', async () => {
    const { showed } = await shown({
      reshape: (answer) => ({ ...answer, client_name: 'Another', response_types: null, grant_types: ['implicit'] }),
    });
    expect(showed[0]).toContain('granted another grant_types: ["authorization_code"] was asked, ["implicit"] granted');
    expect(showed[3]).toContain('update | failed | answered without the change');
    expect(showed[4]).toBe('try again | skipped | nothing was updated');
  });

  it('no name in any answer, and no secret', async () => {
    const { showed } = await shown({ withoutMembers: ['client_name', 'client_secret'] });
    expect(showed[0]).toContain('gave no secret');
    expect(showed[3]).toContain('update | worked | took the change | there is no secret');
  });

  it('an update that has to carry the secret is sent once more, with it', async () => {
    const server = await odd({});
    const rule = { method: 'PUT' as const, times: 1 };
    server.interfere({
      ...rule,
      do: {
        kind: 'answer',
        status: 400,
        body: '{"error":"invalid_client_metadata","error_description":"client_secret must be sent"}',
      },
    });
    const { report } = await probe(server.fhirBase);
    expect(report.steps[3]?.showed).toContain('wants the current secret in an update');
    expect(server.count({ method: 'PUT' })).toBe(2);
  });

  it('an answer to an update or a read that never comes keeps nobody from deleting the client', async () => {
    const server = await odd({});
    server.interfere({ method: 'PUT', do: { kind: 'answer', status: 500, body: '' } });
    server.interfere({ method: 'GET', path: /^\/register\//u, times: 1, do: { kind: 'lose_answer' } });
    const { report } = await probe(server.fhirBase);
    expect(report.steps.map(({ step, result }) => `${step}: ${result}`)).toEqual([
      'register: worked',
      'try: worked',
      'read: failed',
      'update: failed',
      'try again: skipped',
      'delete: worked',
    ]);
    expect(report.steps[3]?.showed).toEqual(['no answer yet']);
    expect(server.clients()).toEqual([]);
  });

  it('an update that is to wait is not repeated at once', async () => {
    const server = await odd({});
    server.interfere({
      method: 'PUT',
      do: { kind: 'answer', status: 429, headers: { 'retry-after': '600' }, body: '' },
    });
    const { report } = await probe(server.fhirBase);
    expect(report.steps[3]).toMatchObject({ result: 'failed', showed: ['answered 429'] });
    expect(server.clients()).toEqual([]);
  });
});

describe('the client that is asked for', () => {
  const server = (says: object) => ({
    address: 'https://as.example',
    registration: { url: 'https://as.example/register', source: { kind: 'manifest' as const } },
    says,
    trail: [],
  });

  it.each([
    [{}, { token_endpoint_auth_method: 'client_secret_basic', redirect_uris: ['https://doctor.invalid/callback'] }],
    [
      { tokenEndpointAuthMethods: ['none', 'client_secret_post'] },
      { token_endpoint_auth_method: 'client_secret_post' },
    ],
    [{ tokenEndpointAuthMethods: ['tls_client_auth'] }, { token_endpoint_auth_method: 'client_secret_basic' }],
    [
      {
        tokenEndpointAuthMethods: ['private_key_jwt'],
        tokenEndpointAuthSigningAlgs: ['RS384'],
        grantTypes: ['client_credentials'],
      },
      {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'RS384',
        grant_types: ['client_credentials'],
        response_types: [],
      },
    ],
    [
      { grantTypes: ['client_credentials', 'authorization_code'] },
      { grant_types: ['authorization_code'], response_types: ['code'] },
    ],
  ])('fits what the server says: %j', (says, metadata) => {
    const desired = probeClient(server(says), { name: 'probe' });
    expect(desired.metadata).toMatchObject(metadata);
    expect(desired.makeKey).toBe(desired.metadata.token_endpoint_auth_method === 'private_key_jwt');
  });

  it('has the redirect URIs and scopes that the person names', () => {
    const wish = { name: 'probe', redirectUris: ['http://localhost:3000/cb'], scope: 'openid' };
    expect(probeClient(server({}), wish).metadata).toMatchObject({
      redirect_uris: ['http://localhost:3000/cb'],
      scope: 'openid',
    });
  });
});
