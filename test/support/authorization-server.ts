import { generateKeyPair, randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { promisify } from 'node:util';
import { errors, Provider } from 'oidc-provider';
import { answerFhir, type FhirStyle, type FhirVersion, isFhirPath } from './fhir-base.ts';
import { answerPatient, PATIENT } from './fhir-patient.ts';
import { agreeAtOnce, askPerson, PERSON } from './interaction.ts';
import { closeServer, listenOnLoopback } from './listen.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';
import { createTraffic, type Traffic } from './traffic.ts';

export type AuthorizationServerOptions = {
  /** When a registration access token is replaced, and the one before is dead; `update` unless said. */
  readonly rotate?: 'update' | 'read' | 'both' | 'none';
  /** Demanded of every registration. */
  readonly initialAccessToken?: string;
  /** False: a client can be read, and PUT and DELETE are answered with 404. */
  readonly management?: boolean;
  /** False: registrations come without a registration access token and its URI. */
  readonly issueRegistrationAccessToken?: boolean;
  /** Members that make it reject a registration or an update; any other that it does not know is dropped. */
  readonly refusedMembers?: readonly string[];
  /** What the server calls itself when something stands in front of it, such as `https://127.0.0.1:4443`. */
  readonly publicOrigin?: string;
  readonly fhir?: Partial<FhirStyle> & {
    /** `other`: the FHIR base is served from another port than the authorization server. */
    readonly origin?: 'same' | 'other';
    /** `relative`: the endpoints are named relative to the FHIR base; `none`: no registration endpoint is named. */
    readonly register?: 'absolute' | 'relative' | 'none';
  };
  /** True: pages ask a person to log in and to consent; otherwise somebody has agreed to everything at once. */
  readonly asksPeople?: boolean;
  readonly keepRequestBodies?: boolean;
  /** How the server reads what a client names by its address, such as its key set. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
};

/** A client as the server itself has it stored. */
export type StoredClient = {
  readonly clientId: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The one that works now. */
  readonly registrationAccessToken?: string;
};

export type AuthorizationServer = Omit<Traffic, 'listener'> & {
  readonly issuer: string;
  /** Where it listens itself; differs from the issuer's with `publicOrigin`. */
  readonly listeningOrigin: string;
  readonly registrationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly fhirBase: (version: FhirVersion) => string;
  /** Clients that exist now, oldest first. */
  readonly clients: () => readonly StoredClient[];
  readonly client: (clientId: string) => StoredClient | undefined;
  /** Forgets clients, tokens, the log and all interference. */
  readonly reset: () => void;
  readonly close: () => Promise<void>;
};

const SCOPES = [
  'openid',
  'profile',
  'offline_access',
  'fhirUser',
  'launch',
  'launch/patient',
  'patient/*.read',
  'patient/*.rs',
  'user/*.rs',
  'system/*.rs',
];
const EXTRA_CLIENT_METADATA = [
  'software_id',
  'software_version',
  'software_statement',
  'launch_url',
  'launch_uri',
  'fhir_versions',
];
const DAY_SECONDS = 86_400;

/** A real authorization server on this machine, with a FHIR base beside it that names its endpoints. */
export async function startAuthorizationServer(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  const traffic = createTraffic({ keepRequestBodies: options.keepRequestBodies === true });
  const store = createMemoryStore();

  let handle: RequestListener = (_req, res) => res.writeHead(503).end();
  const server = createServer(traffic.listener((req, res) => handle(req, res)));
  const listeningOrigin = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  const issuer = options.publicOrigin ?? listeningOrigin;

  const fhirServer =
    options.fhir?.origin === 'other'
      ? createServer(traffic.listener(fhirHandler({ issuer, options, store })))
      : undefined;
  const fhirOrigin = fhirServer === undefined ? issuer : `http://127.0.0.1:${await listenOnLoopback(fhirServer)}`;

  handle = handlerOf(await createProvider({ issuer, options, store }), { issuer, options, store });

  const clients = (): readonly StoredClient[] => {
    const tokens = store.all('RegistrationAccessToken');
    return store.all('Client').map((metadata) => {
      const clientId = String(metadata.client_id);
      const token = tokens.findLast((candidate) => candidate.clientId === clientId);
      return { clientId, metadata, ...(token === undefined ? {} : { registrationAccessToken: String(token.jti) }) };
    });
  };

  const { listener: _listener, ...seen } = traffic;
  return {
    ...seen,
    issuer,
    listeningOrigin,
    registrationEndpoint: `${issuer}/reg`,
    tokenEndpoint: `${issuer}/token`,
    fhirBase: (version) => `${fhirOrigin}/fhir/${version}`,
    clients,
    client: (clientId) => clients().find((client) => client.clientId === clientId),
    reset: () => {
      store.clear();
      traffic.reset();
    },
    close: async () => {
      await closeServer(server);
      if (fhirServer !== undefined) await closeServer(fhirServer);
    },
  };
}

type Parts = { readonly issuer: string; readonly options: AuthorizationServerOptions; readonly store: MemoryStore };

function handlerOf(provider: Provider, { issuer, options, store }: Parts): RequestListener {
  const oauth = provider.callback();
  const fhir = options.fhir?.origin === 'other' ? undefined : fhirHandler({ issuer, options, store });
  const interact = options.asksPeople === true ? askPerson : agreeAtOnce;
  const { host, protocol } = new URL(issuer);
  return async (req, res) => {
    // oidc-provider builds URLs from what the request says of its host, as behind a proxy that is trusted.
    req.headers.host = host;
    req.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    const path = req.url ?? '/';
    if (fhir !== undefined && isFhirPath(path)) return fhir(req, res);
    if (path.startsWith('/interaction/')) return await interact({ provider, req, res });
    return await oauth(req, res);
  };
}

function fhirHandler({ issuer, options, store }: Parts): RequestListener {
  const register = options.fhir?.register ?? 'absolute';
  const base = register === 'relative' ? '../..' : issuer;
  const says = {
    authorize: `${base}/auth`,
    token: `${base}/token`,
    register: register === 'none' ? undefined : `${base}/reg`,
    issuer,
    jwksUri: `${issuer}/jwks`,
  };
  const style = { extension: options.fhir?.extension ?? 'nested', xmlOnly: options.fhir?.xmlOnly ?? false };
  const tokens = store.adapter('AccessToken');
  const clients = store.adapter('Client');
  const scopesOf = async (token: string): Promise<readonly string[] | undefined> => {
    const held = await tokens.find(token);
    // What a deleted client still holds opens nothing.
    if (held === undefined || (await clients.find(String(held.clientId))) === undefined) return undefined;
    return String(held.scope).split(' ');
  };
  return async (req, res) => {
    // SMART App Launch: browsers of other origins may call the API and read what it publishes of itself.
    res.setHeader('access-control-allow-origin', '*');
    res.setHeader('access-control-allow-headers', 'authorization, content-type, accept');
    if (req.method === 'OPTIONS') return res.writeHead(204).end();
    if (await answerPatient({ req, res }, scopesOf)) return;
    if (!answerFhir({ req, res }, says, style)) res.writeHead(404).end();
  };
}

async function createProvider({ issuer, options, store }: Parts): Promise<Provider> {
  const rotate = options.rotate ?? 'update';
  const management = options.management ?? true;
  const refused = options.refusedMembers ?? [];
  const provider = new Provider(issuer, {
    adapter: store.adapter,
    ...(options.fetch && { fetch: options.fetch }),
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    scopes: SCOPES,
    claims: { openid: ['sub'], profile: ['name'], fhirUser: ['fhirUser'] },
    // An app in a browser calls from the origin that it is sent back to.
    clientBasedCORS: (_ctx: unknown, origin: string, client: { readonly redirectUris: readonly string[] }) =>
      client.redirectUris.some((uri) => URL.parse(uri)?.origin === origin),
    // SMART App Launch reads `fhirUser` in the id-token.
    conformIdTokenClaims: false,
    findAccount: (_ctx: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, name: PERSON.name, fhirUser: `Patient/${PATIENT.id}` }),
    }),
    interactions: { url: (_ctx: unknown, interaction: { readonly uid: string }) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 60,
      ClientCredentials: 3600,
      Grant: DAY_SECONDS,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: DAY_SECONDS,
      Session: DAY_SECONDS,
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'RS384', 'ES256', 'ES384', 'HS256'] },
    extraClientMetadata: {
      properties: [...EXTRA_CLIENT_METADATA, ...refused],
      validator: (_ctx: unknown, member: string, value: unknown) => {
        if (value === undefined || !refused.includes(member)) return;
        throw new errors.InvalidClientMetadata(`${member} is not a member of client metadata here`);
      },
    },
    renderError: (ctx: { body: unknown; type: string }, out: unknown) => {
      ctx.type = 'json';
      ctx.body = out;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: {
        enabled: true,
        initialAccessToken: options.initialAccessToken ?? false,
        issueRegistrationAccessToken: options.issueRegistrationAccessToken ?? true,
      },
      registrationManagement: {
        enabled: management,
        rotateRegistrationAccessToken: management && (rotate === 'update' || rotate === 'both'),
      },
    },
  });
  provider.proxy = true;
  if (rotate === 'read' || rotate === 'both') rotateOnRead(provider);
  nameThePatient(provider);
  return provider;
}

/** RFC 7592 section 3 allows a new registration access token in any answer; oidc-provider itself does so on PUT only. */
function rotateOnRead(provider: Provider): void {
  provider.use(async (ctx, next) => {
    await next();
    const used = ctx.oidc?.entities.RegistrationAccessToken;
    if (ctx.method !== 'GET' || ctx.status !== 200 || ctx.oidc?.route !== 'client' || used === undefined) return;
    const fresh = new provider.RegistrationAccessToken({ clientId: used.clientId });
    await used.destroy();
    ctx.body = { ...(ctx.body as Record<string, unknown>), registration_access_token: await fresh.save() };
  });
}

/** SMART App Launch: the patient is said beside the access token where `launch/patient` was granted. */
function nameThePatient(provider: Provider): void {
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== 'token' || ctx.status !== 200) return;
    const body = ctx.body as Readonly<Record<string, unknown>>;
    const scopes = String(body.scope ?? '').split(' ');
    if (scopes.includes('launch/patient')) ctx.body = { ...body, patient: PATIENT.id };
  });
}

let key: Promise<Readonly<Record<string, unknown>>> | undefined;

/** One key for all servers of a process: making an RSA key takes longer than starting a server. */
function signingKey(): Promise<Readonly<Record<string, unknown>>> {
  key ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 }).then(({ privateKey }) => ({
    ...privateKey.export({ format: 'jwk' }),
    kid: 'test',
    use: 'sig',
  }));
  return key;
}
