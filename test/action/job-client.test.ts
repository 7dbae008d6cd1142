import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { clientCredentials, completeCodeFlow } from '../support/real-client.ts';
import { type Run, runPost } from '../support/run-action.ts';
import { main, shownBy } from './support/built-action.ts';

const REDIRECT_URI = 'https://app.example.org/callback';

let server: AuthorizationServer;

beforeAll(async () => {
  server = await startAuthorizationServer();
});

afterAll(() => server.close());

/** What the next step makes of the outputs. */
function credentials({ outputs }: Run) {
  const { issuer, 'client-id': clientId, 'client-secret': clientSecret, 'private-key': pem, 'key-id': keyId } = outputs;
  if (issuer === undefined || clientId === undefined) throw new Error(`no client in ${JSON.stringify(outputs)}`);
  return {
    issuer,
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    ...(pem !== undefined && keyId !== undefined && { privateKey: { pem, keyId } }),
  };
}

/** The post step takes away what main made. */
async function expectGone(run: Run): Promise<void> {
  const clientId = run.outputs['client-id'] ?? '';
  expect(server.client(clientId)).toBeDefined();
  const post = await runPost(run);
  expect(post, post.log).toMatchObject({ exitCode: 0, conclusion: 'success', summary: '', annotations: [] });
  expect(post.log).toContain(`client ${clientId} is gone`);
  expect(server.client(clientId)).toBeUndefined();
}

describe('a client for one job', () => {
  it.concurrent.each([
    ['confidential', 'openid launch/patient patient/*.rs', 'client-secret'],
    ['public', 'openid fhirUser', undefined],
  ])(
    '%s: completes an authorization code flow with PKCE in the next step and is gone after the job',
    async (type, scope, secret) => {
      const run = await main({
        inputs: {
          server: server.fhirBase('r4'),
          type,
          'redirect-uris': REDIRECT_URI,
          scope,
          'client-name': 'Growth chart',
        },
      });
      expect(run.exitCode, run.log).toBe(0);
      expect(run.outputs['client-secret'] !== undefined).toBe(secret !== undefined);
      expect(run.outputs).toMatchObject({
        issuer: server.issuer,
        'token-endpoint': server.tokenEndpoint,
        changed: 'true',
        skipped: 'false',
      });
      const tokens = await completeCodeFlow({ ...credentials(run), redirectUri: REDIRECT_URI, scope });
      expect(tokens.claims()?.sub).toBeTypeOf('string');
      await expectGone(run);
      await expect(completeCodeFlow({ ...credentials(run), redirectUri: REDIRECT_URI, scope })).rejects.toThrow();
    },
  );

  it.concurrent('backend: the private key gets a token with a signed assertion, and is shown to nobody', async () => {
    const run = await main({ inputs: { server: server.fhirBase('r4'), type: 'backend', scope: 'system/*.rs' } });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.outputs['client-secret']).toBeUndefined();
    const pem = run.outputs['private-key'] ?? '';
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n(?:[\w+/=]+\n)+-----END PRIVATE KEY-----\n$/u);
    const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
    for (const line of lines) {
      expect(run.masks).toContain(line);
      expect(shownBy(run)).not.toContain(line);
    }
    // Every PEM file has these lines: as masks they would blacken other people's logs.
    expect(run.masks.filter((mask) => mask.startsWith('-----'))).toEqual([]);
    const tokens = await clientCredentials({ ...credentials(run), scope: 'system/*.rs' });
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'system/*.rs' });
    await expectGone(run);
    await expect(clientCredentials({ ...credentials(run), scope: 'system/*.rs' })).rejects.toThrow();
  });

  it.concurrent('confidential with client_credentials: the secret gets a token, also from environment variables', async () => {
    const run = await main({
      manifest: JSON.stringify({
        version: 1,
        clients: {
          'nightly-sync': {
            server: server.fhirBase('stu3'),
            issuer: server.issuer,
            metadata: {
              client_name: 'Nightly (${environment} ${repository})',
              grant_types: ['client_credentials'],
              response_types: [],
              redirect_uris: [],
              scope: 'system/*.rs',
            },
          },
        },
      }),
      inputs: { 'export-env': 'true', environment: 'staging' },
    });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.env).toEqual({
      NIGHTLY_SYNC_CLIENT_ID: run.outputs['client-id'],
      NIGHTLY_SYNC_CLIENT_SECRET: run.outputs['client-secret'],
      NIGHTLY_SYNC_ISSUER: server.issuer,
      NIGHTLY_SYNC_TOKEN_ENDPOINT: server.tokenEndpoint,
    });
    expect(server.client(run.outputs['client-id'] ?? '')?.metadata.client_name).toMatch(
      /^Nightly \(staging octo-org\/growth-chart\) \[or-/u,
    );
    const tokens = await clientCredentials({ ...credentials(run), scope: 'system/*.rs' });
    expect(tokens.access_token).toBeTypeOf('string');
    await expectGone(run);
  });
});

describe('what a person sees of it', () => {
  it('is a summary of what was made, where the endpoints were read, and nothing to look at', async () => {
    const run = await main({
      inputs: {
        server: server.fhirBase('dstu2'),
        type: 'confidential',
        'redirect-uris': REDIRECT_URI,
        'client-name': 'Growth chart',
      },
    });
    expect(run.exitCode, run.log).toBe(0);
    const summary = run.shownSummary.replace(/&#(\d+);/gu, (_, code: string) => String.fromCodePoint(Number(code)));
    expect(summary).toContain('### OAuth clients for <code>default</code>');
    expect(summary).toContain(`<code>${run.outputs['client-id']}</code>`);
    expect(summary).toContain(`registration endpoint: ${server.registrationEndpoint}`);
    expect(summary).toContain(`${server.fhirBase('dstu2')}/metadata`);
    expect(summary).toContain('credentials work');
    expect(JSON.parse(run.outputs.clients ?? '')).toEqual({
      client: { client_id: run.outputs['client-id'], token_endpoint: server.tokenEndpoint },
    });
    // The marker in the name of a client that goes with the job was put there by us.
    expect(run.annotations).toEqual([]);
    expect(summary).not.toContain('Asked and granted differ');
    await expectGone(run);
  });
});
