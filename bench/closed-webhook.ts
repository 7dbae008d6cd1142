import { createHmac, randomUUID } from 'node:crypto';
import { REPOSITORY } from '../test/worker/support/issuer.ts';
import { type TestWorker, WEBHOOK_SECRET } from '../test/worker/support/worker.ts';
import type { SignedBody } from './signed-body.ts';

/** What GitHub sends when a pull request of the repository is closed; `more` is what else is in it. */
export function closedWebhook(pull: number, more: Readonly<Record<string, unknown>> = {}): SignedBody {
  const body = JSON.stringify({
    ...more,
    action: 'closed',
    number: pull,
    pull_request: { ...asObject(more.pull_request), number: pull, closed_at: new Date().toISOString() },
    repository: { ...asObject(more.repository), id: Number(REPOSITORY.id) },
  });
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'pull_request',
      'x-hub-signature-256': `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`,
    },
  };
}

export async function sendClosed({ harness }: TestWorker, pull: number): Promise<void> {
  const { body, headers } = closedWebhook(pull);
  const answer = await harness.fetch('/webhooks/github', {
    method: 'POST',
    headers: { ...headers, 'x-github-delivery': randomUUID() },
    body,
  });
  if (answer.status !== 202) throw new Error(`the webhook was answered with ${answer.status}`);
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
