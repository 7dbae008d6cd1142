import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { RegistrarError } from '../../../shared/errors/registrar-error.ts';
import type { Http } from '../../../shared/http/http.ts';

export const ISSUER = 'https://token.actions.githubusercontent.com';
export const PUBLIC_URL = 'https://registrar.example.org';
/** In seconds. */
export const NOW = Date.UTC(2026, 0, 1) / 1000;

/** What GitHub says of a push to main of the repository that the policy of the tests lists. */
export const CLAIMS = {
  iss: ISSUER,
  aud: PUBLIC_URL,
  sub: 'repo:acme/app:ref:refs/heads/main',
  jti: '5f1d2c6e-0c2e-4a5e-9d0e-3f6f3f1b7a10',
  exp: NOW + 300,
  iat: NOW,
  nbf: NOW - 600,
  repository: 'acme/app',
  repository_id: '2002',
  repository_owner: 'acme',
  repository_owner_id: '1001',
  event_name: 'push',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  sha: 'd6fd7dd1a1e9e0e9f0e9c0e9d0e9e0e9f0e9a0e9',
  run_id: '9001',
  run_attempt: '1',
  actor: 'octocat',
  workflow_ref: 'acme/app/.github/workflows/deploy.yml@refs/heads/main',
  head_ref: '',
  base_ref: '',
} as const;

export type SigningKey = {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
  readonly publicPem: string;
};

export async function makeKey(id: string, modulusLength = 2048): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true, modulusLength });
  const publicJwk = { ...(await exportJWK(publicKey)), kid: id, use: 'sig', alg: 'RS256' };
  return { id, privateKey, publicJwk, publicPem: await exportSPKI(publicKey) };
}

/** A token with the claims above, some of them changed; undefined leaves one out. */
export async function makeToken(
  key: SigningKey,
  changes: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const claims = JSON.parse(JSON.stringify({ ...CLAIMS, ...changes })) as Record<string, unknown>;
  return await new SignJWT(claims)
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.id, ...header })
    .sign(key.privateKey);
}

/** Anything in the shape of a token, with whatever in place of a signature. */
export function unsigned(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

/** An http that answers from a table, which a test may change, and remembers what it was asked. */
export function answering(table: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const answers = new Map(Object.entries(table));
  const http: Http = async ({ url }) => {
    asked.push(url);
    const answer = answers.get(url);
    if (answer instanceof Error) throw answer;
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer ?? {});
    return { status: answer === undefined ? 404 : 200, header: () => null, text };
  };
  return { http, asked, answers };
}

export const silent = (): RegistrarError => new RegistrarError('server_no_answer', { message: 'no answer' });

/** A clock that is set by hand; milliseconds. */
export function clockAt(seconds: number) {
  let now = seconds * 1000;
  return {
    clock: { now: () => now, sleep: async () => {} },
    pass: (more: number): void => {
      now += more * 1000;
    },
  };
}
