import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { JsonObject } from '../../shared/ports/ports.ts';
import type { Client } from '../../shared/record/record.ts';
import type { Answer, ClientInformation, RegistrationApi } from '../../shared/registration/answer.ts';
import type { VerifyResult } from '../../shared/registration/verify.ts';

export const ENDPOINT = 'https://as.example.org/register';

/** How a server differs from one that does all of RFC 7592 and changes nothing unasked. */
export type Kind = {
  /** Answers without registration access token and configuration endpoint. */
  readonly unmanaged?: boolean;
  /** Token and configuration endpoint are named at the registration and never again. */
  readonly omitsToken?: boolean;
  /** A token works once: every read and update answers with a new one. */
  readonly singleUseTokens?: boolean;
  readonly updateReplacesSecret?: boolean;
  readonly readHidesSecret?: boolean;
  /** PUT and DELETE are not there, although the answers name a configuration endpoint. */
  readonly readOnly?: boolean;
  /** DELETE says yes and nothing happens. */
  readonly keepsDeleted?: boolean;
  readonly refusesUpdate?: Answer;
  /** Asks to come again later, the first time. */
  readonly busyFirst?: boolean;
  /** Secrets end so long after they were made. */
  readonly secretSeconds?: number;
  readonly grants?: JsonObject;
  /** A hosted key set is read when a key is not known, but not again before so many milliseconds have passed. */
  readonly keepsKeysMs?: number;
};

export type ModelClient = {
  readonly clientId: string;
  secret: string | undefined;
  token: string;
  metadata: JsonObject;
  readonly registeredAt: number;
  alive: boolean;
  /** Secrets that an update replaced: what was published is dead through no fault of ours. */
  readonly replacedSecrets: string[];
};

export type ModelCall = {
  readonly verb: 'register' | 'read' | 'update' | 'remove';
  readonly clientId: string;
  readonly at: number;
};

/** An authorization server in memory, of the given kind. Answers at once; losing answers is up to whoever calls it. */
export function modelServer(
  now: () => number,
  kind: Kind = {},
  fetchKeys: (uri: string) => readonly string[] = () => [],
) {
  const known = new Map<string, { readonly at: number; readonly keyIds: readonly string[] }>();
  const clients: ModelClient[] = [];
  const calls: ModelCall[] = [];
  let made = 0;
  let asked = 0;
  const issued: string[] = [];
  const fresh = (what: 'id' | 'secret' | 'token') => {
    const value = `${what}-${++made}`;
    if (what !== 'id') issued.push(value);
    return value;
  };

  const usesSecret = ({ token_endpoint_auth_method: method = 'client_secret_basic' }: JsonObject) =>
    String(method).startsWith('client_secret_');

  const endOf = ({ registeredAt }: ModelClient) =>
    kind.secretSeconds === undefined ? 0 : Math.floor(registeredAt / 1000) + kind.secretSeconds;

  const information = (client: ModelClient, showSecret: boolean, first = false): ClientInformation => ({
    clientId: client.clientId,
    ...(client.secret !== undefined &&
      showSecret && { clientSecret: client.secret, clientSecretExpiresAt: endOf(client) }),
    ...((first ? kind.unmanaged : (kind.unmanaged ?? kind.omitsToken)) !== true && {
      registrationAccessToken: client.token,
      registrationClientUri: `${ENDPOINT}/${client.clientId}`,
    }),
    metadata: client.metadata,
  });

  const authorized = (verb: 'read' | 'update' | 'remove', uri: string, token: string): ModelClient | undefined => {
    const client = clients.find(({ clientId }) => uri === `${ENDPOINT}/${clientId}`);
    calls.push({ verb, clientId: client?.clientId ?? uri, at: now() });
    return client?.alive === true && client.token === token ? client : undefined;
  };

  const api: RegistrationApi = {
    register: async ({ registrationEndpoint, metadata }) => {
      if (registrationEndpoint !== ENDPOINT) return missing;
      if (kind.busyFirst === true && asked++ === 0) return busy;
      const granted = { ...metadata, ...kind.grants };
      const client: ModelClient = {
        clientId: fresh('id'),
        secret: usesSecret(granted) ? fresh('secret') : undefined,
        token: fresh('token'),
        metadata: granted,
        registeredAt: now(),
        alive: true,
        replacedSecrets: [],
      };
      clients.push(client);
      calls.push({ verb: 'register', clientId: client.clientId, at: now() });
      return { kind: 'client', information: information(client, true, true) };
    },
    read: async ({ registrationClientUri, registrationAccessToken }) => {
      const client = authorized('read', registrationClientUri, registrationAccessToken);
      if (client === undefined) return refused;
      if (kind.singleUseTokens === true) client.token = fresh('token');
      return { kind: 'client', information: information(client, kind.readHidesSecret !== true) };
    },
    update: async ({ registrationClientUri, registrationAccessToken }, body) => {
      const client = authorized('update', registrationClientUri, registrationAccessToken);
      if (kind.readOnly === true) return missing;
      if (client === undefined) return refused;
      if (kind.refusesUpdate) return kind.refusesUpdate;
      if (kind.singleUseTokens === true) client.token = fresh('token');
      const { client_id: _, ...metadata } = body;
      client.metadata = { ...metadata, ...kind.grants };
      const before = client.secret;
      if (!usesSecret(client.metadata)) client.secret = undefined;
      else if (before === undefined || kind.updateReplacesSecret === true) client.secret = fresh('secret');
      if (before !== undefined && before !== client.secret) client.replacedSecrets.push(before);
      return { kind: 'client', information: information(client, true) };
    },
    remove: async ({ registrationClientUri, registrationAccessToken }) => {
      const client = authorized('remove', registrationClientUri, registrationAccessToken);
      if (kind.readOnly === true) return missing;
      if (client === undefined) return refused;
      if (kind.keepsDeleted !== true) client.alive = false;
      return { kind: 'removed' };
    },
  };

  const keysAt = (uri: string): readonly string[] => {
    const kept = known.get(uri);
    if (kept !== undefined && now() < kept.at + (kind.keepsKeysMs ?? 0)) return kept.keyIds;
    const keyIds = fetchKeys(uri);
    known.set(uri, { at: now(), keyIds });
    return keyIds;
  };

  /** Whether a client could authenticate with a key now. */
  const acceptsKey = (clientId: string, keyId: string): boolean => {
    const { jwks_uri: uri, jwks } = clients.find((client) => client.clientId === clientId)?.metadata ?? {};
    const inline = (jwks as { readonly keys: readonly JsonObject[] } | undefined)?.keys ?? [];
    return typeof uri === 'string' ? keysAt(uri).includes(keyId) : inline.some(({ kid }) => kid === keyId);
  };

  /** What the token endpoint says of credentials. */
  const verify = async ({ clientId, clientSecret, key }: Client): Promise<VerifyResult> => {
    const client = clients.find((candidate) => candidate.clientId === clientId && candidate.alive);
    const keyFits = key === undefined || acceptsKey(clientId, key.keyId);
    return client !== undefined && client.secret === clientSecret && keyFits
      ? { outcome: 'works', reason: 'the token endpoint issued a token', traits: { verifiable: true } }
      : { outcome: 'refused', reason: 'the token endpoint answered invalid_client', traits: { verifiable: true } };
  };

  return {
    api,
    verify,
    acceptsKey,
    calls,
    /** Every secret and registration access token there ever was. */
    issued,
    alive: () => clients.filter(({ alive }) => alive),
    find: (clientId: string) => clients.find((client) => client.clientId === clientId),
  };
}

export const refused: Answer = { kind: 'refused', refusal: { status: 401, error: 'invalid_token' } };
export const missing: Answer = { kind: 'missing', refusal: { status: 404 } };
export const unsupported: Answer = { kind: 'unsupported', refusal: { status: 405 } };
export const forbidden: Answer = { kind: 'forbidden', refusal: { status: 403 } };
export const rejected: Answer = {
  kind: 'rejected',
  refusal: { status: 400, error: 'invalid_redirect_uri', description: 'must be https' },
};
export const busy: Answer = { kind: 'busy', refusal: { status: 429 }, retryAfterSeconds: 7 };
/** A 5xx: the server is done with it, whatever it did. */
export const failed: Answer = { kind: 'unknown', answered: true, reason: 'answered 500' };
/** A connection that broke: the server may still be at it. */
export const silent: Answer = { kind: 'unknown', answered: false, reason: 'did not answer in time' };
export const notSent: Answer = {
  kind: 'not_sent',
  cause: new RegistrarError('server_unreachable', {
    message: 'The connection was refused.',
    hint: 'Look at the cable.',
  }),
};
export const there: Answer = { kind: 'client', information: { clientId: 'client-1', metadata: {} } };
