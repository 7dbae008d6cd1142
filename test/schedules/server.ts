import type { Fetch, JsonObject } from '../../shared/ports/ports.ts';
import type { Answer } from '../../shared/registration/answer.ts';
import { ENDPOINT, type Kind, modelServer } from '../reconcile/model-server.ts';
import type { Network } from './network.ts';
import { privateKeyOf, quickSignature } from './stage.ts';

export const TOKEN_ENDPOINT = 'https://as.example.org/token';

type Reply = { readonly status: number; readonly body?: object };

/** The authorization server of the crash tests behind HTTP, over a network that is moved by hand. */
export function httpServer(network: Network, kind: Kind, fetchKeys: (uri: string) => readonly string[] = () => []) {
  const server = modelServer(network.now, kind, fetchKeys);

  const answerOf = async (method: string, url: string, headers: Headers, body: string): Promise<Reply> => {
    if (url === TOKEN_ENDPOINT)
      return token(headers.get('authorization') ?? '', new URLSearchParams(body).get('client_assertion'));
    const access = {
      registrationClientUri: url,
      registrationAccessToken: (headers.get('authorization') ?? '').replace('Bearer ', ''),
    };
    if (method === 'POST' && url === ENDPOINT)
      return reply(
        await server.api.register({
          registrationEndpoint: url,
          metadata: JSON.parse(body) as JsonObject,
          sendBefore: Number.POSITIVE_INFINITY,
        }),
        201,
      );
    if (method === 'GET') return reply(await server.api.read(access), 200);
    if (method === 'PUT') return reply(await server.api.update(access, JSON.parse(body) as JsonObject), 200);
    if (method === 'DELETE') return reply(await server.api.remove(access), 204);
    return { status: 404 };
  };

  const isSigned = (assertion: string): boolean => {
    const [head = '', claims = '', signature = ''] = assertion.split('.');
    const { kid } = JSON.parse(atob(head)) as { readonly kid: string };
    const { iss } = JSON.parse(atob(claims)) as { readonly iss: string };
    const signed = quickSignature(privateKeyOf(kid), `${head}.${claims}`) === signature;
    return signed && server.find(iss)?.alive === true && server.acceptsKey(iss, kid);
  };

  const token = (authorization: string, assertion: string | null): Reply => {
    const [id = '', secret = ''] = atob(authorization.replace('Basic ', '')).split(':').map(decodeURIComponent);
    const client = server.find(id);
    const known = assertion === null ? client?.alive === true && client.secret === secret : isSigned(assertion);
    return known
      ? { status: 400, body: { error: 'invalid_grant' } }
      : { status: 401, body: { error: 'invalid_client' } };
  };

  const fetch: Fetch = async (url, { method = 'GET', headers, body, signal }) =>
    responseOf(
      await network.send<Promise<Reply>>({
        to: 'server',
        subject: `${method} ${url}`,
        detail: String(body ?? ''),
        effect: () => answerOf(method, url, new Headers(headers), String(body ?? '')),
        failure: Promise.resolve({ status: 500, body: { error: 'server_error' } }),
        signal,
      }),
    );

  return { ...server, fetch };
}

function reply(answer: Answer | { readonly kind: 'too_late' }, success: number): Reply {
  switch (answer.kind) {
    case 'client': {
      const {
        clientId,
        clientSecret,
        clientSecretExpiresAt,
        registrationAccessToken,
        registrationClientUri,
        metadata,
      } = answer.information;
      return {
        status: success,
        body: {
          ...metadata,
          client_id: clientId,
          ...(clientSecret !== undefined && {
            client_secret: clientSecret,
            client_secret_expires_at: clientSecretExpiresAt,
          }),
          ...(registrationAccessToken !== undefined && {
            registration_access_token: registrationAccessToken,
            registration_client_uri: registrationClientUri,
          }),
        },
      };
    }
    case 'removed':
      return { status: 204 };
    case 'refused':
      return { status: 401, body: { error: 'invalid_token' } };
    case 'unsupported':
      return { status: 405 };
    default:
      return { status: 404 };
  }
}

function responseOf({ status, body }: Reply): Response {
  return status === 204
    ? new Response(null, { status })
    : new Response(JSON.stringify(body ?? {}), { status, headers: { 'content-type': 'application/json' } });
}
