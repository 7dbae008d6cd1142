import { createHmac, randomUUID } from 'node:crypto';
import { REPOSITORY } from './issuer.ts';
import type { SignedBody } from './signed-body.ts';
import { type TestWorker, WEBHOOK_SECRET } from './worker.ts';

export function signBody(event: string, payload: object): SignedBody {
  const body = JSON.stringify(payload);
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-hub-signature-256': `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`,
    },
  };
}

/** What GitHub sends when a pull request of a repository is closed; `more` is what else is in it. */
export function closedWebhook(
  pull: number,
  more: Readonly<Record<string, unknown>> = {},
  repositoryId: string = REPOSITORY.id,
): SignedBody {
  return signBody('pull_request', {
    ...more,
    action: 'closed',
    number: pull,
    pull_request: { ...asObject(more.pull_request), number: pull, closed_at: new Date().toISOString() },
    repository: { ...asObject(more.repository), id: Number(repositoryId) },
  });
}

/** Sends a webhook as GitHub does, each delivery under a name of its own unless one is given. */
export function sendWebhook(
  { harness }: Pick<TestWorker, 'harness'>,
  { body, headers }: SignedBody,
  id: string = randomUUID(),
): ReturnType<TestWorker['harness']['fetch']> {
  return harness.fetch('/webhooks/github', { method: 'POST', headers: { ...headers, 'x-github-delivery': id }, body });
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
