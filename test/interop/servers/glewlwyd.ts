import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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
    const admin = administration(`http://127.0.0.1:${port}/api`);
    const address = `${origin}/api/${PLUGIN}`;
    await admin('POST', '/mod/plugin/', plugin(address));
    return {
      address,
      grants: {
        codeFlow: { why: 'its pages are scripts' },
        clientCredentials: { why: 'an administrator has to give scopes to each client' },
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
      'register-client-allowed': true,
      'register-client-auth-scope': [],
      'register-client-credentials-scope': [],
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
  const ask = async (method: string, path: string, { cookie = '', body }: { cookie?: string; body?: unknown }) => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { cookie, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return { text, cookies: response.headers.getSetCookie() };
  };
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const { cookies } = await ask('POST', '/auth/', { body: ADMIN });
    const cookie = cookies.map((one) => one.split(';')[0]).join('; ');
    const { text } = await ask(method, path, { cookie, body });
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
}
