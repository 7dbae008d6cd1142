import { createPrivateKey } from 'node:crypto';
import * as client from 'openid-client';

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

const MAX_REDIRECTS = 15;

/** The whole authorization-code flow with PKCE, as an app and its user's browser would do it; throws where it fails. */
export async function completeCodeFlow(
  request: Credentials & { readonly redirectUri: string; readonly scope: string },
): Promise<Tokens> {
  const config = await configure(request);
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const scopes = request.scope.split(' ');
  const nonce = scopes.includes('openid') ? client.randomNonce() : undefined;
  const start = client.buildAuthorizationUrl(config, {
    redirect_uri: request.redirectUri,
    scope: request.scope,
    state,
    ...(nonce === undefined ? {} : { nonce }),
    ...(scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const callback = await followUntil(start, request.redirectUri);
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

/** Follows redirects with cookies until the app's own address is reached, which is not called. */
async function followUntil(start: URL, redirectUri: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let hop = 0; hop < MAX_REDIRECTS; hop += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
    const location = response.headers.get('location');
    if (location === null) {
      throw new Error(`${url.pathname} answered ${response.status} without a redirect: ${await response.text()}`);
    }
    await response.body?.cancel();
    for (const line of response.headers.getSetCookie()) keepCookie(cookies, line);
    const next = new URL(location, url);
    if (next.href === redirectUri || next.href.startsWith(`${redirectUri}?`)) return next;
    url = next;
  }
  throw new Error(`no end of redirects after ${MAX_REDIRECTS}`);
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at).trim();
  const expires = attributes.map((attribute) => attribute.trim()).find((attribute) => /^expires=/i.test(attribute));
  const expired = expires !== undefined && Date.parse(expires.slice('expires='.length)) < Date.now();
  if (expired) cookies.delete(name);
  else cookies.set(name, pair.slice(at + 1).trim());
}
