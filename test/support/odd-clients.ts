import { randomBytes } from 'node:crypto';
import type { Members, Oddities } from './oddities.ts';

/** A client in the server's books. */
export type OddClient = {
  readonly clientId: string;
  readonly metadata: Members;
  readonly clientSecret?: string;
  readonly clientSecretExpiresAt: number;
  readonly issuedAt: number;
  readonly registrationAccessToken: string;
  /** Deleted softly: can be read, does not work. */
  readonly disabled: boolean;
};

const NOT_IN_AN_UPDATE = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
];
const WITHOUT_SECRET: readonly unknown[] = ['none', 'private_key_jwt'];

export function newClient(body: Members, oddities: Oddities): OddClient {
  const metadata = { token_endpoint_auth_method: 'client_secret_basic', ...storable(body, oddities) };
  return {
    clientId: `odd-${randomBytes(6).toString('hex')}`,
    metadata,
    ...(hasSecret(metadata, oddities) ? { clientSecret: newSecret() } : {}),
    clientSecretExpiresAt: secretExpiry(oddities),
    issuedAt: Math.floor(Date.now() / 1000),
    registrationAccessToken: newToken(),
    disabled: false,
  };
}

export function updatedClient(client: OddClient, body: Members, oddities: Oddities): OddClient {
  const metadata = storable(body, oddities);
  const { clientSecret: _clientSecret, ...rest } = replaced(client, oddities, 'update');
  const secret = replaced(client, oddities, 'update').clientSecret ?? newSecret();
  return {
    ...rest,
    metadata,
    ...(hasSecret(metadata, oddities) ? { clientSecret: secret } : {}),
    ...(oddities.changeClientIdOnUpdate === true ? { clientId: `odd-${randomBytes(6).toString('hex')}` } : {}),
  };
}

/** The client after a call that may have replaced its secret or token. */
export function replaced(client: OddClient, oddities: Oddities, on: 'update' | 'read'): OddClient {
  const hits = (when: 'update' | 'read' | 'both' | undefined): boolean => when === on || when === 'both';
  return {
    ...client,
    ...(hits(oddities.replaceSecretOn) && client.clientSecret !== undefined
      ? { clientSecret: newSecret(), clientSecretExpiresAt: secretExpiry(oddities) }
      : {}),
    ...(hits(oddities.replaceTokenOn) ? { registrationAccessToken: newToken() } : {}),
  };
}

export function updateProblem(client: OddClient, body: Members | undefined): string | undefined {
  if (body === undefined) return 'a JSON object was expected';
  if (body.client_id !== client.clientId) return 'client_id does not match';
  const forbidden = NOT_IN_AN_UPDATE.find((name) => name in body);
  if (forbidden !== undefined) return `the request must not have ${forbidden}`;
  if ('client_secret' in body && body.client_secret !== client.clientSecret) return 'client_secret does not match';
  return undefined;
}

function storable(body: Members, oddities: Oddities): Members {
  const left = new Set(['client_id', 'client_secret', ...NOT_IN_AN_UPDATE, ...(oddities.droppedMembers ?? [])]);
  return Object.fromEntries(Object.entries(body).filter(([name]) => !left.has(name)));
}

function hasSecret(metadata: Members, oddities: Oddities): boolean {
  return oddities.secretForPublicClients === true || !WITHOUT_SECRET.includes(metadata.token_endpoint_auth_method);
}

function secretExpiry(oddities: Oddities): number {
  const lifetime = oddities.secretLifetimeSeconds;
  return lifetime === undefined ? 0 : Math.floor(Date.now() / 1000) + lifetime;
}

function newSecret(): string {
  return `odd-secret-${randomBytes(16).toString('hex')}`;
}

function newToken(): string {
  return `odd-token-${randomBytes(16).toString('hex')}`;
}

export function configurationUri(parts: {
  readonly client: OddClient;
  readonly issuer: string;
  readonly elsewhereOrigin: string;
  readonly oddity: Oddities['registrationClientUri'];
}): string {
  const path = `/register/${encodeURIComponent(parts.client.clientId)}`;
  switch (parts.oddity) {
    case undefined:
      return `${parts.issuer}${path}`;
    case 'elsewhere':
      return `${parts.elsewhereOrigin}${path}`;
    case 'http':
      return `${parts.issuer.replace(/^https:/, 'http:')}${path}`;
    case 'relative':
      return path;
    default:
      return parts.oddity.verbatim.replaceAll('{id}', encodeURIComponent(parts.client.clientId));
  }
}

export function clientAnswer(parts: {
  readonly client: OddClient;
  readonly uri: string;
  readonly oddities: Oddities;
}): Members {
  const { client, uri, oddities } = parts;
  const full: Members = {
    ...client.metadata,
    client_id: client.clientId,
    client_id_issued_at: client.issuedAt,
    ...(client.clientSecret === undefined
      ? {}
      : { client_secret: client.clientSecret, client_secret_expires_at: client.clientSecretExpiresAt }),
    registration_access_token: client.registrationAccessToken,
    registration_client_uri: uri,
  };
  const answered = Object.fromEntries(
    Object.entries(full).filter(([name]) => oddities.withoutMembers?.includes(name) !== true),
  );
  const typed = oddities.retypedMembers === true ? retype(answered) : answered;
  return oddities.reshape?.(typed) ?? typed;
}

/** Types that real servers were seen to answer with. */
function retype(answer: Members): Members {
  const retyped = Object.entries(answer).map(([name, value]): readonly [string, unknown] => {
    if (name === 'client_id_issued_at' || name === 'client_secret_expires_at') return [name, String(value)];
    if (name === 'token_endpoint_auth_method') return [name, [value]];
    if (Array.isArray(value) && value.length === 1) return [name, value[0]];
    if (name === 'scope' && typeof value === 'string') return [name, value.split(' ')];
    return [name, value];
  });
  return { ...Object.fromEntries(retyped), logo_uri: null, contacts: '' };
}
