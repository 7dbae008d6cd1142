import { randomUUID } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApplyBody } from '../../shared/api/worker-api.ts';
import { deploySecret } from '../../worker/webhooks/verify-deploy.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import type { GitHub } from '../support/github/server.ts';
import { APP_ID, PKCS1 } from './github-app/support/app.ts';
import { closedWebhook, sendWebhook } from './support/github-webhook.ts';
import { startGitHubWithApp } from './support/github-with-app.ts';
import { pullRequestRun, REPOSITORY } from './support/issuer.ts';
import {
  KEY,
  OPERATOR_TOKEN,
  OTHER_KEY,
  startWorker,
  type TestWorker,
  until,
  WEBHOOK_SECRET,
  wish,
} from './support/worker.ts';

const INITIAL_ACCESS_TOKEN = 'canary-initial-access-token-0001';
const DEPLOY_SECRET = 'canary-deploy-webhook-secret-0001';
const GIVEN_SECRET = 'canary-given-client-secret-0001';
const GIVEN_TOKEN = 'canary-given-registration-access-token-0001';
const FOREIGN = 'canary-token-of-somebody-else-0001';
const ROTATION = {
  overlapSeconds: 3_600,
  strategy: 'replace',
  clientIdMayChange: true,
  retire: 'confirmed',
} as const;

let server: AuthorizationServer;
let github: GitHub;
let worker: TestWorker;

/** Every secret there was, with what it is. */
const secrets = new Map<string, string>();
/** Everything that was answered to anybody, but for the credentials that the job gets from its PUT. */
const answers: string[] = [];
/** What the job got. */
const credentials: string[] = [];

const remember = (what: string, secret: unknown) => {
  if (typeof secret === 'string' && secret !== '') secrets.set(secret, what);
};
/** The lines of a key, without those that every key has. */
const rememberKey = (what: string, pem: string) => {
  for (const line of pem
    .split('\n')
    .filter((each) => /^[A-Za-z0-9+/]{48,}/u.test(each))
    .slice(2))
    remember(what, line);
};

beforeAll(async () => {
  server = await startAuthorizationServer({ initialAccessToken: INITIAL_ACCESS_TOKEN, rotate: 'both' });
  server.after(() => {
    for (const { metadata, registrationAccessToken } of server.clients()) {
      remember('client secret', metadata.client_secret);
      remember('registration access token', registrationAccessToken);
    }
  });
  const permissions = {
    secrets: 'write',
    actions_variables: 'write',
    pull_requests: 'read',
    contents: 'write',
    metadata: 'read',
  } as const;
  github = await startGitHubWithApp({ permissions });
  for (const number of [1, 2]) github.pull({ number, state: 'open', head: { ref: 'feature', sha: '1'.repeat(40) } });
  const entry = {
    name: 'ehr',
    server: server.issuer,
    initial_access_token: INITIAL_ACCESS_TOKEN,
    redirect_hosts: ['app.example.org'],
    scopes: 'any',
    grants: ['authorization_code', 'client_credentials'],
  };
  worker = await startWorker(
    server,
    {
      SERVERS: JSON.stringify([entry]),
      GH_APP_ID: APP_ID,
      GH_APP_PRIVATE_KEY: PKCS1,
      DEPLOY_WEBHOOK_SECRET: DEPLOY_SECRET,
    },
    { GH_API_URL: github.url },
  );
  for (const [what, secret] of [
    ['initial access token', INITIAL_ACCESS_TOKEN],
    ['encryption key', KEY],
    ['encryption key', OTHER_KEY],
    ['webhook secret', WEBHOOK_SECRET],
    ['deploy webhook secret', DEPLOY_SECRET],
    ['deploy webhook secret of a repository', (await deploySecret(DEPLOY_SECRET, REPOSITORY.id)).replace('whsec_', '')],
    ['token of the operator', OPERATOR_TOKEN],
    ['secret that the operator gave', GIVEN_SECRET],
    ['token that the operator gave', GIVEN_TOKEN],
    ['token of somebody else', FOREIGN],
  ] as const) {
    remember(what, secret);
  }
  rememberKey('private key of the App', PKCS1);
  const { token } = worker.issuer;
  const { fetch } = worker.harness;
  Object.assign(worker.issuer, {
    token: async (...parameters: Parameters<typeof token>) => {
      const made = await token(...parameters);
      remember('id-token', made.split('.')[2]);
      return made;
    },
  });
  Object.assign(worker.harness, {
    fetch: async (...parameters: Parameters<typeof fetch>) => {
      const answer = await fetch(...parameters);
      const text = await answer.clone().text();
      const [path, init] = parameters;
      answers.push(
        `${init?.method ?? 'GET'} ${path} ${answer.status} ${[...answer.headers]} ${hideIssued(init?.method, text)}`,
      );
      return answer;
    },
  });
});

afterAll(async () => {
  await worker.close();
  await github.close();
  await server.close();
});

/** The answer to a job's PUT without what it is for. */
function hideIssued(method: string | undefined, text: string): string {
  if (method !== 'PUT' || !text.startsWith('{')) return text;
  const { credentials: issued, ...rest } = JSON.parse(text) as { credentials?: { private_key?: string } };
  if (issued === undefined) return text;
  credentials.push(JSON.stringify(issued));
  rememberKey('private key of a client', issued.private_key ?? '');
  return JSON.stringify(rest);
}

/** As it is, and as it looks inside of other encodings. */
function formsOf(secret: string): readonly string[] {
  const inside = Buffer.from(secret).toString('base64').replace(/=+$/u, '').slice(0, -2);
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), inside];
}

function found(text: string): readonly string[] {
  const known = [...secrets].filter(([secret]) => formsOf(secret).some((form) => text.includes(form)));
  // Tokens of the App, of an installation, and of anybody else; keys.
  const shaped = text.match(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+|gh[a-z]_\w+|-----BEGIN [A-Z ]+-----|"d":/gu) ?? [];
  return [...known.map(([, what]) => what), ...shaped];
}

async function inventoryText(): Promise<string> {
  const kv = await worker.kv();
  const { keys } = await kv.list();
  return JSON.stringify([keys, await Promise.all(keys.map(({ name }) => kv.get(name)))]);
}

async function tablesText(): Promise<string> {
  const tables = await worker.sql(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
  );
  return JSON.stringify(await Promise.all(tables.map(({ name }) => worker.sql(`SELECT * FROM ${name}`))));
}

const published = (prefix: string, more: Partial<ApplyBody['desired']> = {}) => {
  const items = [
    { kind: 'variable', name: `${prefix}_ID`, field: 'client_id' },
    { kind: 'secret', name: `${prefix}_SECRET`, field: 'client_secret' },
  ] as const;
  return wish(server, { publish: [{ kind: 'github', createEnvironment: false, items }], ...more });
};

let runs = 200;

function run() {
  runs += 1;
  return { run_id: String(runs) };
}

const put = (key: string, body: ApplyBody) => worker.apply(key, body, run());
const post = (path: string, body: object) => worker.send('POST', path, { body, claims: run() });

async function hook(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  return (await worker.harness.fetch(path, init)).status;
}

/** What a production client, one with a key and a preview go through, well and badly. */
async function live(): Promise<void> {
  const { body: made } = await put('production/web', published('A', { rotation: ROTATION }));
  expect(made.status).toBe('done');
  const { metadata } = wish(server).desired;
  const moved = { ...metadata, redirect_uris: ['https://app.example.org/moved'] };
  expect((await put('production/web', published('A', { rotation: ROTATION, metadata: moved }))).status).toBe(200);
  await worker.send('GET', 'production/web', { claims: run() });
  const { body: rotated } = await post('production/web/rotate', {});
  expect(rotated.registration.retiring).toHaveLength(1);
  await post('production/web/retire', { client_id: 'somebody' });
  await post('production/web/retire', { client_id: rotated.registration.client_id });
  await post('production/web/published', { edition: `${rotated.registration.client_id}#9` });
  await post('production/web/rotate', { now: true });

  const byKey = { token_endpoint_auth_method: 'private_key_jwt', grant_types: ['client_credentials'] };
  const keyed = wish(server, {
    type: 'backend',
    makeKey: true,
    metadata: { ...byKey, redirect_uris: [], response_types: [], scope: 'system/*.rs' },
  });
  const { status, body } = await put('production/backend', keyed);
  expect([status, body.credentials?.private_key], JSON.stringify(body)).toEqual([200, expect.any(String)]);

  const owner = { kind: 'pull_request', number: 1 } as const;
  expect((await worker.apply('pr-1/web', { ...published('B'), owner }, pullRequestRun(1, run()))).status).toBe(200);
  await worker.apply('pr-1/web', { ...published('B'), owner }, pullRequestRun(2, run()));
  await worker.send('DELETE', 'pr-1/web', { claims: pullRequestRun(1, run()) });
}

/** Servers that say back what they were sent, and requests that are refused. */
async function fail(): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const says = (status: number, body: string) =>
    ({ kind: 'answer', status, headers: json, body: body.replaceAll('TOKEN', INITIAL_ACCESS_TOKEN) }) as const;
  for (const [name, answer] of [
    ['refused', says(400, '{"error":"invalid_client_metadata","error_description":"for Bearer TOKEN"}')],
    ['unauthorized', says(401, '{"error":"invalid_token","error_description":"TOKEN is over"}')],
    ['broken', says(500, '<html>Authorization: Bearer TOKEN</html>')],
  ] as const) {
    server.interfere({ method: 'POST', path: '/reg', times: 1, do: answer });
    expect((await put(`production/${name}`, wish(server))).status).not.toBe(200);
    await worker.send('GET', `production/${name}`, { claims: run() });
  }
  const given = { client_id: 'given', client_secret: GIVEN_SECRET, registration_access_token: GIVEN_TOKEN };
  const place = { repository: REPOSITORY.id, environment: 'production', name: 'broken', resolution: 'adopt' };
  for (const uri of [`${server.issuer}/reg/given`, `https://evil.example.net/${GIVEN_TOKEN}`, GIVEN_TOKEN]) {
    await worker.operator('POST', 'resolve', { ...place, ...given, registration_client_uri: uri });
  }
  await worker.operator('POST', 'resolve', { ...place, ...given });
  for (const authorization of [`Bearer ${FOREIGN}`, `Bearer ${OPERATOR_TOKEN}`, `Basic ${FOREIGN}`, FOREIGN]) {
    for (const path of ['v1/registrations/production/web', 'v1/operator/keys', 'v1/operator/export', 'nothing']) {
      await worker.harness.fetch(`/${path}`, { headers: { authorization, 'x-oauth-registrar-api': '1' } });
    }
  }
  await worker.send('PUT', 'production/web', { body: `{"desired":"${FOREIGN}`, claims: run() });
  await worker.send('PUT', 'production/web', { body: { desired: { [FOREIGN]: FOREIGN } }, claims: run() });
}

async function hooks(): Promise<void> {
  const closed = closedWebhook(2);
  expect((await sendWebhook(worker, closed)).status).toBe(202);
  const headers = { ...closed.headers, 'x-hub-signature-256': FOREIGN };
  expect(await hook('/webhooks/github', { ...headers, 'x-github-delivery': randomUUID() }, closed.body)).toBe(401);
  const message = JSON.stringify({ type: 'deploy.rotate', data: { environment: 'production', name: 'web' } });
  const id = randomUUID();
  const signed = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': new Webhook(await deploySecret(DEPLOY_SECRET, REPOSITORY.id)).sign(id, new Date(), message),
  };
  expect(await hook(`/webhooks/deploy/${REPOSITORY.id}`, signed, message)).toBe(202);
  expect(await hook('/webhooks/deploy/3003', signed, message)).toBe(401);
}

async function look(): Promise<void> {
  await sodium.ready;
  const publicKey = Buffer.from(sodium.crypto_box_keypair().publicKey).toString('base64');
  const { status } = await worker.operator('POST', 'export', { repository: REPOSITORY.id, public_key: publicKey });
  expect(status).toBe(200);
  const one = `repository=${REPOSITORY.id}`;
  for (const path of [
    'registrations',
    `registrations?${one}`,
    'ledger',
    `ledger?${one}`,
    'events',
    `events?${one}`,
    'keys',
  ]) {
    expect((await worker.operator('GET', path)).status).toBe(200);
  }
  await worker.harness.fetch('/healthz');
}

test('a canary is seen nowhere but in what the job gets and in the secrets at GitHub', async () => {
  await live();
  await fail();
  await hooks();
  await worker.cron();
  await look();
  await until(async () => {
    const [left] = await worker.sql('SELECT count(*) AS left FROM registrations WHERE inventory_due IS NOT NULL');
    return left?.left === 0;
  });
  const places: Readonly<Record<string, string>> = {
    'the logs': JSON.stringify(worker.harness.getLogs()),
    'KV, its keys and its metadata': await inventoryText(),
    SQLite: await tablesText(),
    'what is public at GitHub': github.publicText(),
    'addresses at GitHub': github.calls.map(({ path }) => path).join('\n'),
    'addresses at the server': server.requests.map(({ path }) => path).join('\n'),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text, place).toMatch(/production|acme|reg|main/u);
    expect(found(text), place).toEqual([]);
  }
  expect(answers.length).toBeGreaterThan(50);
  for (const answer of answers) expect(found(answer), answer).toEqual([]);

  // What this looks for is there to be found.
  expect(new Set(secrets.values()).size).toBe(14);
  expect(found(credentials.join('\n'))).toEqual(expect.arrayContaining(['client secret', 'private key of a client']));
  expect(found(Object.values(github.secrets()).join('\n'))).toContain('client secret');
  expect(found(credentials.join('\n'))).not.toContain('registration access token');
});

test.each<[string, Readonly<Record<string, string>>]>([
  ['a key of another length', { ENCRYPTION_KEYS: `${KEY.slice(0, -4)} ${OTHER_KEY}` }],
  ['servers that are not JSON', { SERVERS: `[{"initial_access_token":"${INITIAL_ACCESS_TOKEN}"` }],
  [
    'a server with what it cannot have',
    { SERVERS: JSON.stringify([{ initial_access_token: [INITIAL_ACCESS_TOKEN], scopes: INITIAL_ACCESS_TOKEN }]) },
  ],
  ['a token of the operator that is too short', { OPERATOR_TOKEN: FOREIGN.slice(0, 8) }],
  ['a key of the App in pieces', { GH_APP_PRIVATE_KEY: PKCS1.slice(0, 400) }],
])('settings that cannot be used are not shown: %s', async (_what, changes) => {
  answers.length = 0;
  worker.harness.clearLogs();
  await worker.reconfigure(changes);
  for (const path of ['/healthz', '/v1/registrations/production/web', '/v1/operator/keys', '/webhooks/github']) {
    await worker.harness.fetch(path);
  }
  await worker.cron();
  const texts = [...answers, JSON.stringify(worker.harness.getLogs())];
  for (const text of texts) expect(found(text), text).toEqual([]);
  await worker.reconfigure({});
});
