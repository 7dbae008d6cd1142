import { randomUUID } from 'node:crypto';
import { REPOSITORY } from '../test/worker/support/issuer.ts';
import type { TestWorker } from '../test/worker/support/worker.ts';
import { signBody } from './sign-body.ts';
import type { SignedBody } from './signed-body.ts';

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
