import { clock, random } from '../../action/platform.ts';
import { discoverServer } from '../../shared/discovery/discover-server.ts';
import { createHttp } from '../../shared/http/create-http.ts';
import type { Json, JsonObject } from '../../shared/ports/ports.ts';
import type { Access, Answer, ClientInformation } from '../../shared/registration/answer.ts';
import { createCallOrder } from '../../shared/registration/call-order.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { registerBody, updateBody } from '../../shared/registration/request-body.ts';
import { watch } from './exchange.ts';
import type { Findings } from './findings.ts';
import { quirksOfRegistration, UNKNOWN_MEMBER } from './quirks.ts';
import type { RunningServer } from './server.ts';

const REDIRECTS = ['https://app.example.org/callback', 'https://app.example.org/signed-in'] as const;

type Known = { readonly access: Access; readonly information: ClientInformation; readonly sent: JsonObject };

/** Takes one client through its life with the core alone: register, read, update, change of method, delete, read. */
export async function probe(server: RunningServer, findings: Findings): Promise<void> {
  const wire = watch();
  const http = createHttp({ fetch: wire.fetch, clock, random, insecureLoopback: true });
  const api = createRegistrationApi({ http, clock, order: createCallOrder() });
  const { quirks } = findings;

  const found = await discoverServer({ address: server.address, configurationEndpointOrigins: [] }, http);
  // Documents, not attempts: one that is asked for again on a busy machine is the same one.
  const documents = new Set(found.trail.map(({ url }) => url)).size;
  findings.discovery = `${found.registration.source.kind}, ${documents} request(s)`;
  if (found.token === undefined) quirks.add('no token endpoint is named');

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
    quirks.add(`unknown metadata is refused (${made.status})`);
    made = await register({});
  }
  findings.register = made.answer.kind === 'client' ? `yes (${made.status})` : `no (${made.status})`;
  const registered = clientOf(made.answer);
  for (const quirk of quirksOfRegistration(made.sent, wire.last().body, registered)) quirks.add(quirk);

  const { registrationClientUri, registrationAccessToken } = registered;
  if (registrationClientUri === undefined || registrationAccessToken === undefined) {
    findings.read = 'no: the answer names no configuration endpoint';
    return;
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
      quirks.add(`${what} replaces the registration access token`);
    }
    if (token === undefined) quirks.add(`the answer to ${what} has no registration access token`);
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
  findings.read = `${learn(readAnswer, known.sent, 'a read') ? 'yes' : 'no'} (${wire.last().status})`;

  const secret = known.information.clientSecret;
  const changed: JsonObject = { ...made.sent, redirect_uris: [REDIRECTS[1]] };
  delete (changed as Record<string, Json>)[UNKNOWN_MEMBER];
  delete (changed as Record<string, Json>).client_uri;
  const updated = await put(changed);
  const didUpdate = learn(updated.answer, changed, 'an update');
  findings.update = didUpdate ? `yes (${updated.status})` : `no (${updated.status}${reasonOf(updated.answer)})`;
  if (didUpdate) {
    if ((clientOf(updated.answer).metadata.client_uri ?? '') !== '')
      quirks.add('a member that an update leaves out stays');
    findings.secretRotation = known.information.clientSecret === secret ? 'no' : 'an update replaces it';

    const publicly = { ...changed, token_endpoint_auth_method: 'none' };
    const { answer, status } = await put(publicly);
    findings.authMethodChange = `to none: refused (${status})`;
    if (learn(answer, publicly, 'an update')) {
      const method = String(clientOf(answer).metadata.token_endpoint_auth_method ?? 'not said');
      const kept = 'client_secret' in wire.last().body ? ', a secret is answered still' : '';
      findings.authMethodChange = `to none: ${method} (${status})${kept}`;
    }
  }

  const removed = await api.remove(known.access);
  findings.remove = `${removed.kind === 'removed' ? 'yes' : 'no'} (${wire.last().status})`;
  if (removed.kind !== 'removed') return;
  await api.read(known.access);
  const { status } = wire.last();
  const there = (await server.clients()).some(({ clientId }) => clientId === registered.clientId);
  findings.afterRemoval = `${status}; ${there ? 'STILL in its books' : 'not in its books'}`;
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

function clientOf(answer: Answer | { readonly kind: 'too_late' }): ClientInformation {
  if (answer.kind === 'client') return answer.information;
  throw new Error(`expected a client, and the answer was of kind ${answer.kind}`);
}

function reasonOf(answer: Answer): string {
  return 'refusal' in answer && answer.refusal.error !== undefined ? ` ${answer.refusal.error}` : '';
}
