import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuthorizationServer } from '../support/authorization-server.ts';
import { clientCredentials, completeCodeFlow } from '../support/real-client.ts';
import { runMain, runPost } from '../support/run-action.ts';
import type { Story } from './story.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const manifest = (server: string) => `version: 1
clients:
  web:
    server: ${server}
    type: confidential
    metadata:
      client_name: Growth chart (\${environment})
      redirect_uris: ["\${url}/callback"]
      scope: launch/patient openid fhirUser patient/*.rs
  nightly:
    server: ${server}
    type: backend
    metadata:
      client_name: Nightly import
      scope: system/*.rs
`;

/** One job with two clients that live as long as it does, played by the built Action as the runner plays it. */
export async function playJob(server: AuthorizationServer, { chapter, does, shows, check }: Story): Promise<void> {
  chapter('1  A job needs OAuth clients for its tests');
  const workspace = await mkdtemp(join(tmpdir(), 'oauth-registrar-demo-'));
  await mkdir(join(workspace, '.github'));
  await writeFile(join(workspace, '.github', 'oauth-clients.yml'), manifest(server.fhirBase('dstu2')));

  does('The step runs: discovery from a FHIR base URL, then one registration per client');
  const main = await runMain({
    directory: ROOT,
    workspace,
    event: { name: 'workflow_dispatch', payload: {} },
    inputs: { ttl: 'job', url: 'https://app.example.org', 'export-env': 'true', 'insecure-loopback': 'true' },
  });
  for (const line of main.log.trim().split('\n')) shows('log', line);
  check('the step succeeded', main.exitCode, 0);
  check('each client was asked for once', server.count({ method: 'POST', path: '/reg' }), 2);
  const held = server.clients();
  check(
    'the server holds both, by name and environment',
    held.map(({ metadata }) => String(metadata.client_name).replace(/ \[or-.*\]$/u, '')).sort(),
    ['Growth chart (default)', 'Nightly import'],
  );
  const { env } = main;
  check(
    'the next step knows the same client_ids',
    [env.WEB_CLIENT_ID, env.NIGHTLY_CLIENT_ID].sort(),
    held.map(({ clientId }) => clientId).sort(),
  );
  const secrets = [
    env.WEB_CLIENT_SECRET ?? '',
    ...(env.NIGHTLY_PRIVATE_KEY ?? '').split('\n').filter((line) => !line.startsWith('-')),
  ];
  const visible = [main.log, main.summary, JSON.stringify(main.annotations), main.argv.join(' ')].join('\n');
  check(
    'no secret is in the log, the summary or the arguments',
    secrets.filter((secret) => secret !== '' && visible.includes(secret)),
    [],
  );

  does('The next step uses the credentials, with a real OAuth client');
  const tokens = await completeCodeFlow({
    issuer: server.issuer,
    clientId: env.WEB_CLIENT_ID ?? '',
    clientSecret: env.WEB_CLIENT_SECRET ?? '',
    redirectUri: 'https://app.example.org/callback',
    scope: 'openid fhirUser patient/*.rs',
  });
  check('web completes an authorization-code flow with PKCE', typeof tokens.access_token, 'string');
  const service = await clientCredentials({
    issuer: server.issuer,
    clientId: env.NIGHTLY_CLIENT_ID ?? '',
    privateKey: { pem: env.NIGHTLY_PRIVATE_KEY ?? '', keyId: env.NIGHTLY_KEY_ID ?? '' },
    scope: 'system/*.rs',
  });
  check('nightly gets a token with its private key', typeof service.access_token, 'string');

  does('The job ends: the post step deletes what the job made');
  const post = await runPost(main);
  for (const line of post.log.trim().split('\n')) shows('log', line);
  check('the post step succeeded and had nothing to complain about', [post.exitCode, post.annotations.length], [0, 0]);
  check('the server holds no client any more', server.clients().length, 0);
  await rm(workspace, { recursive: true });
}
