import { createHmac, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  API_VERSION,
  API_VERSION_HEADER,
  type ApplyAnswer,
  type ErrorAnswer,
  type ViewAnswer,
} from '../../../shared/api/worker-api.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { type Claims, pullRequestRun } from '../support/issuer.ts';
import { PUBLIC_URL, startWorker, type TestWorker, wish } from '../support/worker.ts';

let server: AuthorizationServer;
let worker: TestWorker;
let kept: string;

beforeAll(async () => {
  server = await startAuthorizationServer();
  worker = await startWorker(server);
  await worker.apply('production/web', wish(server));
  await worker.apply('pr-7/web', preview(7), pullRequestRun(7));
  kept = await tables();
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

beforeEach(() => {
  const made = server.clients().length;
  const asked = server.requests.length;
  return async () => {
    expect([server.clients().length, server.requests.length]).toEqual([made, asked]);
    expect(await tables()).toBe(kept);
  };
});

const preview = (number: number) => ({ ...wish(server), owner: { kind: 'pull_request', number } as const });

/** What a run that is refused must not change; its token's id is remembered whatever it asked for. */
async function tables(): Promise<string> {
  const names = ['registrations', 'ledger', 'names', 'tombstones'];
  const rows = await Promise.all(names.map((name) => worker.sql(`SELECT * FROM ${name}`)));
  return JSON.stringify(rows, (column, value: unknown) => (/^(due|inventory_)/u.test(column) ? undefined : value));
}

async function send<T = ErrorAnswer>(token: string, method = 'GET', path = 'production/web', body?: unknown) {
  const answer = await worker.harness.fetch(`/v1/registrations/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      [API_VERSION_HEADER]: String(API_VERSION),
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The claims of a good token, under a header and signature of one's own making. */
async function forged(header: object, sign: (text: string) => string, claims: Claims = {}): Promise<string> {
  const good = decodeJwt(await worker.issuer.token(PUBLIC_URL, claims));
  const text = `${part(header)}.${part({ ...good, jti: randomUUID() })}`;
  return `${text}.${sign(text)}`;
}

describe('a token that GitHub did not make is refused with one answer, whatever it claims and asks for', () => {
  const forgeries: readonly [string, () => Promise<string>][] = [
    ['alg none', () => forged({ alg: 'none', kid: worker.issuer.key.id }, () => '')],
    ['alg none in other letters', () => forged({ alg: 'nOnE', kid: worker.issuer.key.id }, () => '')],
    [
      'HS256 with the public key as secret',
      () =>
        forged({ alg: 'HS256', kid: worker.issuer.key.id }, (text) =>
          createHmac('sha256', worker.issuer.key.publicPem).update(text).digest('base64url'),
        ),
    ],
    ['RS256 with any signature', () => forged({ alg: 'RS256', kid: worker.issuer.key.id }, () => 'AAAA')],
    ['a key that the issuer does not have', () => forged({ alg: 'RS256', kid: 'mine' }, () => 'AAAA')],
    ['another issuer', () => worker.issuer.token(PUBLIC_URL, { iss: 'https://issuer.evil.example' })],
    ['the issuer with a slash', () => worker.issuer.token(PUBLIC_URL, { iss: `${worker.issuer.url}/` })],
    [
      'claims that were changed',
      async () => {
        const [head, , signature] = (await worker.issuer.token(PUBLIC_URL)).split('.');
        const [, claims] = (await worker.issuer.token(PUBLIC_URL, { run_id: '999' })).split('.');
        return [head, claims, signature].join('.');
      },
    ],
  ];

  test.each(forgeries)('%s', async (_what, make) => {
    const plain = await send('nothing.at.all');
    expect([plain.status, plain.body.error]).toEqual([401, 'identity_refused']);
    for (const [method, path, body] of [
      ['GET', 'production/web', undefined],
      ['GET', 'production/none', undefined],
      ['PUT', 'production/web', wish(server)],
      ['DELETE', 'production/web', undefined],
      ['POST', 'production/web/rotate', { now: true }],
    ] as const) {
      expect(await send(await make(), method, path, body)).toEqual(plain);
    }
  });
});

describe('a token of GitHub that does not fit says why to whoever has it, and nothing of what is here', () => {
  const now = Math.floor(Date.now() / 1000);
  test.each<[string, string, Claims, number, string, RegExp]>([
    ['for somebody else', 'https://other.example.org', {}, 401, 'identity_refused', /audience/u],
    ['for this address with a slash', `${PUBLIC_URL}/`, {}, 401, 'identity_refused', /audience/u],
    ['whose time is over', PUBLIC_URL, { exp: now - 60 }, 401, 'identity_refused', /expired/u],
    ['whose time has not come', PUBLIC_URL, { nbf: now + 600 }, 401, 'identity_refused', /not valid yet|clock/u],
    ['of another owner', PUBLIC_URL, { repository_owner_id: '9' }, 403, 'not_allowed', /owner 9/u],
    ['of another repository', PUBLIC_URL, { repository_id: '9' }, 403, 'not_allowed', /repository 9/u],
  ])('%s', async (_what, audience, claims, status, error, reason) => {
    const answers = [];
    for (const path of ['production/web', 'production/none']) {
      answers.push(await send(await worker.issuer.token(audience, claims), 'GET', path));
    }
    expect(answers[0]).toMatchObject({ status, body: { error, message: expect.stringMatching(reason) } });
    expect(answers[1]).toEqual(answers[0]);
    expect(JSON.stringify(answers)).not.toContain(server.issuer);
    const applied = await send(await worker.issuer.token(audience, claims), 'PUT', 'production/new', wish(server));
    expect(applied).toEqual(answers[0]);
  });

  test('used before, on whatever route', async () => {
    const claims = { jti: randomUUID() };
    expect((await send(await worker.issuer.token(PUBLIC_URL, claims))).status).toBe(200);
    const again = () => worker.issuer.token(PUBLIC_URL, claims);
    for (const replay of [
      await send(await again()),
      await send(await again(), 'PUT', 'production/web', wish(server)),
      await send(await again(), 'DELETE'),
      await send(await again(), 'POST', 'production/web/rotate', {}),
    ]) {
      expect(replay).toMatchObject({ status: 401, body: { error: 'identity_refused' } });
    }
  });
});

describe('a run that anybody can start, or at another ref, does not reach production', () => {
  test.each<[string, Claims, RegExp]>([
    ['a pull request', pullRequestRun(7), /environment pr-7 with the input `pull-request: 7`/u],
    ['a pull request whose job names the environment', pullRequestRun(7, { environment: 'production' }), /pr-7/u],
    [
      'pull_request_target',
      { event_name: 'pull_request_target', environment: 'production' },
      /push or workflow_dispatch at refs\/heads\/main/u,
    ],
    ['issue_comment', { event_name: 'issue_comment' }, /push or workflow_dispatch at refs\/heads\/main/u],
    ['a push of another branch', { ref: 'refs/heads/feature' }, /branch: feature/u],
    ['a push of a branch that is named like main', { ref: 'refs/heads/refs/heads/main' }, /refs\/heads\/main/u],
    ['a push of a tag', { ref: 'refs/tags/main', ref_type: 'tag' }, /push or workflow_dispatch at refs\/heads\/main/u],
    ['workflow_dispatch of another branch', { event_name: 'workflow_dispatch', ref: 'refs/heads/x' }, /heads\/main/u],
  ])('%s', async (_what, claims, hint) => {
    for (const [method, path, body] of [
      ['GET', 'production/NAME', undefined],
      ['PUT', 'production/NAME', wish(server)],
      ['PUT', 'production/NAME', preview(7)],
      ['DELETE', 'production/NAME', undefined],
      ['POST', 'production/NAME/rotate', { now: true }],
      ['POST', 'production/NAME/retire', { client_id: 'x' }],
      ['POST', 'production/NAME/published', { edition: 'x#1' }],
    ] as const) {
      const ask = async (name: string) =>
        send(await worker.issuer.token(PUBLIC_URL, claims), method, path.replace('NAME', name), body);
      const refused = await ask('web');
      expect(refused).toMatchObject({ status: 403, body: { error: 'not_allowed', hint: expect.stringMatching(hint) } });
      expect(await ask('none')).toEqual(refused);
    }
  });

  test('nor does a pull request reach what another owns, whatever it says it owns', async () => {
    for (const body of [preview(7), preview(8), wish(server)]) {
      const ask = async (name: string) =>
        send(await worker.issuer.token(PUBLIC_URL, pullRequestRun(8)), 'PUT', `pr-7/${name}`, body);
      const refused = await ask('web');
      expect(refused).toMatchObject({
        status: 403,
        body: { error: 'not_allowed', hint: expect.stringContaining('environment pr-8') },
      });
      expect(await ask('none')).toEqual(refused);
    }
    const own = await send<ViewAnswer>(await worker.issuer.token(PUBLIC_URL, pullRequestRun(7)), 'GET', 'pr-7/web');
    expect([own.status, own.body.registration.owner]).toEqual([200, { kind: 'pull_request', number: 7 }]);
  });
});

test('a manifest that a pull request edited is refused before anything is sent', async () => {
  const { metadata } = wish(server).desired;
  for (const desired of [
    wish(server, { metadata: { ...metadata, redirect_uris: ['https://evil.example.net/callback'] } }),
    wish(server, { metadata: { ...metadata, redirect_uris: ['https://app.example.org.evil.net/callback'] } }),
    wish(server, { metadata: { ...metadata, grant_types: ['authorization_code', 'implicit'] } }),
    wish(server, { server: { address: 'https://evil.example.net', configurationEndpointOrigins: [] } }),
    wish(server, { server: { address: server.issuer, configurationEndpointOrigins: ['https://evil.example.net'] } }),
  ]) {
    const token = await worker.issuer.token(PUBLIC_URL, pullRequestRun(7, { run_id: '101' }));
    const { status, body } = await send<ApplyAnswer & ErrorAnswer>(token, 'PUT', 'pr-7/web', {
      ...desired,
      owner: { kind: 'pull_request', number: 7 },
    });
    expect([status, body.error]).toEqual([403, 'policy_refused']);
  }
});
