import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { pullRequestRun, REPOSITORY } from '../support/issuer.ts';
import { startWorker, type TestWorker, until, WEBHOOK_SECRET, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

test('a signed webhook tears down what a pull request owns; an unsigned one does nothing', async () => {
  await worker.apply('pr-1/web', { ...wish(server), owner: { kind: 'pull_request', number: 1 } }, pullRequestRun(1));
  const body = JSON.stringify({
    action: 'closed',
    number: 1,
    pull_request: { number: 1, closed_at: new Date().toISOString() },
    repository: { id: Number(REPOSITORY.id), name: 'app', owner: { login: 'acme', id: Number(REPOSITORY.ownerId) } },
  });
  const send = (signature: string) =>
    worker.harness.fetch('/webhooks/github', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'pull_request',
        'x-github-delivery': 'delivery-1',
        'x-hub-signature-256': signature,
      },
      body,
    });
  expect((await send(`sha256=${'0'.repeat(64)}`)).status).toBe(401);
  expect(server.clients()).toHaveLength(1);
  const answer = await send(`sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`);
  expect([answer.status, await answer.json()]).toEqual([202, { status: 'taken' }]);
  await until(async () => server.clients().length === 0);
});
