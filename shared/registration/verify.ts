import { toBase64Url } from '../base64/base64.ts';
import type { Http } from '../http/http.ts';
import type { Clock, Json, Random } from '../ports/ports.ts';
import type { Client, KeyPair, Traits } from '../record/record.ts';
import { clientAssertion } from './client-assertion.ts';
import { authMethod } from './request-body.ts';
import { type ClientAuthentication, isAlteredByEncoding, requestToken, type TokenAnswer } from './token-request.ts';

export type VerifyResult = {
  /** `unreachable`: no answer about the credentials at all; try again. */
  readonly outcome: 'works' | 'refused' | 'unknown' | 'unreachable';
  /** One printable line for people. */
  readonly reason: string;
  /** What was learned about the server. */
  readonly traits: Traits;
};

/** Shows whether a client's credentials work, without a user. Never rejects. */
export type Verifier = (client: Client, traits: Traits) => Promise<VerifyResult>;

type Parameters = Readonly<Record<string, string>>;

/** What servers want differently. */
type Variant = { readonly audience: string; readonly verbatim?: boolean };

const VERBATIM_ONLY = 'in Basic it takes id and secret only as they are, not form-encoded';

/**
 * A verifier that asks the token endpoint (RFC 6749 section 5.2).
 *
 * With `authorization_code` a made-up code is exchanged: `invalid_grant`, or another error that names the code, means
 * that the client itself was accepted, but only where a control (a wrong secret or signature; for public clients an
 * unknown `client_id`) answers `invalid_client` or `unauthorized_client`. With `client_credentials` a token is asked
 * for. `invalid_scope` comes after authentication, and so does `unauthorized_client` where the control does not answer it
 * too.
 */
export function createVerifier({
  http,
  clock,
  random,
}: {
  readonly http: Http;
  readonly clock: Clock;
  readonly random: Random;
}): Verifier {
  const authenticate = async (
    client: Client,
    credentials: Exclude<Credentials, { kind: 'untriable' }>,
    { audience, verbatim = false }: Variant,
    wrong: boolean,
  ): Promise<{ readonly clientId: string; readonly authentication: ClientAuthentication }> => {
    const { clientId } = client;
    const made = toBase64Url(random.bytes(24));
    switch (credentials.kind) {
      case 'none':
      case 'no_secret':
        return { clientId: wrong ? `unknown-${made}` : clientId, authentication: { method: 'none' } };
      case 'secret': {
        const { method } = credentials;
        const secret = wrong ? made : credentials.secret;
        return {
          clientId,
          authentication: method === 'client_secret_basic' ? { method, secret, verbatim } : { method, secret },
        };
      }
      case 'key': {
        const assert = () => clientAssertion({ clientId, audience, key: credentials.key, clock, random });
        const assertion = wrong ? withSignatureOf(await assert(), await assert()) : await assert();
        return { clientId, authentication: { method: 'private_key_jwt', assertion } };
      }
    }
  };

  const verify: Verifier = async (client, traits) => {
    const { tokenEndpoint, issuer } = client.server;
    const credentials = credentialsOf(client);
    const parameters = harmlessRequest(client, random);
    if (tokenEndpoint === undefined) return unknown('the server names no token endpoint');
    if (credentials.kind === 'untriable') return unknown(credentials.reason);
    if (parameters === undefined) return unknown('none of its grants can be tried without a user');

    const withControl = parameters.grant_type === 'authorization_code' && traits.verifiable === undefined;
    const tryWith = async (variant: Variant): Promise<VerifyResult> => {
      const ask = async (wrong: boolean) => {
        const authenticated = await authenticate(client, credentials, variant, wrong);
        return requestToken({ http, tokenEndpoint, parameters, ...authenticated });
      };
      const [answer, early] = await Promise.all([ask(false), withControl ? ask(true) : undefined]);
      const control = early ?? (isAmbiguous(answer) ? await ask(true) : undefined);
      return conclude({ answer, control, parameters, credentials, traits });
    };

    const usual: Variant = { audience: tokenEndpoint };
    if (credentials.kind === 'key' && issuer !== undefined) {
      const byIssuer: Variant = { audience: issuer };
      if (traits.assertionAudience !== undefined) {
        return tryWith(traits.assertionAudience === 'issuer' ? byIssuer : usual);
      }
      const first = await tryWith(usual);
      if (first.outcome !== 'refused') return first;
      const second = await tryWith(byIssuer);
      return second.outcome === 'works'
        ? { ...second, traits: { ...second.traits, assertionAudience: 'issuer' } }
        : second;
    }
    const first = await tryWith(usual);
    if (first.outcome !== 'refused' || !isAlteredInBasic(client.clientId, credentials)) return first;
    // Servers are seen to take id and secret as they stand, where RFC 6749 section 2.3.1 has them form-encoded.
    const second = await tryWith({ ...usual, verbatim: true });
    return second.outcome === 'works' ? { ...second, reason: `${second.reason}; ${VERBATIM_ONLY}` } : first;
  };

  return (client, traits) => verify(client, traits).catch(() => unknown('its credentials cannot be used here'));
}

function conclude({
  answer,
  control,
  parameters,
  credentials,
  traits,
}: {
  readonly answer: TokenAnswer;
  readonly control: TokenAnswer | undefined;
  readonly parameters: Parameters;
  readonly credentials: Credentials;
  readonly traits: Traits;
}): VerifyResult {
  if (answer.kind === 'unreachable') return { outcome: 'unreachable', reason: answer.reason, traits: {} };
  if (answer.kind === 'token') return works('the token endpoint issued a token');
  switch (answer.error) {
    case 'invalid_client':
      return credentials.kind === 'no_secret'
        ? unknown('its secret is not held here')
        : { outcome: 'refused', reason: 'the token endpoint answered invalid_client', traits: {} };
    case 'unauthorized_client':
      if (control?.kind === 'unreachable') return { outcome: 'unreachable', reason: control.reason, traits: {} };
      if (control?.kind === 'error' && control.error === answer.error) {
        return unknown(`the token endpoint answers ${answer.error} to wrong credentials too`);
      }
      return works(`the token endpoint knows the client (${answer.error})`);
    case 'invalid_scope':
      return works(`the token endpoint knows the client (${answer.error})`);
  }
  if (parameters.grant_type === 'authorization_code' && isAboutCode(answer.error)) {
    return concludeFromCode(answer.error, control, traits);
  }
  return unknown(`the token endpoint answered ${answer.status} ${answer.error}`);
}

/** What an error about a made-up code means. */
function concludeFromCode(error: string, control: TokenAnswer | undefined, traits: Traits): VerifyResult {
  if (control?.kind === 'unreachable') return { outcome: 'unreachable', reason: control.reason, traits: {} };
  const verifiable = control === undefined ? traits.verifiable === true : isRefusal(control);
  const learned: Traits = control === undefined ? {} : { verifiable };
  return verifiable
    ? works(`the token endpoint accepts the client (${error} for a made-up code)`, learned)
    : unknown('the token endpoint does not tell wrong credentials from a wrong code', learned);
}

function works(reason: string, traits: Traits = {}): VerifyResult {
  return { outcome: 'works', reason, traits };
}

function unknown(reason: string, traits: Traits = {}): VerifyResult {
  return { outcome: 'unknown', reason, traits };
}

/** Servers are seen to answer `invalid_code` where RFC 6749 section 5.2 has `invalid_grant`. */
function isAboutCode(error: string): boolean {
  return error === 'invalid_grant' || error.split('_').includes('code');
}

/** Servers are seen to answer either to a wrong secret, beside RFC 6749 section 5.2. */
function isRefusal(answer: TokenAnswer): boolean {
  return answer.kind === 'error' && (answer.error === 'invalid_client' || isAmbiguous(answer));
}

/** Says that the client is known but may not do this, or on some servers that its credentials are wrong. */
function isAmbiguous(answer: TokenAnswer): boolean {
  return answer.kind === 'error' && answer.error === 'unauthorized_client';
}

/** A JWT whose signature is well formed and belongs to another one. */
function withSignatureOf(other: string, jwt: string): string {
  return jwt.slice(0, jwt.lastIndexOf('.')) + other.slice(other.lastIndexOf('.'));
}

type Credentials =
  | { readonly kind: 'none' }
  /** No secret is held: a public client in effect, unless the secret was never given to us. */
  | { readonly kind: 'no_secret' }
  | {
      readonly kind: 'secret';
      readonly method: 'client_secret_basic' | 'client_secret_post';
      readonly secret: string;
    }
  | { readonly kind: 'key'; readonly key: KeyPair }
  | { readonly kind: 'untriable'; readonly reason: string };

function credentialsOf({ granted, requested, clientSecret: secret, key }: Client): Credentials {
  const method = authMethod(granted, requested);
  switch (method) {
    case 'none':
      return { kind: 'none' };
    case 'client_secret_basic':
    case 'client_secret_post':
      return secret === undefined ? { kind: 'no_secret' } : { kind: 'secret', method, secret };
    case 'private_key_jwt':
      return key === undefined
        ? { kind: 'untriable', reason: 'its private key is not held here' }
        : { kind: 'key', key };
    default:
      return { kind: 'untriable', reason: 'its authentication method cannot be tried here' };
  }
}

function isAlteredInBasic(clientId: string, credentials: Credentials): boolean {
  if (credentials.kind !== 'secret' || credentials.method !== 'client_secret_basic') return false;
  return isAlteredByEncoding(clientId, credentials.secret);
}

function harmlessRequest(client: Client, random: Random): Parameters | undefined {
  const member = (name: string): readonly string[] => {
    const answered = words(client.granted[name]);
    return answered.length === 0 ? words(client.requested[name]) : answered;
  };
  const grants = member('grant_types');
  if (grants.length === 0 || grants.includes('authorization_code')) {
    const [redirectUri] = member('redirect_uris');
    return {
      grant_type: 'authorization_code',
      code: toBase64Url(random.bytes(24)),
      code_verifier: toBase64Url(random.bytes(32)),
      ...(redirectUri !== undefined && { redirect_uri: redirectUri }),
    };
  }
  if (!grants.includes('client_credentials')) return undefined;
  const scope = member('scope').join(' ');
  return { grant_type: 'client_credentials', ...(scope !== '' && { scope }) };
}

function words(value: Json | undefined): readonly string[] {
  const list = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return list.filter((word): word is string => typeof word === 'string' && word !== '');
}
