import { type Context, Hono } from 'hono';
import type { Clock } from '../../shared/ports/ports.ts';
import type { HookEvent, RepositoryHooks, Taken } from './delivery.ts';
import { readDeployEvent } from './read-deploy-event.ts';
import { readEvent } from './read-event.ts';
import { readLimited } from './read-limited.ts';
import { verifyDeploy } from './verify-deploy.ts';
import { createGitHubVerifier } from './verify-github.ts';

/**
 * Secrets of webhooks; an empty list turns the route off. While one is being replaced, old and new are listed, or stand
 * on two lines of one.
 */
export type WebhookConfig = { readonly githubSecrets: readonly string[]; readonly deploySecrets: readonly string[] };

/** One decision, for the log; free of secrets. */
export type WebhookDecision = {
  readonly hook: 'github' | 'deploy';
  readonly status: number;
  /** What was refused, or what became of the delivery. */
  readonly outcome: string;
  readonly delivery?: string;
  readonly event?: string;
  readonly repositories?: number;
};

/** GitHub sends nothing that is larger. */
const GITHUB_BYTES = 25 * 1024 * 1024;

/** The signature of a host is computed in JavaScript, before it is known who is calling. */
const DEPLOY_BYTES = 64 * 1024;

/** Objects that one event is handed to; the App's installation in a larger organization is found out by asking. */
const MOST_REPOSITORIES = 500;

const REFUSALS = {
  not_found: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'Webhooks come by POST.'],
  content_type_unsupported: [415, 'Set the content type of the webhook to application/json.'],
  body_too_large: [413, 'The body is too large.'],
  signature_invalid: [401, 'The signature does not fit the body and the secret.'],
  body_not_json: [400, 'The body is not JSON.'],
  event_invalid: [400, 'The event lacks what its type needs.'],
  unavailable: [503, 'The repository cannot take it now; deliver it again.'],
} as const;

/** An answer that is given before anything is done. */
type Refused = { readonly refused: keyof typeof REFUSALS };

type Received = { readonly id: string; readonly name: string; readonly events: readonly HookEvent[] };

type Decide = (decision: WebhookDecision) => void;

/**
 * `POST /github` and `POST /deploy/{repository_id}`, to be mounted under `/webhooks`.
 *
 * Refused in this order: path, method, content type, size, signature, JSON, event. What is good is handed to the
 * objects of the repositories it is about and answered with 202; an event that means nothing is answered so too.
 */
export function webhookRoutes({
  config,
  objectFor,
  clock,
  decided = () => {},
}: {
  readonly config: WebhookConfig;
  readonly objectFor: (repositoryId: string) => RepositoryHooks;
  readonly clock: Pick<Clock, 'now'>;
  readonly decided?: Decide;
}): Hono {
  const githubSecrets = config.githubSecrets.flatMap(linesOf);
  const deploySecrets = config.deploySecrets.flatMap(linesOf);
  const verify = createGitHubVerifier(githubSecrets);

  async function receiveGitHub(request: Request, receivedAt: number): Promise<Received | Refused> {
    const body = await bodyOf(request, githubSecrets, GITHUB_BYTES);
    if ('refused' in body) return body;
    const { headers } = request;
    if (!(await verify(body, headers.get('x-hub-signature-256')))) return { refused: 'signature_invalid' };
    const payload = parse(new TextDecoder().decode(body));
    if (payload === undefined) return { refused: 'body_not_json' };
    const id = headers.get('x-github-delivery') ?? '';
    const name = headers.get('x-github-event') ?? '';
    if (!/^[\w-]{1,64}$/u.test(id) || !/^\w{1,64}$/u.test(name)) return { refused: 'event_invalid' };
    return { id: `github:${id}`, name, events: readEvent({ name, payload, receivedAt }) };
  }

  async function receiveDeploy(
    request: Request,
    repositoryId: string,
    receivedAt: number,
  ): Promise<Received | Refused> {
    if (!/^[1-9][0-9]{0,15}$/u.test(repositoryId)) return { refused: 'not_found' };
    const body = await bodyOf(request, deploySecrets, DEPLOY_BYTES);
    if ('refused' in body) return body;
    const verified = await verifyDeploy({ headers: request.headers, body, repositoryId, secrets: deploySecrets });
    if (verified === undefined) return { refused: 'signature_invalid' };
    const message = parse(verified.text);
    if (message === undefined) return { refused: 'body_not_json' };
    const events = readDeployEvent({ message, repositoryId, receivedAt });
    return events === undefined
      ? { refused: 'event_invalid' }
      : { id: `deploy:${verified.id}`, name: events[0]?.kind ?? 'unknown', events };
  }

  async function handOver({ id, events }: Received, receivedAt: number): Promise<Taken | Refused> {
    try {
      const taken = await Promise.all(
        events
          .slice(0, MOST_REPOSITORIES)
          .map((event) => objectFor(event.repositoryId).takeDelivery({ id, receivedAt, event })),
      );
      return (['taken', 'repeated'] as const).find((outcome) => taken.includes(outcome)) ?? 'ignored';
    } catch {
      return { refused: 'unavailable' };
    }
  }

  async function answer(
    context: Context,
    hook: WebhookDecision['hook'],
    receive: (receivedAt: number) => Promise<Received | Refused>,
  ): Promise<Response> {
    const receivedAt = clock.now();
    const received = await receive(receivedAt);
    const outcome = 'refused' in received ? received : await handOver(received, receivedAt);
    const about =
      'refused' in received
        ? {}
        : { delivery: received.id, event: received.name, repositories: received.events.length };
    context.header('cache-control', 'no-store');
    if (typeof outcome === 'string') {
      decided({ hook, status: 202, outcome, ...about });
      return context.json({ status: outcome }, 202);
    }
    const [status, message] = REFUSALS[outcome.refused];
    decided({ hook, status, outcome: outcome.refused, ...about });
    if (status === 405) context.header('allow', 'POST');
    if (status === 503) context.header('retry-after', '60');
    return context.json({ error: outcome.refused, message }, status);
  }

  return new Hono()
    .all('/github', (context) => answer(context, 'github', (at) => receiveGitHub(context.req.raw, at)))
    .all('/deploy/:repository_id', (context) =>
      answer(context, 'deploy', (at) => receiveDeploy(context.req.raw, context.req.param('repository_id'), at)),
    );
}

/** The raw body, once path, method, content type and size are as they have to be. */
async function bodyOf(
  request: Request,
  secrets: readonly string[],
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | Refused> {
  if (secrets.length === 0) return { refused: 'not_found' };
  if (request.method !== 'POST') return { refused: 'method_not_allowed' };
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return { refused: 'content_type_unsupported' };
  return (await readLimited(request, limit)) ?? { refused: 'body_too_large' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without empty ones, which anybody can sign with. */
function linesOf(secret: string): readonly string[] {
  return secret
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
