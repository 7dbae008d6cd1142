import { fileURLToPath } from 'node:url';
import { createTestHarness, type TestHarness } from 'wrangler';
import {
  API_VERSION,
  API_VERSION_HEADER,
  type ApplyAnswer,
  type ApplyBody,
  type ErrorAnswer,
  type ViewAnswer,
} from '../../../shared/api/worker-api.ts';
import type { RegistrationRecord } from '../../../shared/record/record.ts';
import { parseStateKeys } from '../../../shared/record/seal.ts';
import type { RepositoryCalls } from '../../../worker/repository/calls.ts';
import { createVault } from '../../../worker/repository/vault.ts';
import type { AuthorizationServer } from '../../support/authorization-server.ts';
import { type Claims, type Issuer, REPOSITORY, startIssuer } from './issuer.ts';

export const PUBLIC_URL = 'https://registrar.example.org';
export const KEY = Buffer.alloc(32, 1).toString('base64');
export const OTHER_KEY = Buffer.alloc(32, 2).toString('base64');
export const OPERATOR_TOKEN = 'canary-operator-token-of-the-tests-0001';
export const WEBHOOK_SECRET = 'canary-webhook-secret-0001';

const CONFIG = fileURLToPath(new URL('../../../wrangler.toml', import.meta.url));

type Kv = {
  readonly list: (options?: { readonly prefix?: string }) => Promise<{
    readonly keys: readonly { readonly name: string; readonly metadata?: unknown; readonly expiration?: number }[];
  }>;
  readonly get: (key: string) => Promise<string | null>;
  readonly put: (key: string, value: string, options?: { readonly metadata: unknown }) => Promise<void>;
  readonly delete: (key: string) => Promise<void>;
};

export type Answer<T> = { readonly status: number; readonly body: T; readonly headers: Headers };

export type TestWorker = {
  readonly harness: TestHarness;
  readonly issuer: Issuer;
  /** A request by a run, with a fresh id-token. */
  readonly send: <T = ViewAnswer & ErrorAnswer>(
    method: string,
    path: string,
    request?: { readonly body?: unknown; readonly claims?: Claims; readonly headers?: Record<string, string> },
  ) => Promise<Answer<T>>;
  /** PUT until it is done or refused. */
  readonly apply: (key: string, body: ApplyBody, claims?: Claims) => Promise<Answer<ApplyAnswer & ErrorAnswer>>;
  readonly operator: <T>(method: string, path: string, body?: unknown) => Promise<Answer<T>>;
  readonly object: (repositoryId?: string) => Promise<RepositoryCalls>;
  readonly sql: (query: string, ...bindings: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;
  /** Takes the object out of memory when it is at rest. */
  readonly evict: () => Promise<void>;
  /** Ends the runtime, whatever it is doing, and starts it again with the same storage. */
  readonly kill: () => Promise<void>;
  /** Changes a record as it is stored, as if time had passed, and makes it due. */
  readonly edit: (key: string, change: (record: RegistrationRecord) => RegistrationRecord) => Promise<void>;
  readonly record: (key: string) => Promise<RegistrationRecord>;
  /** Runs the cron handler. */
  readonly cron: () => Promise<void>;
  readonly kv: () => Promise<Kv>;
  /** Starts it again with other settings and the same storage. */
  readonly reconfigure: (changes: Readonly<Record<string, string>>) => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * The Worker in workerd, from wrangler.toml or another configuration, with a policy for one repository and a server.
 * Beside it, in the same runtime, there can be Workers of other configurations.
 */
export async function startWorker(
  server: Pick<AuthorizationServer, 'issuer'>,
  secrets: Readonly<Record<string, string>> = {},
  vars: Readonly<Record<string, string>> = {},
  {
    configPath = CONFIG,
    beside = [],
    now = Date.now,
  }: { readonly configPath?: string; readonly beside?: readonly string[]; readonly now?: () => number } = {},
): Promise<TestWorker> {
  const issuer = await startIssuer(now);
  const options = (changes: Readonly<Record<string, string>>) => ({
    workers: [
      {
        configPath,
        vars: {
          PUBLIC_URL,
          INSECURE_LOOPBACK: 'true',
          GH_OIDC_ISSUERS: issuer.url,
          POLICY: JSON.stringify(POLICY),
          ...vars,
        },
        secrets: {
          ENCRYPTION_KEYS: KEY,
          SERVERS: JSON.stringify([serverEntry(server)]),
          OPERATOR_TOKEN,
          GH_WEBHOOK_SECRET: WEBHOOK_SECRET,
          ...secrets,
          ...changes,
        },
      },
      ...beside.map((other) => ({ configPath: other })),
    ],
  });
  const harness = createTestHarness(options({}));
  await harness.listen();
  const keys = await parseStateKeys(KEY);
  const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
  const vault = createVault({ repositoryId: REPOSITORY.id, keys, random });

  const fetchJson = async <T>(path: string, init: RequestInit): Promise<Answer<T>> => {
    const answer = await harness.fetch(path, init as Parameters<typeof harness.fetch>[1]);
    const text = await answer.text();
    const json = answer.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: answer.status,
      body: (json ? JSON.parse(text) : text) as T,
      headers: answer.headers as unknown as Headers,
    };
  };

  const send: TestWorker['send'] = async <T>(
    method: string,
    path: string,
    { body, claims, headers }: { body?: unknown; claims?: Claims; headers?: Record<string, string> } = {},
  ) =>
    fetchJson<T>(`/v1/registrations/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await issuer.token(PUBLIC_URL, claims)}`,
        [API_VERSION_HEADER]: String(API_VERSION),
        ...(method === 'PUT' || method === 'POST' ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

  const storage = () =>
    harness.getWorker().getDurableObjectStorage('REPOSITORIES', { name: REPOSITORY.id } as { name: string });
  const sql: TestWorker['sql'] = async (query, ...bindings) =>
    (await (await storage()).exec(query, ...(bindings as never[]))) as readonly Record<string, unknown>[];
  const evict = () => harness.getWorker().evictDurableObject('Repository', { name: REPOSITORY.id });
  const sealedOf = async (key: string): Promise<string> => {
    const [row] = await sql('SELECT sealed FROM registrations WHERE key = ?', key);
    return String(row?.sealed);
  };
  const record = async (key: string) => vault.open(key, await sealedOf(key));

  return {
    harness,
    issuer,
    send,
    apply: async (key, body, claims) => {
      for (;;) {
        const answer = await send<ApplyAnswer & ErrorAnswer>('PUT', key, { body, ...(claims && { claims }) });
        if (answer.status !== 202) return answer;
      }
    },
    operator: (method, path, body) =>
      fetchJson(`/v1/operator/${path}`, {
        method,
        headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    object: async (repositoryId = REPOSITORY.id) => {
      const env = await harness.getWorker().getEnv();
      return env.REPOSITORIES.get(env.REPOSITORIES.idFromName(repositoryId)) as RepositoryCalls;
    },
    sql,
    evict,
    kill: () => harness.update(options({})),
    record,
    edit: async (key, change) => {
      const sealed = await vault.seal(change(await record(key)));
      await sql('UPDATE registrations SET sealed = ?, due = ? WHERE key = ?', sealed, now(), key);
    },
    cron: async () => {
      await harness.getWorker().scheduled({ cron: '*/15 * * * *' });
    },
    kv: async () => (await harness.getWorker().getEnv()).REGISTRATIONS as Kv,
    reconfigure: (changes) => harness.update(options(changes)),
    close: async () => {
      await harness.close();
      await issuer.close();
    },
  };
}

const POLICY = {
  owners: [{ id: REPOSITORY.ownerId, name: 'acme' }],
  repositories: [{ id: REPOSITORY.id, name: REPOSITORY.name }],
};

function serverEntry(server: Pick<AuthorizationServer, 'issuer'>): Readonly<Record<string, unknown>> {
  return {
    name: 'ehr',
    server: server.issuer,
    redirect_hosts: ['app.example.org', '*.preview.example.org'],
    scopes: 'any',
    grants: ['authorization_code', 'refresh_token', 'client_credentials'],
  };
}

/** A confidential client, as the Action asks for it. */
export function wish(server: AuthorizationServer, changes: Partial<ApplyBody['desired']> = {}): ApplyBody {
  return {
    desired: {
      server: { address: server.issuer, configurationEndpointOrigins: [] },
      type: 'confidential',
      metadata: {
        client_name: 'Growth chart',
        redirect_uris: ['https://app.example.org/callback'],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
      makeKey: false,
      publish: [],
      update: 'ask',
      strict: false,
      ...changes,
    },
  };
}

/** Asks again and again until it is so. */
export async function until(what: () => Promise<boolean>, patienceMs = 15_000): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await what())) {
    if (Date.now() > end) throw new Error('it did not come to be so');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
