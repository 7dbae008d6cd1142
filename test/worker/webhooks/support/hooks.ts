import { createHmac, randomUUID } from 'node:crypto';
import examples from '@octokit/webhooks-examples';
import { Hono } from 'hono';
import type { Delivery, Taken } from '../../../../worker/webhooks/delivery.ts';
import { type WebhookConfig, type WebhookDecision, webhookRoutes } from '../../../../worker/webhooks/routes.ts';

export const NOW = Date.parse('2026-11-25T12:00:00Z');
export const GITHUB_SECRET = "It's a Secret to Everybody";
export const DEPLOY_SECRET = 'deploy-secret-of-the-worker';

// The published types know fewer members than the payloads have.
type Example = Readonly<Record<string, unknown>>;

type Definition = { readonly name: string; readonly examples: readonly Example[] };

const DEFINITIONS = examples as unknown as readonly Definition[];

/** Real payloads of one event and action, as GitHub sent them. */
export function realPayloads(name: string, action?: string): readonly Example[] {
  const definitions = examples as unknown as readonly {
    readonly name: string;
    readonly examples: readonly Example[];
  }[];
  const found = (definitions.find((definition) => definition.name === name)?.examples ?? []).filter(
    (example) => action === undefined || example.action === action,
  );
  if (found.length === 0) throw new TypeError(`there is no example of ${name} ${action ?? ''}`);
  return found;
}

export const EVENT_NAMES: readonly string[] = DEFINITIONS.map(({ name }) => name);

export const sign = (body: string | Uint8Array, secret = GITHUB_SECRET): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

/** A delivery as GitHub makes it. */
export function delivered(
  event: string,
  payload: unknown,
  changes: { readonly id?: string; readonly headers?: Readonly<Record<string, string>>; readonly method?: string } = {},
): Request {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const method = changes.method ?? 'POST';
  return new Request('https://registrar.example/webhooks/github', {
    method,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-delivery': changes.id ?? randomUUID(),
      'x-github-event': event,
      'x-hub-signature-256': sign(body),
      ...changes.headers,
    },
    ...(method === 'POST' && { body }),
  });
}

export type Hooks = {
  readonly app: Hono;
  /** What reached the objects, by repository. */
  readonly taken: { readonly repositoryId: string; readonly delivery: Delivery }[];
  readonly decisions: WebhookDecision[];
};

/** The routes with objects that only write down what they are handed. */
export function startHooks({
  config,
  take = async () => 'taken',
}: {
  readonly config?: Partial<WebhookConfig>;
  readonly take?: (delivery: Delivery) => Promise<Taken>;
} = {}): Hooks {
  const taken: Hooks['taken'] = [];
  const decisions: WebhookDecision[] = [];
  const routes = webhookRoutes({
    config: { githubSecrets: [GITHUB_SECRET], deploySecrets: [DEPLOY_SECRET], ...config },
    objectFor: (repositoryId) => ({
      takeDelivery: (delivery) => {
        taken.push({ repositoryId, delivery });
        return take(delivery);
      },
    }),
    clock: { now: () => NOW },
    decided: (decision) => decisions.push(decision),
  });
  return { app: new Hono().route('/webhooks', routes), taken, decisions };
}
