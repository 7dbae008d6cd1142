import type { Desired, PublishItem, PublishTarget } from '../../shared/manifest/desired.ts';
import type { JsonObject } from '../../shared/ports/ports.ts';
import type { Publication } from '../../shared/publish/sink.ts';
import type { Client, Intent, KeyPair, RegistrationRecord, Removal, ServerRecord } from '../../shared/record/record.ts';

export const NOW = Date.UTC(2026, 0, 1, 12);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const SERVER: ServerRecord = {
  address: 'https://fhir.example.org/r4',
  registrationEndpoint: 'https://as.example.org/register',
  registrationSource: { kind: 'manifest' },
  tokenEndpoint: 'https://as.example.org/token',
  issuer: 'https://as.example.org',
};

export const ELSEWHERE: ServerRecord = {
  address: 'https://other.example.net',
  registrationEndpoint: 'https://other.example.net/register',
  registrationSource: { kind: 'manifest' },
  tokenEndpoint: 'https://other.example.net/token',
};

export const METADATA: JsonObject = {
  client_name: 'Growth chart',
  redirect_uris: ['https://app.example.com/callback'],
  token_endpoint_auth_method: 'client_secret_basic',
};

export const REDIRECTS: JsonObject = { redirect_uris: ['https://app.example.com/new'] };
export const CHANGED: JsonObject = { ...METADATA, ...REDIRECTS };
export const KEY_METADATA: JsonObject = { ...METADATA, token_endpoint_auth_method: 'private_key_jwt' };

export const ID: PublishItem = { kind: 'variable', name: 'FHIR_CLIENT_ID', field: 'client_id' };
export const SECRET: PublishItem = { kind: 'secret', name: 'FHIR_CLIENT_SECRET', field: 'client_secret' };
export const ALL: PublishItem = { kind: 'secret', name: 'FHIR_CLIENT', field: 'json' };

export function target(...items: readonly PublishItem[]): PublishTarget {
  return { kind: 'github', createEnvironment: false, items };
}

export function desired(more: Partial<Desired> = {}): Desired {
  return {
    key: 'production/web',
    name: 'web',
    environment: 'production',
    server: { address: SERVER.address, configurationEndpointOrigins: [] },
    metadata: METADATA,
    makeKey: false,
    publish: [],
    update: 'ask',
    strict: false,
    ...more,
  };
}

export const ROTATION: NonNullable<Desired['rotation']> = {
  everySeconds: 30 * 86_400,
  overlapSeconds: 86_400,
  strategy: 'replace',
  clientIdMayChange: true,
  retire: 'confirmed',
};

export const OWNER = { kind: 'pull_request', number: 42 } as const;

/** A client that works and needs nothing. */
export function client(more: Partial<Client> = {}): Client {
  const clientId = more.clientId ?? 'client-1';
  return {
    clientId,
    role: 'current',
    clientSecret: `secret of ${clientId}`,
    edition: 1,
    server: SERVER,
    purpose: 'first',
    access: access(clientId),
    accessSeen: 'works',
    requested: METADATA,
    granted: METADATA,
    marker: '',
    madeAt: NOW - DAY,
    verification: { outcome: 'works', at: NOW - DAY, reason: 'a token was issued' },
    ...more,
  };
}

export function access(clientId: string) {
  return {
    registrationClientUri: `https://as.example.org/register/${clientId}`,
    registrationAccessToken: `token of ${clientId}`,
  };
}

/** A client without some of its members. */
export function without<T extends object, K extends keyof T>(whole: T, ...members: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !members.includes(name as K))) as Omit<T, K>;
}

/** A registration at rest: one client, nothing published. */
export function record(more: Partial<RegistrationRecord> = {}): RegistrationRecord {
  return {
    version: 1,
    key: 'production/web',
    desired: desired(),
    server: SERVER,
    clients: [client()],
    suspects: [],
    orphans: [],
    published: [],
    traits: {},
    ledger: [],
    ...more,
  };
}

export function intent(more: Partial<Intent> = {}): Intent {
  return {
    marker: 'or-0123456789ab',
    purpose: 'first',
    requested: METADATA,
    server: SERVER,
    startedAt: NOW - HOUR,
    limitAt: NOW - HOUR / 2,
    ...more,
  };
}

export function suspect(more: Partial<Intent> = {}): RegistrationRecord['suspects'][number] {
  return { ...without(intent(more), 'limitAt'), reason: 'the answer never came', since: NOW - HOUR };
}

export function publication(item: PublishItem, of?: string, more: Partial<Publication> = {}): Publication {
  return {
    target: { kind: 'github' },
    item,
    state: of === undefined ? 'claimed' : 'written',
    at: NOW - DAY,
    ...(of !== undefined && { of }),
    ...more,
  };
}

export function removal(more: Partial<Removal> = {}): Removal {
  return {
    stage: 'ask',
    since: NOW - HOUR,
    asked: 1,
    accepted: false,
    unanswered: false,
    failures: 0,
    tryAt: NOW,
    reason: 'answered 500',
    ...more,
  };
}

export const KEY: KeyPair = {
  privateKey: '-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n',
  keyId: 'key-1',
  publicJwk: { kty: 'EC', crv: 'P-384', x: 'x', y: 'y', kid: 'key-1', alg: 'ES384' },
};
