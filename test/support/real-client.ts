import { createPrivateKey } from 'node:crypto';
import * as client from 'openid-client';
import { followRedirects, type SignIn } from './user-agent.ts';

export type Credentials = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  /** How the secret is sent; `client_secret_basic` unless said. */
  readonly secretMethod?: 'client_secret_basic' | 'client_secret_post';
  /** For private_key_jwt: PKCS#8 in PEM. */
  readonly privateKey?: { readonly pem: string; readonly keyId: string };
};

export type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/** The whole authorization-code flow with PKCE, as an app and its user's browser would do it; throws where it fails. */
export async function completeCodeFlow(request: Credentials & CodeFlow): Promise<Tokens> {
  return await codeFlow(await configure(request), request);
}

export type CodeFlow = { readonly redirectUri: string; readonly scope?: string; readonly signIn?: SignIn };

/** The same by a client that knows its server already. */
export async function codeFlow(
  config: client.Configuration,
  { redirectUri, scope, signIn = followRedirects }: CodeFlow,
): Promise<Tokens> {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const scopes = scope?.split(' ') ?? [];
  const nonce = scopes.includes('openid') ? client.randomNonce() : undefined;
  const start = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    ...(scope === undefined ? {} : { scope }),
    state,
    ...(nonce === undefined ? {} : { nonce }),
    ...(scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const callback = await signIn(start, redirectUri);
  return await client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    ...(nonce === undefined ? {} : { expectedNonce: nonce, idTokenExpected: true }),
  });
}

/** A client_credentials grant; throws where it is refused. */
export async function clientCredentials(request: Credentials & { readonly scope?: string }): Promise<Tokens> {
  const config = await configure(request);
  return await client.clientCredentialsGrant(config, request.scope === undefined ? {} : { scope: request.scope });
}

/** A refresh_token grant; throws where it is refused. */
export async function refresh(request: Credentials & { readonly refreshToken: string }): Promise<Tokens> {
  return await client.refreshTokenGrant(await configure(request), request.refreshToken);
}

async function configure(credentials: Credentials): Promise<client.Configuration> {
  const issuer = new URL(credentials.issuer);
  const loopback = issuer.protocol === 'http:' && issuer.hostname === '127.0.0.1';
  return await client.discovery(issuer, credentials.clientId, undefined, await authentication(credentials), {
    execute: loopback ? [client.allowInsecureRequests] : [],
  });
}

async function authentication(credentials: Credentials): Promise<client.ClientAuth> {
  if (credentials.privateKey !== undefined) {
    const { pem, keyId } = credentials.privateKey;
    const key = { key: await importPkcs8(pem), kid: keyId };
    // SMART asks for the token endpoint as audience, where the library would name the issuer.
    return (server, metadata, body, headers) =>
      client.PrivateKeyJwt(key, {
        [client.modifyAssertion]: (_header, payload) => {
          payload.aud = server.token_endpoint ?? server.issuer;
        },
      })(server, metadata, body, headers);
  }
  if (credentials.clientSecret === undefined) return client.None();
  return credentials.secretMethod === 'client_secret_post'
    ? client.ClientSecretPost(credentials.clientSecret)
    : client.ClientSecretBasic(credentials.clientSecret);
}

async function importPkcs8(pem: string): Promise<CryptoKey> {
  const key = createPrivateKey(pem);
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const algorithm =
    key.asymmetricKeyType === 'ec'
      ? { name: 'ECDSA', namedCurve: key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256' }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' };
  return await crypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign']);
}
