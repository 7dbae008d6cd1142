import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { applyBody, publishedBody, retireBody, rotateBody } from '../../../../shared/api/schemas.ts';
import { API_VERSION, type PublishedName } from '../../../../shared/api/worker-api.ts';
import type { PublishTarget } from '../../../../shared/manifest/desired.ts';
import { closeServer, listenOnLoopback } from '../../../support/listen.ts';

export type Answer = { readonly status: number; readonly body: unknown };

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly token: string;
  readonly status: number;
};

type Registration = {
  clientId: string;
  secret: string;
  edition: number;
  retiring: string[];
  publish: readonly PublishTarget[];
  claimed: PublishedName[];
  published: string | undefined;
  ended: boolean;
  owner: unknown;
  desired: string;
};

export type FakeWorker = {
  readonly url: string;
  /** What a job with `id-token: write` has in its environment. */
  readonly idTokenEnv: Readonly<Record<string, string>>;
  readonly asked: Asked[];
  readonly audiences: string[];
  readonly registrations: Map<string, Registration>;
  /** Answers the next requests instead; undefined lets one through, `cut` ends the connection. */
  readonly next: ((request: { readonly method: string; readonly path: string }) => Answer | 'cut' | undefined)[];
  readonly close: () => Promise<void>;
};

/** The Worker as the Action meets it, without anything behind it; and GitHub's place for id-tokens. It never publishes. */
export async function startFakeWorker({ secret }: { readonly secret?: () => string } = {}): Promise<FakeWorker> {
  const asked: Asked[] = [];
  const audiences: string[] = [];
  const tokens = new Map<string, 'fresh' | 'used'>();
  const registrations: FakeWorker['registrations'] = new Map();
  const next: FakeWorker['next'] = [];
  let made = 0;

  const error = (status: number, code: string, message: string): Answer => ({
    status,
    body: { api: API_VERSION, error: code, message, hint: `What to do about ${code}.` },
  });

  function view(key: string, { clientId, retiring, ended, owner, claimed }: Registration) {
    const at = key.lastIndexOf('/');
    return {
      environment: key.slice(0, at),
      name: key.slice(at + 1),
      server: 'https://fhir.example.org/r4',
      status: ended ? 'ended' : 'active',
      client_id: clientId,
      ...(owner !== undefined && { owner }),
      retiring,
      suspects: [],
      orphans: [],
      published: claimed.map(({ kind, name: published }) => `${kind} ${published}`),
    };
  }

  function newClient(): Pick<Registration, 'clientId' | 'secret' | 'edition' | 'published'> {
    made += 1;
    const value = secret?.() ?? randomBytes(16).toString('hex');
    return { clientId: `client-${made}`, secret: value, edition: 1, published: undefined };
  }

  function put(key: string, body: unknown): Answer {
    const parsed = applyBody.safeParse(body);
    if (!parsed.success) return error(400, 'request_invalid', 'The body is not what the Worker takes.');
    const { desired, owner } = parsed.data;
    const before = registrations.get(key);
    const events: unknown[] = [];
    const registration: Registration =
      before === undefined || before.ended
        ? { ...newClient(), retiring: [], claimed: [], publish: [], ended: false, owner, desired: '' }
        : before;
    if (registration !== before) events.push({ kind: 'registered', clientId: registration.clientId, purpose: 'first' });
    const asked = JSON.stringify(desired);
    if (registration === before && before.desired !== asked) {
      events.push({ kind: 'updated', clientId: registration.clientId, members: ['redirect_uris'] });
    }
    Object.assign(registration, { owner, desired: asked, publish: desired.publish });
    registrations.set(key, registration);
    const { clientId, secret: value, edition, published, publish, claimed } = registration;
    const name = `${clientId}#${edition}`;
    const left = published === name ? [] : publish;
    const wanted = namesOf(left).map((entry) => JSON.stringify(entry));
    return {
      status: 200,
      body: {
        api: API_VERSION,
        status: 'done',
        changed: events.length > 0,
        registration: { ...view(key, registration), ...(desired.shared !== undefined && { shared: desired.shared }) },
        ...(desired.shared !== undefined && { withheld: 'The secret is withheld: ask the operator.' }),
        credentials: {
          client_id: clientId,
          ...(desired.shared === undefined && { client_secret: value }),
          issuer: 'https://auth.example.org',
          token_endpoint: 'https://auth.example.org/token',
          expires_at: '2027-01-01T00:00:00.000Z',
          edition: name,
        },
        publish: left,
        claimed: claimed.filter((entry) => wanted.includes(JSON.stringify(entry))),
        events,
      },
    };
  }

  function change(key: string, method: string, verb: string | undefined, body: unknown): Answer {
    const registration = registrations.get(key);
    if (registration === undefined) return error(404, 'registration_not_found', `There is no registration ${key}.`);
    const events: unknown[] = [];
    if (method === 'DELETE') {
      if (!registration.ended)
        events.push({ kind: 'deleted', clientId: registration.clientId, reason: 'the server says so' });
      registration.ended = true;
    } else if (verb === 'rotate') {
      const { now } = rotateBody.parse(body);
      if (now !== true) registration.retiring.push(registration.clientId);
      const old = registration.clientId;
      Object.assign(registration, newClient());
      events.push({ kind: 'registered', clientId: registration.clientId, purpose: 'rotation' });
      if (now === true) events.push({ kind: 'deleted', clientId: old, reason: 'the server says so' });
    } else if (verb === 'retire') {
      const { client_id: inUse } = retireBody.parse(body);
      if (inUse !== registration.clientId) return error(409, 'not_confirmable', `${inUse} is not the one in use.`);
      for (const clientId of registration.retiring.splice(0))
        events.push({ kind: 'deleted', clientId, reason: 'retired' });
    } else if (verb === 'published') {
      const { edition, stage = 'written' } = publishedBody.parse(body);
      if (edition !== `${registration.clientId}#${registration.edition}`) {
        return error(409, 'not_confirmable', 'That is no edition there is.');
      }
      registration.claimed = namesOf(registration.publish);
      if (stage === 'written') registration.published = edition;
    }
    return { status: 200, body: { api: API_VERSION, registration: view(key, registration), events } };
  }

  function identify(message: IncomingMessage, token: string): Answer | undefined {
    if (message.headers['x-oauth-registrar-api'] !== String(API_VERSION)) {
      return error(400, 'api_version_unsupported', 'The request names no version that is known here.');
    }
    const known = tokens.get(token);
    if (known === undefined) return error(401, 'identity_refused', 'The id-token is not from GitHub.');
    if (known === 'used') return error(401, 'identity_refused', 'The id-token was used before.');
    tokens.set(token, 'used');
    return undefined;
  }

  function answer(message: IncomingMessage, path: string, token: string, body: unknown): Answer {
    const refused = identify(message, token);
    if (refused !== undefined) return refused;
    const [, environment, name, verb] = /^\/v1\/registrations\/([^/]+)\/([^/]+)(?:\/(\w+))?$/u.exec(path) ?? [];
    if (environment === undefined || name === undefined) return error(404, 'request_invalid', 'There is nothing here.');
    const key = `${decodeURIComponent(environment)}/${decodeURIComponent(name)}`;
    const { method = '' } = message;
    return method === 'PUT' ? put(key, body) : change(key, method, verb, body);
  }

  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const url = new URL(message.url ?? '/', 'http://worker');
    const send = ({ status, body }: Answer) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    if (url.pathname === '/id-token') {
      if (message.headers.authorization !== 'Bearer request-token') return send({ status: 401, body: {} });
      audiences.push(url.searchParams.get('audience') ?? '');
      const token = `id.token.${randomBytes(12).toString('hex')}`;
      tokens.set(token, 'fresh');
      return send({ status: 200, body: { value: token } });
    }
    const text = Buffer.concat(chunks).toString();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const token = message.headers.authorization?.replace('Bearer ', '') ?? '';
    const { method = '' } = message;
    const instead = next.shift()?.({ method, path: url.pathname });
    if (instead === 'cut') {
      asked.push({ method, path: url.pathname, body, token, status: 0 });
      return response.destroy();
    }
    const replied = instead ?? answer(message, url.pathname, token, body);
    asked.push({ method, path: url.pathname, body, token, status: replied.status });
    return send(replied);
  });
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  return {
    url,
    idTokenEnv: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/id-token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
    },
    asked,
    audiences,
    registrations,
    next,
    close: () => closeServer(server),
  };
}

function namesOf(targets: readonly PublishTarget[]): PublishedName[] {
  return targets.flatMap(({ environment, items }) =>
    items.map(({ kind, name }) => ({ ...(environment !== undefined && { environment }), kind, name })),
  );
}
