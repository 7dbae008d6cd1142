import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ApplyBody, ErrorAnswer } from '../../shared/api/worker-api.ts';
import { makeKey } from './identity/issuer.ts';
import { REPOSITORY } from './support/issuer.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PUBLIC_URL = 'https://registrar.example.com';
const ISSUER = 'https://token.actions.githubusercontent.com';
const AS = 'https://as.example.org';
const EVIL = 'https://evil.example.net';
const INITIAL_ACCESS_TOKEN = 'canary-initial-access-token';

/** Answers of the internet, by method and address; everything else is 404. */
type Internet = Record<string, (request: { readonly headers: Headers }) => Response>;

let runtime: Miniflare;
let internet: Internet = {};
/** What the Worker sent, with the authorization that went along. */
let sent: { readonly call: string; readonly authorization: string | null }[] = [];
let jwks: string;
let sign: (claims: SignJWT) => Promise<string>;
let runs = 0;

const metadata = {
  issuer: AS,
  registration_endpoint: `${AS}/register`,
  token_endpoint: `${AS}/token`,
  authorization_endpoint: `${AS}/authorize`,
  response_types_supported: ['code'],
};
const redirect = (location: string, status = 307) => new Response(null, { status, headers: { location } });
const registered = () =>
  Response.json(
    {
      client_id: 'client-1',
      client_secret: 'canary-client-secret',
      client_secret_expires_at: 0,
      registration_access_token: 'canary-registration-access-token',
      registration_client_uri: `${AS}/register/client-1`,
    },
    { status: 201 },
  );

beforeAll(async () => {
  const key = await makeKey('key-1');
  jwks = JSON.stringify({ keys: [key.publicJwk] });
  sign = (claims) => claims.setProtectedHeader({ alg: 'RS256', kid: key.id }).sign(key.privateKey);
  const directory = await mkdtemp(join(tmpdir(), 'oauth-registrar-bundle-'));
  await promisify(execFile)('npx', ['wrangler', 'deploy', '--dry-run', '--outdir', directory], { cwd: ROOT });
  const script = await readFile(join(directory, 'index.js'), 'utf8');
  await rm(directory, { recursive: true });
  runtime = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script,
      compatibilityDate: '2026-11-01',
      durableObjects: { REPOSITORIES: { className: 'Repository', useSQLite: true } },
      kvNamespaces: ['REGISTRATIONS'],
      bindings: {
        PUBLIC_URL,
        GH_API_URL: 'https://api.github.com',
        GH_OIDC_ISSUERS: ISSUER,
        POLICY: JSON.stringify({ owners: [{ id: REPOSITORY.ownerId }], repositories: [{ id: REPOSITORY.id }] }),
        ENCRYPTION_KEYS: Buffer.alloc(32, 1).toString('base64'),
        SERVERS: JSON.stringify([
          {
            name: 'ehr',
            server: AS,
            initial_access_token: INITIAL_ACCESS_TOKEN,
            redirect_hosts: ['app.example.org'],
            scopes: 'any',
          },
        ]),
      },
      outboundService: (request) => {
        const call = `${request.method} ${request.url}`;
        if (call === `GET ${ISSUER}/.well-known/jwks`) {
          return new Response(jwks, { headers: { 'content-type': 'application/json' } }) as never;
        }
        sent.push({ call, authorization: request.headers.get('authorization') });
        const answer = internet[call] ?? (() => new Response(null, { status: 404 }));
        return answer(request as never) as never;
      },
    }),
  );
  await runtime.ready;
});

afterAll(() => runtime.dispose());

beforeEach(() => {
  sent = [];
  internet = { [`GET ${AS}/.well-known/oauth-authorization-server`]: () => Response.json(metadata) };
});

async function put(name: string, server: string): Promise<{ status: number; body: ErrorAnswer }> {
  runs += 1;
  const now = Math.floor(Date.now() / 1000);
  const token = await sign(
    new SignJWT({
      iss: ISSUER,
      aud: PUBLIC_URL,
      jti: `token-${runs}`,
      iat: now,
      nbf: now,
      exp: now + 300,
      repository: REPOSITORY.name,
      repository_id: REPOSITORY.id,
      repository_owner: 'acme',
      repository_owner_id: REPOSITORY.ownerId,
      event_name: 'push',
      ref: 'refs/heads/main',
      ref_type: 'branch',
      run_id: String(runs),
      run_attempt: '1',
    }),
  );
  const desired: ApplyBody['desired'] = {
    server: { address: server, configurationEndpointOrigins: [] },
    type: 'confidential',
    metadata: { redirect_uris: ['https://app.example.org/callback'], grant_types: ['authorization_code'] },
    makeKey: false,
    publish: [],
    update: 'ask',
    strict: false,
  };
  const answer = await runtime.dispatchFetch(`${PUBLIC_URL}/v1/registrations/production/${name}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'x-oauth-registrar-api': '1',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ desired }),
  });
  return { status: answer.status, body: (await answer.json()) as ErrorAnswer };
}

const calls = () => sent.map(({ call }) => call);

test('a server that policy names is used, with the token that is the operator’s', async () => {
  internet[`POST ${AS}/register`] = registered;
  expect((await put('web', AS)).status).toBe(200);
  expect(sent).toContainEqual({ call: `POST ${AS}/register`, authorization: `Bearer ${INITIAL_ACCESS_TOKEN}` });
});

test.each([EVIL, `${AS}.evil.example.net`, `${AS}:8443`, 'http://as.example.org', 'http://127.0.0.1:9'])(
  'nothing is sent to %s, which no policy names',
  async (server) => {
    const { status, body } = await put('elsewhere', server);
    expect([status, body.error]).toEqual([403, 'policy_refused']);
    expect(sent).toEqual([]);
  },
);

test.each([301, 302, 307, 308])('a registration that is answered with %i goes nowhere else', async (code) => {
  internet[`POST ${AS}/register`] = () => redirect(`${EVIL}/register`, code);
  internet[`POST ${EVIL}/register`] = registered;
  internet[`GET ${EVIL}/register`] = registered;
  const { status, body } = await put(`redirected-${code}`, AS);
  expect([status, body.error]).toEqual([422, 'redirect_refused']);
  expect(calls().filter((call) => call.includes('evil') || call.startsWith('POST'))).toEqual([`POST ${AS}/register`]);
});

test('after See Other the client may exist, and nothing more is sent', async () => {
  internet[`POST ${AS}/register`] = () => redirect(`${EVIL}/register`, 303);
  const { body } = await put('processed', AS);
  expect(body.error).toBe('registration_unknown');
  expect(calls().filter((call) => call.includes('evil'))).toEqual([]);
});

test('a server whose metadata are elsewhere is not followed there', async () => {
  internet[`GET ${AS}/.well-known/oauth-authorization-server`] = () => redirect(`${EVIL}/metadata`);
  internet[`GET ${EVIL}/metadata`] = () => Response.json(metadata);
  const { status } = await put('moved', AS);
  expect(status).not.toBe(200);
  expect(calls().filter((call) => call.includes('evil') || call.startsWith('POST'))).toEqual([]);
});

test('a token endpoint that redirects gets no credentials carried on', async () => {
  internet[`POST ${AS}/register`] = registered;
  internet[`POST ${AS}/token`] = () => redirect(`${EVIL}/token`);
  await put('verified', AS);
  expect(calls()).toContain(`POST ${AS}/token`);
  expect(calls().filter((call) => call.includes('evil'))).toEqual([]);
});
