import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { SignJWT } from 'jose';
import { closeServer, listenOnLoopback } from '../../support/listen.ts';
import { makeKey, type SigningKey } from '../identity/issuer.ts';

export type Claims = Readonly<Record<string, string | number>>;

/** GitHub's issuer of id-tokens, as far as the Worker sees it. */
export type Issuer = {
  readonly url: string;
  readonly key: SigningKey;
  /** A fresh token for a run; claims that are given replace those of a push to main of `acme/app`. */
  readonly token: (audience: string, claims?: Claims) => Promise<string>;
  /** How often its keys were asked for. */
  readonly asked: () => number;
  readonly close: () => Promise<void>;
};

/** Who every run is unless a test says otherwise. */
export const REPOSITORY = { id: '2002', name: 'acme/app', ownerId: '1001' } as const;

const LIFE_SECONDS = 300;

export async function startIssuer(clock: () => number = Date.now): Promise<Issuer> {
  const key = await makeKey('key-1');
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url !== '/.well-known/jwks') return void response.writeHead(404).end();
    asked += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key.publicJwk] }));
  });
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  return {
    url,
    key,
    token: (audience, claims = {}) => {
      const now = Math.floor(clock() / 1000);
      return new SignJWT({
        iss: url,
        aud: audience,
        jti: randomUUID(),
        iat: now,
        nbf: now - 600,
        exp: now + LIFE_SECONDS,
        repository: REPOSITORY.name,
        repository_id: REPOSITORY.id,
        repository_owner: 'acme',
        repository_owner_id: REPOSITORY.ownerId,
        event_name: 'push',
        ref: 'refs/heads/main',
        ref_type: 'branch',
        run_id: '100',
        run_attempt: '1',
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', kid: key.id })
        .sign(key.privateKey);
    },
    asked: () => asked,
    close: () => closeServer(server),
  };
}

/** A run for a pull request, as its id-token has it. */
export function pullRequestRun(number: number, claims: Claims = {}): Claims {
  return {
    event_name: 'pull_request',
    ref: `refs/pull/${number}/merge`,
    head_ref: `feature-${number}`,
    base_ref: 'main',
    ...claims,
  };
}
