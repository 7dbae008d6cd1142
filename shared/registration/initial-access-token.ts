import { showUrl } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Http } from '../http/http.ts';
import { requestToken } from './token-request.ts';

/** An initial access token as configured: the token itself, or the credentials that fetch one. */
export type InitialAccess =
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'client_credentials';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
    };

/**
 * The initial access token to register with (RFC 7591 section 3): as given, or fetched with a client_credentials grant
 * (RFC 6749 section 4.4). Throws `registration_refused` when none is issued, `server_no_answer` when none could be asked for.
 */
export async function obtainInitialAccessToken({
  http,
  access,
  tokenEndpoint,
}: {
  readonly http: Http;
  readonly access: InitialAccess;
  readonly tokenEndpoint: string | undefined;
}): Promise<string> {
  if (access.kind === 'token') return access.token;
  if (tokenEndpoint === undefined) {
    throw new RegistrarError('registration_refused', {
      message: 'No initial access token can be fetched: the server names no token endpoint.',
      hint: 'Give `token_endpoint` for this server in the manifest, or give the initial access token itself.',
    });
  }
  const { clientId, clientSecret, scope } = access;
  const answer = await requestToken({
    http,
    tokenEndpoint,
    clientId,
    authentication: { method: 'client_secret_basic', secret: clientSecret },
    parameters: { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) },
  });
  if (answer.kind === 'token') return answer.accessToken;
  const server = showUrl(tokenEndpoint);
  if (answer.kind === 'unreachable') {
    throw new RegistrarError('server_no_answer', {
      message: `No initial access token could be fetched from ${server}: ${answer.reason}.`,
      server,
    });
  }
  throw new RegistrarError('registration_refused', {
    message: `No initial access token was issued by ${server}: it answered ${answer.status} ${answer.error}.`,
    hint: 'Check the client_id, client_secret and scope given in `initial-access-token`.',
    server,
  });
}
