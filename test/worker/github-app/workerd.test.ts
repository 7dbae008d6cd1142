import { createHmac, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deploySecret } from '../../../worker/webhooks/verify-deploy.ts';
import { APP_ID, PKCS1, PUBLIC_KEY, REPOSITORY, startScene } from './support/app.ts';

const WORKER = `
  import { openGitHubApp } from './worker/github-app/open-github-app.ts';
  import { webhookRoutes } from './worker/webhooks/routes.ts';
  const clock = { now: () => Date.now() };
  export default {
    async fetch(request, env) {
      const path = new URL(request.url).pathname;
      if (path !== '/rights') {
        const config = { githubSecrets: ['github'], deploySecrets: ['deploy'] };
        const objectFor = () => ({ takeDelivery: async () => 'taken' });
        return webhookRoutes({ config, objectFor, clock }).fetch(request);
      }
      const app = openGitHubApp({ appId: env.ID, privateKey: env.KEY, apiUrl: env.API, fetch: (url, init) => fetch(url, init), clock });
      const { owner, repo, request: send } = await app.requestFor(${JSON.stringify(REPOSITORY)}, { secrets: 'write' });
      const { status } = await send('GET /repos/{owner}/{repo}/actions/secrets/public-key');
      return Response.json({ owner, repo, status });
    },
  };
`;

let runtime: Miniflare;
let github: Awaited<ReturnType<typeof startScene>>['github'];

beforeAll(async () => {
  const resolveDir = fileURLToPath(new URL('../../../', import.meta.url));
  const stdin = { contents: WORKER, resolveDir, loader: 'ts' } as const;
  const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', target: 'es2024', write: false });
  ({ github } = await startScene({ options: { now: Date.now } }));
  runtime = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: outputFiles[0]?.text ?? '',
      compatibilityDate: '2026-11-01',
      bindings: { ID: APP_ID, KEY: PKCS1, API: github.url },
    }),
  );
});

afterAll(async () => {
  await runtime.dispose();
  await github.close();
});

async function send(path: string, body: string, headers: Record<string, string>): Promise<number> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  return (await runtime.dispatchFetch(`http://worker${path}`, init)).status;
}

test('in workerd the key as GitHub hands it out signs what GitHub takes', async () => {
  expect(PUBLIC_KEY).toContain('BEGIN PUBLIC KEY');
  const answer = await runtime.dispatchFetch('http://worker/rights');
  expect(await answer.json()).toEqual({ owner: 'octo', repo: 'app', status: 200 });
});

test('in workerd GitHub’s signature is verified', async () => {
  const github = (secret: string) =>
    send('/github', '{}', {
      'x-github-event': 'ping',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update('{}').digest('hex')}`,
    });
  expect([await github('github'), await github('other')]).toEqual([202, 401]);
});

test('in workerd a host’s signature is verified', async () => {
  const body = JSON.stringify({ type: 'deploy.teardown', data: { environment: 'pr-1' } });
  const deploy = async (repositoryId: string) =>
    send(`/deploy/${repositoryId}`, body, {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': new Webhook(await deploySecret('deploy', '4242')).sign('msg_1', new Date(), body),
    });
  expect([await deploy('4242'), await deploy('4243')]).toEqual([202, 401]);
});
