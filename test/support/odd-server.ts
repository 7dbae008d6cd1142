import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { answerFhir } from './fhir-base.ts';
import type { CannedAnswer } from './interference.ts';
import { closeServer, listenOnLoopback } from './listen.ts';
import { type BodyOddity, sendBody } from './odd-bodies.ts';
import {
  clientAnswer,
  configurationUri,
  newClient,
  type OddClient,
  replaced,
  updatedClient,
  updateProblem,
} from './odd-clients.ts';
import type { Members, Oddities, Refusal } from './oddities.ts';
import { createTraffic, type SeenRequest, type Traffic } from './traffic.ts';

export type OddServerOptions = Oddities & {
  readonly initialAccessToken?: string;
  readonly publicOrigin?: string;
  readonly keepRequestBodies?: boolean;
};

export type OddServer = Omit<Traffic, 'listener'> & {
  readonly issuer: string;
  readonly listeningOrigin: string;
  readonly registrationEndpoint: string;
  readonly tokenEndpoint: string;
  /** A FHIR base (R4) that names the registration endpoint in its metadata. */
  readonly fhirBase: string;
  /** Clients that exist now, oldest first; softly deleted ones are among them, marked. */
  readonly clients: () => readonly OddClient[];
  readonly client: (clientId: string) => OddClient | undefined;
  /** The server at the other origin that `registrationClientUri: 'elsewhere'` names: what it was sent. */
  readonly elsewhere: { readonly origin: string; readonly requests: readonly SeenRequest[] };
  /** Another way to behave from now on; the books stay. */
  readonly behave: (oddities: Oddities) => void;
  readonly reset: () => void;
  readonly close: () => Promise<void>;
};

/** A small RFC 7591/7592 server that misbehaves as told. */
export async function startOddServer(options: OddServerOptions = {}): Promise<OddServer> {
  const traffic = createTraffic({ keepRequestBodies: options.keepRequestBodies === true });
  const elsewhereTraffic = createTraffic();
  const books = new Map<string, OddClient>();
  let oddities: Oddities = options;
  let registrations = 0;

  let handle: RequestListener = (_req, res) => res.writeHead(503).end();
  const server = createServer(traffic.listener((req, res) => handle(req, res)));
  const elsewhere = createServer(elsewhereTraffic.listener((_req, res) => res.writeHead(200).end('{}')));
  const listeningOrigin = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  const elsewhereOrigin = `http://127.0.0.1:${await listenOnLoopback(elsewhere)}`;
  const issuer = options.publicOrigin ?? listeningOrigin;

  const answerClient = async (res: ServerResponse, client: OddClient, status: number, body?: BodyOddity) => {
    const uri = configurationUri({ client, issuer, elsewhereOrigin, oddity: oddities.registrationClientUri });
    const members = clientAnswer({ client, uri, oddities });
    await sendBody({ res, status, members, oddity: body });
  };

  const register = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await readJson(req);
    const limit = oddities.rateLimit;
    if (limit !== undefined && registrations >= limit.registrations) {
      return sendCanned(res, { status: 429, headers: limit.headers, body: '{"error":"slow_down"}' });
    }
    if (options.initialAccessToken !== undefined && bearer(req) !== options.initialAccessToken) {
      return sendRefusal(res, { status: 401, error: 'invalid_token' });
    }
    if (oddities.refuseRegistration !== undefined) return sendRefusal(res, oddities.refuseRegistration);
    if (oddities.failRegistration === 'before_storing') return sendCanned(res, { status: 500, body: 'Internal error' });
    if (body === undefined) return sendRefusal(res, { status: 400, error: 'invalid_client_metadata' });
    registrations += 1;
    const client = newClient(body, oddities);
    books.set(client.clientId, client);
    if (oddities.failRegistration === 'after_storing') return sendCanned(res, { status: 500, body: 'Internal error' });
    await answerClient(res, client, oddities.registrationStatus ?? 201, oddities.registrationBody);
  };

  const manage = async (req: IncomingMessage, res: ServerResponse, clientId: string): Promise<void> => {
    const body = await readJson(req);
    const method = req.method ?? '';
    const missing = oddities.missing;
    if (missing?.methods.some((name) => name === method) === true) {
      return sendCanned(res, { status: missing.status, body: 'Not here' });
    }
    const client = books.get(clientId);
    if (client === undefined || bearer(req) !== client.registrationAccessToken) {
      return sendRefusal(res, oddities.refuseManagement ?? { status: 401, error: 'invalid_token' });
    }
    switch (method) {
      case 'GET': {
        const read = replaced(client, oddities, 'read');
        books.set(clientId, read);
        return await answerClient(res, read, 200);
      }
      case 'PUT': {
        const problem = updateProblem(client, body);
        if (body === undefined || problem !== undefined) {
          return sendRefusal(res, { status: 400, error: 'invalid_request', ...(problem && { description: problem }) });
        }
        const updated = updatedClient(client, body, oddities);
        books.delete(clientId);
        books.set(updated.clientId, updated);
        return await answerClient(res, updated, 200);
      }
      case 'DELETE': {
        if (oddities.deletion === 'soft') books.set(clientId, { ...client, disabled: true });
        else if (oddities.deletion === undefined) books.delete(clientId);
        const status = oddities.deletionStatus ?? (oddities.deletion === undefined ? 204 : 200);
        return sendCanned(res, { status, ...(status === 204 ? {} : { body: '{}' }) });
      }
      default:
        return sendCanned(res, { status: 405 });
    }
  };

  handle = async (req, res) => {
    const { pathname } = new URL(req.url ?? '/', listeningOrigin);
    const [, clientId] = /^\/register\/([^/]+)$/.exec(pathname) ?? [];
    if (req.method === 'POST' && pathname === '/register') return await register(req, res);
    if (clientId !== undefined) return await manage(req, res, decodeURIComponent(clientId));
    if (req.method === 'POST' && pathname === '/token') return await token(req, res, books, oddities);
    if (pathname === '/.well-known/oauth-authorization-server') return sendJson(res, 200, metadata(issuer));
    const says = {
      authorize: `${issuer}/authorize`,
      token: `${issuer}/token`,
      register: `${issuer}/register`,
      issuer,
      jwksUri: `${issuer}/jwks`,
    };
    if (!answerFhir({ req, res }, says, { extension: 'nested', xmlOnly: false }))
      return sendCanned(res, { status: 404 });
  };

  const { listener: _listener, ...seen } = traffic;
  return {
    ...seen,
    issuer,
    listeningOrigin,
    registrationEndpoint: `${issuer}/register`,
    tokenEndpoint: `${issuer}/token`,
    fhirBase: `${issuer}/fhir/r4`,
    clients: () => [...books.values()],
    client: (clientId) => books.get(clientId),
    elsewhere: { origin: elsewhereOrigin, requests: elsewhereTraffic.requests },
    behave: (next) => {
      oddities = next;
    },
    reset: () => {
      books.clear();
      registrations = 0;
      traffic.reset();
      elsewhereTraffic.reset();
    },
    close: async () => {
      await closeServer(server);
      await closeServer(elsewhere);
    },
  };
}

function metadata(issuer: string): Members {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    response_types_supported: ['code'],
  };
}

async function token(
  req: IncomingMessage,
  res: ServerResponse,
  books: ReadonlyMap<string, OddClient>,
  oddities: Oddities,
): Promise<void> {
  const form = new URLSearchParams(await readText(req));
  switch (oddities.tokenEndpoint) {
    case 'always_fails':
      return sendCanned(res, { status: 500, body: 'Internal error' });
    case 'always_invalid_client':
      return sendRefusal(res, { status: 401, error: 'invalid_client' });
    case 'always_invalid_grant':
      return sendRefusal(res, { status: 400, error: 'invalid_grant' });
    case undefined:
      break;
  }
  const { clientId, secret } = credentials(req, form);
  const client = books.get(clientId);
  if (client === undefined || client.disabled || client.clientSecret !== secret) {
    return sendRefusal(res, { status: 401, error: 'invalid_client' });
  }
  if (form.get('grant_type') !== 'client_credentials') return sendRefusal(res, { status: 400, error: 'invalid_grant' });
  sendJson(res, 200, { access_token: randomBytes(16).toString('hex'), token_type: 'Bearer', expires_in: 3600 });
}

function credentials(
  req: IncomingMessage,
  form: URLSearchParams,
): { readonly clientId: string; readonly secret: string | undefined } {
  const [scheme, value = ''] = (req.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() === 'basic') {
    const [id = '', secret = ''] = Buffer.from(value, 'base64').toString('utf8').split(':');
    const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
    return { clientId: decode(id), secret: decode(secret) };
  }
  return { clientId: form.get('client_id') ?? '', secret: form.get('client_secret') ?? undefined };
}

function bearer(req: IncomingMessage): string | undefined {
  const [scheme, value] = (req.headers.authorization ?? '').split(' ');
  return scheme?.toLowerCase() === 'bearer' ? value : undefined;
}

async function readText(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function readJson(req: IncomingMessage): Promise<Members | undefined> {
  try {
    const value: unknown = JSON.parse(await readText(req));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}

function sendJson(res: ServerResponse, status: number, body: Members): void {
  sendCanned(res, { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

function sendRefusal(res: ServerResponse, refusal: Refusal): void {
  sendJson(res, refusal.status, {
    ...(refusal.error === undefined ? {} : { error: refusal.error }),
    ...(refusal.description === undefined ? {} : { error_description: refusal.description }),
  });
}

function sendCanned(res: ServerResponse, answer: CannedAnswer): void {
  res.writeHead(answer.status, answer.headers).end(answer.body);
}
