import { randomBytes } from 'node:crypto';
import * as client from 'openid-client';
import { codeFlow } from '../support/real-client.ts';
import { secretMethod } from './manifest.ts';
import { type Grants, NO_GRANTS, type RunningServer } from './server.ts';

export type Credentials = { readonly clientId: string; readonly clientSecret: string };

/** The app that the credentials are for: openid-client, with the metadata that the server publishes. */
export type App = {
  /** The token endpoint's error code for a code that was never issued (RFC 6749 section 5.2). */
  readonly answerTo: (credentials: Credentials) => Promise<string>;
  /** The token endpoint answers differently to a secret that is wrong. */
  readonly tellsApart: (credentials: Credentials) => Promise<boolean>;
  /** Of each grant that this server has: its name where a token came, its name and the error where none did. */
  readonly tokensBy: (credentials: Credentials) => Promise<readonly string[]>;
  /** What of Basic the server was seen to want otherwise; seen only with a secret that form-encoding alters. */
  readonly quirks: () => readonly string[];
};

const CODE_FLOW = 'code flow with PKCE';
const CLIENT_CREDENTIALS = 'client_credentials';

/** The names of the grants that a token has to come by. */
export function grantsOf({ grants = NO_GRANTS }: RunningServer): readonly string[] {
  return [
    ...('why' in grants.codeFlow ? [] : [CODE_FLOW]),
    ...('why' in grants.clientCredentials ? [] : [CLIENT_CREDENTIALS]),
  ];
}

/** In words, for the table: what came of the grants that were used, and why others were not. */
export function describeUse(tokensBy: readonly string[], { codeFlow, clientCredentials }: Grants = NO_GRANTS): string {
  return [
    ...tokensBy,
    ...('why' in codeFlow ? [`no code flow: ${codeFlow.why}`] : []),
    ...('why' in clientCredentials ? [`no ${CLIENT_CREDENTIALS}: ${clientCredentials.why}`] : []),
  ].join('; ');
}

export async function openApp({
  server,
  issuer,
  tokenEndpoint,
  redirectUri,
}: {
  readonly server: RunningServer;
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly redirectUri: string;
}): Promise<App> {
  const metadata = await discover(issuer, tokenEndpoint);
  const method = secretMethod(server);
  let verbatim = false;

  const configure = ({ clientId, clientSecret }: Credentials): client.Configuration => {
    const basic = verbatim ? verbatimBasic(clientId, clientSecret) : client.ClientSecretBasic(clientSecret);
    const authentication = method === 'client_secret_post' ? client.ClientSecretPost(clientSecret) : basic;
    const config = new client.Configuration(metadata, clientId, undefined, authentication);
    client.allowInsecureRequests(config);
    return config;
  };
  const madeUpCode = async (credentials: Credentials): Promise<string> => {
    const parameters = { code: made(), code_verifier: made(), redirect_uri: redirectUri };
    return await client.genericGrantRequest(configure(credentials), 'authorization_code', parameters).then(
      () => 'a token',
      (error: unknown) => errorCode(error),
    );
  };
  const answerTo: App['answerTo'] = async (credentials) => {
    const answer = await madeUpCode(credentials);
    if (answer !== 'invalid_client' || method !== 'client_secret_basic' || verbatim) return answer;
    verbatim = true;
    const second = await madeUpCode(credentials);
    verbatim = second !== 'invalid_client';
    return second;
  };
  const attempt = async (name: string, grant: Promise<client.TokenEndpointResponse>): Promise<string> =>
    await grant.then(
      (tokens) => (tokens.access_token === '' ? `${name}: no token` : name),
      (error: unknown) => `${name}: ${errorCode(error)}`,
    );

  return {
    answerTo,
    tellsApart: async (credentials) =>
      (await answerTo(credentials)) !==
      (await answerTo({ ...credentials, clientSecret: `${credentials.clientSecret}x` })),
    tokensBy: async (credentials) => {
      const { grants = NO_GRANTS } = server;
      // Shows what Basic has to look like.
      await answerTo(credentials);
      const config = configure(credentials);
      const seen: string[] = [];
      if (!('why' in grants.codeFlow)) {
        seen.push(await attempt(CODE_FLOW, codeFlow(config, { ...grants.codeFlow, redirectUri })));
      }
      if (!('why' in grants.clientCredentials)) {
        const { scope } = grants.clientCredentials;
        const parameters = scope === undefined ? {} : { scope };
        seen.push(await attempt(CLIENT_CREDENTIALS, client.clientCredentialsGrant(config, parameters)));
      }
      return seen;
    },
    quirks: () => (verbatim ? ['Basic is taken only with id and secret as they are, not form-encoded'] : []),
  };
}

/** As OAuth or as OpenID Connect has it; a server that publishes neither is known by its token endpoint. */
async function discover(issuer: string, tokenEndpoint: string): Promise<client.ServerMetadata> {
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    const found = await client
      .discovery(new URL(issuer), 'anybody', undefined, client.None(), {
        algorithm,
        execute: [client.allowInsecureRequests],
      })
      .catch(() => undefined);
    if (found !== undefined) return { ...found.serverMetadata() };
  }
  return { issuer, token_endpoint: tokenEndpoint };
}

function verbatimBasic(clientId: string, clientSecret: string): client.ClientAuth {
  return (_server, _client, _body, headers) => {
    headers.set('authorization', `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`);
  };
}

const made = () => randomBytes(32).toString('base64url');

function errorCode(error: unknown): string {
  if (error instanceof client.ResponseBodyError) return error.error;
  // RFC 6749 section 5.2 has this status for invalid_client only.
  if (error instanceof client.WWWAuthenticateChallengeError) return 'invalid_client';
  if (error instanceof client.AuthorizationResponseError) return error.error;
  return error instanceof Error ? `${error.name} ${error.message}` : String(error);
}
