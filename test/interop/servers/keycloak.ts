import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startBehindFront } from '../behind-front.ts';
import { folder, installOnce, isInstalled, run } from '../folder.ts';
import type { Candidate, HeldClient, Installed, Missing, RunningServer } from '../server.ts';
import { signInByForms } from '../sign-in.ts';

const VERSION = '26.7.3';
const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:unpack';
const REALM = 'interop';
const ADMIN = { user: 'admin', password: 'of-this-run-only' };
const PERSON = { username: 'person', password: 'of-this-run-only-too' };
const POLICIES = 'org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy';
const HOUR_SECONDS = 3600;
const MANY = 100;

export const keycloak: readonly Candidate[] = [
  { title: 'Keycloak: anonymous registration', faults: true, install: () => install('anonymous') },
  { title: 'Keycloak: initial access token', install: () => install('token') },
];

type Registration = 'anonymous' | 'token';

/** The Quarkus distribution, as Maven Central has it. */
async function install(registration: Registration): Promise<Installed | Missing> {
  if (!(await isInstalled('mvn'))) return { why: 'Maven is not installed', type: 'apt-get install maven' };
  const into = await folder('maven');
  const home = join(into, `keycloak-${VERSION}`);
  const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
  await installOnce(into, artifact, async () => {
    const options = { artifact, outputDirectory: into, markersDirectory: join(into, 'markers') };
    const defined = Object.entries(options).map(([name, value]) => `-D${name}=${value}`);
    // A checksum that is wrong is an error.
    await run(['mvn', '-q', '-B', '-C', UNPACK, ...defined], { cwd: into });
  });
  return { version: VERSION, start: () => start(home, registration) };
}

async function start(home: string, registration: Registration): Promise<RunningServer> {
  await rm(join(home, 'data', 'h2'), { recursive: true, force: true });
  return await startBehindFront(async ({ origin, port, run }) => {
    await run({
      command: ['bash', 'bin/kc.sh', 'start-dev', '--http-host=127.0.0.1', `--http-port=${port}`],
      cwd: home,
      env: {
        KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.user,
        KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
        JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m',
      },
      ready: `http://127.0.0.1:${port}/realms/master`,
      patienceMs: 600_000,
    });
    const admin = administration(origin);
    await admin('POST', '', { realm: REALM, enabled: true, sslRequired: 'none' });
    await makePerson(admin);
    const initialAccessToken = registration === 'token' ? await makeToken(admin) : undefined;
    if (registration === 'anonymous') await allowAnonymous(admin);
    return {
      address: `${origin}/realms/${REALM}`,
      // `accept` is the button of the page that asks for consent.
      grants: {
        codeFlow: { scope: 'openid', signIn: signInByForms({ ...PERSON, accept: 'Yes' }) },
        clientCredentials: {},
      },
      ...(initialAccessToken !== undefined && { initialAccessToken }),
      clients: async () => {
        const clients = await admin<readonly Stored[]>('GET', `/${REALM}/clients?max=1000`);
        return clients.map(heldClient);
      },
    };
  });
}

type Stored = { readonly clientId: string; readonly name?: string; readonly redirectUris?: readonly string[] };
type Administration = <T>(method: string, path: string, body?: unknown) => Promise<T>;

function heldClient({ clientId, name = '', redirectUris = [] }: Stored): HeldClient {
  return { clientId, name, redirectUris };
}

function administration(origin: string): Administration {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const granted = await fetch(`${origin}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'admin-cli',
        username: ADMIN.user,
        password: ADMIN.password,
      }),
    });
    const { access_token: token } = (await granted.json()) as { readonly access_token: string };
    const response = await fetch(`${origin}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
}

async function makePerson(admin: Administration): Promise<void> {
  const { username, password } = PERSON;
  await admin('POST', `/${REALM}/users`, {
    ...{ username, enabled: true, firstName: 'Any', lastName: 'Person', email: 'person@example.org' },
    credentials: [{ type: 'password', value: password, temporary: false }],
  });
}

async function makeToken(admin: Administration): Promise<string> {
  const wish = { count: MANY, expiration: HOUR_SECONDS };
  return (await admin<{ readonly token: string }>('POST', `/${REALM}/clients-initial-access`, wish)).token;
}

/** Nobody may register without a token until hosts are trusted; the redirect URIs of an app are on other hosts. */
async function allowAnonymous(admin: Administration): Promise<void> {
  type Component = { readonly id: string; readonly providerId: string; readonly subType?: string };
  const components = await admin<readonly Component[]>('GET', `/${REALM}/components?type=${POLICIES}`);
  const hosts = components.find(({ providerId, subType }) => providerId === 'trusted-hosts' && subType === 'anonymous');
  if (hosts === undefined) throw new Error('there is no policy for trusted hosts');
  await admin('PUT', `/${REALM}/components/${hosts.id}`, {
    ...hosts,
    config: {
      'trusted-hosts': ['127.0.0.1'],
      'host-sending-registration-request-must-match': ['true'],
      'client-uris-must-match': ['false'],
    },
  });
}
