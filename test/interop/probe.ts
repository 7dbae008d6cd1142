import { clock, random } from '../../action/platform.ts';
import { discoverServer } from '../../shared/discovery/discover-server.ts';
import { createHttp } from '../../shared/http/create-http.ts';
import type { Json, JsonObject } from '../../shared/ports/ports.ts';
import type { Access, Answer, ClientInformation } from '../../shared/registration/answer.ts';
import { createCallOrder } from '../../shared/registration/call-order.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { registerBody, updateBody } from '../../shared/registration/request-body.ts';
import { watch } from './exchange.ts';
import type { RunningServer } from './server.ts';

/** What one client showed of a server, in the words of the table. */
export type Findings = {
  readonly discovery: string;
  readonly register: string;
  readonly read: string;
  readonly update: string;
  readonly secretRotation: string;
  readonly authMethodChange: string;
  readonly remove: string;
  readonly afterRemoval: string;
  readonly quirks: readonly string[];
};

const NONE = '–';
const REDIRECTS = ['https://app.example.org/callback', 'https://app.example.org/signed-in'] as const;
/** In no standard. */
export const UNKNOWN_MEMBER = 'x_unknown_member';
const DAY_SECONDS = 86_400;

type Known = { readonly access: Access; readonly information: ClientInformation; readonly sent: JsonObject };

/** Takes one client through its life with the core alone: register, read, update, change of method, delete, read. */
export async function probe(server: RunningServer): Promise<Findings> {
  const wire = watch();
  const http = createHttp({ fetch: wire.fetch, clock, random, insecureLoopback: true });
  const api = createRegistrationApi({ http, clock, order: createCallOrder() });
  const quirks: string[] = [];

  const found = await discoverServer({ address: server.address, configurationEndpointOrigins: [] }, http);
  const discovery = `${found.registration.source.kind}, ${wire.count()} request(s)`;
  const tokenEndpoint = found.token?.url;

  const register = async (more: JsonObject) => {
    const sent = { ...wanted(REDIRECTS[0], server.metadata), ...more };
    const answer = await api.register({
      registrationEndpoint: found.registration.url,
      metadata: registerBody(sent, {}),
      sendBefore: Number.POSITIVE_INFINITY,
      ...(server.initialAccessToken !== undefined && { initialAccessToken: server.initialAccessToken }),
    });
    return { sent, answer, status: wire.last().status };
  };

  let made = await register({ [UNKNOWN_MEMBER]: 'kept?' });
  if (made.answer.kind === 'rejected') {
    quirks.push(`unknown metadata is refused (${made.status})`);
    made = await register({});
  }
  const registered = clientOf(made.answer);
  if (UNKNOWN_MEMBER in registered.metadata) quirks.push('unknown metadata is kept');
  quirks.push(...quirksOfRegistration(made.sent, wire.last().body, registered));

  const { registrationClientUri, registrationAccessToken } = registered;
  if (registrationClientUri === undefined || registrationAccessToken === undefined) {
    return {
      discovery,
      register: `yes (${made.status})`,
      read: 'no: the answer names no configuration endpoint',
      update: NONE,
      secretRotation: NONE,
      authMethodChange: NONE,
      remove: NONE,
      afterRemoval: NONE,
      quirks,
    };
  }

  let known: Known = {
    access: { registrationClientUri, registrationAccessToken },
    information: registered,
    sent: made.sent,
  };
  const learn = (answer: Answer, sent: JsonObject, what: string): boolean => {
    if (answer.kind !== 'client') return false;
    const { information } = answer;
    const token = information.registrationAccessToken;
    if (token !== undefined && token !== known.access.registrationAccessToken) {
      quirks.push(`${what} replaces the registration access token`);
    }
    if (token === undefined) quirks.push(`the answer to ${what} has no registration access token`);
    known = {
      access: { ...known.access, ...(token !== undefined && { registrationAccessToken: token }) },
      information: { ...known.information, ...information },
      sent,
    };
    return true;
  };
  const put = async (sent: JsonObject) => {
    const body = updateBody({
      clientId: registered.clientId,
      granted: known.information.metadata,
      before: known.sent,
      wanted: sent,
      additions: {},
    });
    const answer = await api.update(known.access, body);
    return { answer, status: wire.last().status };
  };

  const readAnswer = await api.read(known.access);
  const read = learn(readAnswer, known.sent, 'a read') ? `yes (${wire.last().status})` : `no (${wire.last().status})`;

  const secret = known.information.clientSecret;
  const changed: JsonObject = { ...made.sent, redirect_uris: [REDIRECTS[1]] };
  delete (changed as Record<string, Json>)[UNKNOWN_MEMBER];
  delete (changed as Record<string, Json>).client_uri;
  const updated = await put(changed);
  const didUpdate = learn(updated.answer, changed, 'an update');
  const update = didUpdate ? `yes (${updated.status})` : `no (${updated.status}${reasonOf(updated.answer)})`;
  if (didUpdate && (clientOf(updated.answer).metadata.client_uri ?? '') !== '') {
    quirks.push('a member that an update leaves out stays');
  }
  const after = known.information.clientSecret;
  const secretRotation = didUpdate ? (after === secret ? 'no' : 'an update replaces it') : NONE;

  let authMethodChange = NONE;
  if (didUpdate) {
    const publicly = { ...changed, token_endpoint_auth_method: 'none' };
    const { answer, status } = await put(publicly);
    if (learn(answer, publicly, 'an update')) {
      const method = String(clientOf(answer).metadata.token_endpoint_auth_method ?? 'not said');
      const kept = 'client_secret' in wire.last().body ? ', a secret is answered still' : '';
      authMethodChange = `to none: ${method} (${status})${kept}`;
    } else {
      authMethodChange = `to none: refused (${status})`;
    }
  }

  const removed = await api.remove(known.access);
  const remove = removed.kind === 'removed' ? `yes (${wire.last().status})` : `no (${wire.last().status})`;
  let afterRemoval = NONE;
  if (removed.kind === 'removed') {
    await api.read(known.access);
    const held = await server.clients();
    const there = held.some(({ clientId }) => clientId === registered.clientId);
    afterRemoval = `${wire.last().status}; ${there ? 'STILL in its books' : 'not in its books'}`;
  }
  return {
    discovery,
    register: `yes (${made.status})`,
    read,
    update,
    secretRotation,
    authMethodChange,
    remove,
    afterRemoval,
    quirks: [...new Set([...quirks, ...(tokenEndpoint === undefined ? ['no token endpoint is named'] : [])])],
  };
}

function wanted(redirectUri: string, more: Readonly<Record<string, unknown>> = {}): JsonObject {
  return {
    client_name: 'Probe',
    client_uri: 'https://app.example.org/',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    ...(more as JsonObject),
  };
}

function quirksOfRegistration(sent: JsonObject, body: JsonObject, information: ClientInformation): string[] {
  const quirks: string[] = [];
  const missing = Object.keys(sent).filter((member) => member !== UNKNOWN_MEMBER && !(member in body));
  if (missing.length > 0) quirks.push(`not answered: ${missing.join(', ')}`);
  const otherwise = Object.keys(sent).filter(
    (member) => member in body && JSON.stringify(body[member]) !== JSON.stringify(sent[member]),
  );
  for (const member of otherwise) quirks.push(`${member} is answered as ${JSON.stringify(body[member])}`);
  if (typeof body.client_id_issued_at === 'string') quirks.push('client_id_issued_at is a string');
  if ('client_id_expires_at' in body) quirks.push('client_id_expires_at instead of client_secret_expires_at');
  const expires = information.clientSecretExpiresAt;
  if (expires !== undefined && expires > 0) {
    quirks.push(`secrets expire after ${Math.round((expires - Date.now() / 1000) / DAY_SECONDS)} days`);
  }
  if (information.clientSecret === undefined) quirks.push('no secret is answered');
  return quirks;
}

function clientOf(answer: Answer | { readonly kind: 'too_late' }): ClientInformation {
  if (answer.kind === 'client') return answer.information;
  throw new Error(`expected a client, got ${JSON.stringify(answer)}`);
}

function reasonOf(answer: Answer): string {
  return 'refusal' in answer && answer.refusal.error !== undefined ? ` ${answer.refusal.error}` : '';
}
