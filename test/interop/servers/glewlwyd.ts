import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openUserAgent, type SignIn } from '../../support/user-agent.ts';
import { startBehindFront } from '../behind-front.ts';
import { debianPackages } from '../debian.ts';
import { folder } from '../folder.ts';
import type { Candidate, HeldClient, RunningServer } from '../server.ts';

/** The second one is there because the first cannot be set up without a database of its own. */
const PACKAGES = ['glewlwyd', 'dbconfig-sqlite3'];
const SCHEMA = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3';
const MODULES = '/usr/lib/glewlwyd';
const PLUGIN = 'oidc';
/** In the schema, with the administrator's rights. */
const ADMIN = { username: 'admin', password: 'password' };
const PERSON = { username: 'person', password: 'password of a person' };
const SCOPE = 'openid';
/** What every client may have for itself, without a person. */
const SERVICE_SCOPE = 'service';
const HOUR_SECONDS = 3600;

export const glewlwyd: Candidate = {
  title: 'Glewlwyd',
  install: async (permissions) => {
    const version = await debianPackages(PACKAGES, permissions);
    return typeof version === 'string' ? { version: version.replace(/-.*$/u, ''), start } : version;
  },
};

/** A process of our own with a database of its own: nothing of the system's configuration. */
async function start(): Promise<RunningServer> {
  const directory = await folder('data', 'glewlwyd');
  const database = await makeDatabase(directory);
  return await startBehindFront(async ({ origin, port, run }) => {
    await run({
      command: ['glewlwyd', '--env-variables'],
      cwd: directory,
      env: {
        GLWD_PORT: String(port),
        GLWD_BIND_ADDRESS: '127.0.0.1',
        GLWD_EXTERNAL_URL: origin,
        GLWD_API_PREFIX: 'api',
        GLWD_LOG_MODE: 'console',
        GLWD_DATABASE_TYPE: 'sqlite3',
        GLWD_DATABASE_SQLITE3_PATH: database,
        GLWD_HASH_ALGORITHM: 'SHA512',
        GLWD_SESSION_EXPIRATION: String(HOUR_SECONDS),
        GLWD_SESSION_KEY: 'SESSION',
        GLWD_ADMIN_SCOPE: 'g_admin',
        GLWD_PROFILE_SCOPE: 'g_profile',
        GLWD_USER_MODULE_PATH: join(MODULES, 'user'),
        GLWD_USER_MIDDLEWARE_MODULE_PATH: join(MODULES, 'user_middleware'),
        GLWD_CLIENT_MODULE_PATH: join(MODULES, 'client'),
        GLWD_AUTH_SCHEME_MODULE_PATH: join(MODULES, 'scheme'),
        GLWD_PLUGIN_MODULE_PATH: join(MODULES, 'plugin'),
      },
      ready: `http://127.0.0.1:${port}/config`,
    });
    const api = `http://127.0.0.1:${port}/api`;
    const admin = administration(api);
    const address = `${origin}/api/${PLUGIN}`;
    await admin('POST', '/scope/', { name: SERVICE_SCOPE, display_name: 'Service', password_required: false });
    await admin('POST', '/mod/plugin/', plugin(address));
    // The second scope is for agreeing to the first.
    await admin('POST', '/user/', { ...PERSON, name: 'Person', enabled: true, scope: [SCOPE, 'g_profile'] });
    return {
      address,
      grants: {
        codeFlow: { scope: SCOPE, signIn: signInByApi(api) },
        clientCredentials: { scope: SERVICE_SCOPE },
      },
      clients: async () => (await admin<readonly Stored[]>('GET', '/client/?limit=1000')).filter(isInForce).map(held),
    };
  });
}

async function makeDatabase(directory: string): Promise<string> {
  const file = join(directory, 'glewlwyd.sqlite');
  await rm(file, { force: true });
  const database = new DatabaseSync(file);
  database.exec(await readFile(SCHEMA, 'utf8'));
  database.close();
  return file;
}

/** OpenID Connect with open registration, whose clients manage themselves. */
function plugin(issuer: string): unknown {
  return {
    module: 'oidc',
    name: PLUGIN,
    display_name: 'Interoperability',
    enabled: true,
    parameters: {
      iss: issuer,
      'jwt-type': 'sha',
      'jwt-key-size': '256',
      key: randomBytes(32).toString('base64url'),
      'code-duration': 600,
      'access-token-duration': HOUR_SECONDS,
      'refresh-token-duration': HOUR_SECONDS,
      'allow-non-oidc': true,
      'auth-type-code-enabled': true,
      'auth-type-client-enabled': true,
      'auth-type-refresh-enabled': true,
      'pkce-allowed': true,
      'register-client-allowed': true,
      'register-client-auth-scope': [],
      'register-client-credentials-scope': [SERVICE_SCOPE],
      'register-client-management-allowed': true,
    },
  };
}

type Stored = {
  readonly client_id: string;
  readonly enabled: boolean;
  readonly name?: string;
  readonly redirect_uri?: readonly string[];
};

/** A deletion only takes a client out of force; that is all the server means by it. */
function isInForce({ enabled }: Stored): boolean {
  return enabled;
}

function held({ client_id: clientId, name = '', redirect_uri: redirectUris = [] }: Stored): HeldClient {
  return { clientId, name, redirectUris };
}

type Administration = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** Every call logs in anew: the administrator's session is good for ten minutes. */
function administration(api: string): Administration {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const { text } = await ask(`${api}${path}`, { method, cookie: await logIn(api, ADMIN), body });
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
}

/** What the script of its page to sign in at does: log in, agree to what the client asks for, and go back. */
function signInByApi(api: string): SignIn {
  return async (start, redirectUri) => {
    const reached = await openUserAgent(redirectUri).visit(start);
    if ('callback' in reached) throw new Error('nobody was asked to sign in');
    const asked = ({ searchParams }: URL, name: string): string => {
      const value = searchParams.get(name);
      if (value === null) throw new Error(`${reached.url.pathname} is not told ${name}: ${reached.html.slice(0, 500)}`);
      return value;
    };
    const cookie = await logIn(api, PERSON);
    const grant = `${api}/auth/grant/${encodeURIComponent(asked(reached.url, 'client_id'))}`;
    await ask(grant, { method: 'PUT', cookie, body: { scope: asked(reached.url, 'scope') } });
    const back = new URL(asked(reached.url, 'callback_url'));
    back.searchParams.set('g_continue', '');
    const { headers, status } = await fetch(back, { headers: { cookie }, redirect: 'manual' });
    const callback = headers.get('location') ?? '';
    if (!callback.startsWith(`${redirectUri}?`)) throw new Error(`no way back to the app (${status}): ${callback}`);
    return new URL(callback);
  };
}

async function logIn(api: string, who: { readonly username: string; readonly password: string }): Promise<string> {
  const { cookies } = await ask(`${api}/auth/`, { method: 'POST', body: who });
  return cookies.map((one) => one.split(';')[0]).join('; ');
}

type Call = { readonly method: string; readonly cookie?: string; readonly body?: unknown };

async function ask(url: string, { method, cookie = '', body }: Call) {
  const response = await fetch(url, {
    method,
    headers: { cookie, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return { text, cookies: response.headers.getSetCookie() };
}
