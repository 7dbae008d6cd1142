import { SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { createIssuerKeys } from '../../../worker/identity/issuer-keys.ts';
import { verifyIdToken } from '../../../worker/identity/verify-id-token.ts';
import {
  answering,
  CLAIMS,
  clockAt,
  ISSUER,
  makeKey,
  makeToken,
  NOW,
  PUBLIC_URL,
  type SigningKey,
  unsigned,
} from './issuer.ts';

let key: SigningKey;
let stranger: SigningKey;

beforeAll(async () => {
  [key, stranger] = await Promise.all([makeKey('one'), makeKey('one')]);
});

function setUp() {
  const { clock, pass } = clockAt(NOW);
  const { http, asked } = answering({
    [`${ISSUER}/.well-known/jwks`]: {
      keys: [key.publicJwk, { ...key.publicJwk, kid: 'twice' }, { ...stranger.publicJwk, kid: 'twice' }],
    },
  });
  const keys = createIssuerKeys({ http, clock });
  const config = { issuers: [ISSUER], publicUrl: PUBLIC_URL };
  return { pass, asked, verify: (token: string) => verifyIdToken({ token, config, keys, clock }) };
}

const verify = (token: string) => setUp().verify(token);
const verifyClaims = async (changes: Readonly<Record<string, unknown>>) => verify(await makeToken(key, changes));

test('a token of GitHub proves a run', async () => {
  expect(await verifyClaims({})).toEqual({
    issuer: ISSUER,
    repositoryId: '2002',
    repository: 'acme/app',
    ownerId: '1001',
    eventName: 'push',
    ref: 'refs/heads/main',
    refType: 'branch',
    sha: CLAIMS.sha,
    runId: 9001,
    attempt: 1,
    actor: 'octocat',
    workflowRef: CLAIMS.workflow_ref,
    jti: CLAIMS.jti,
    expiresAt: (NOW + 330) * 1000,
  });
});

test('a pull request is known by its ref, for its own event only', async () => {
  const changes = {
    event_name: 'pull_request',
    ref: 'refs/pull/42/merge',
    head_ref: 'feature-x',
    base_ref: 'main',
    environment: 'Preview',
  };
  expect(await verifyClaims(changes)).toMatchObject({
    pullRequest: 42,
    headRef: 'feature-x',
    baseRef: 'main',
    environment: 'Preview',
  });
  for (const other of [
    { ...changes, event_name: 'pull_request_target' },
    { ...changes, event_name: 'push' },
    { ...changes, ref: 'refs/pull/42/head' },
    { ...changes, ref: 'refs/pull/042/merge' },
    { ...changes, ref: 'refs/heads/refs/pull/42/merge' },
    { ...changes, ref: 'refs/pull/42/merge\n' },
  ]) {
    expect(await verifyClaims(other)).not.toHaveProperty('pullRequest');
  }
});

test('a run may have no ref', async () => {
  const identity = await verifyClaims({
    event_name: 'deployment_status',
    ref: undefined,
    ref_type: '',
    sha: undefined,
  });
  expect(identity.ref).toBe('');
  expect(identity).not.toHaveProperty('refType');
  expect(identity).not.toHaveProperty('sha');
});

test('keys are fetched once for many tokens', async () => {
  const { verify: again, asked } = setUp();
  for (const jti of ['a', 'b', 'c']) expect((await again(await makeToken(key, { jti }))).jti).toBe(jti);
  expect(asked).toHaveLength(1);
});

describe('what could be forged is refused with one message', () => {
  const refusal = {
    code: 'identity_refused',
    message: 'The id-token is not one that GitHub Actions issued for this Worker to trust.',
  };
  const header = { alg: 'RS256', kid: 'one' };

  test.each<[string, () => Promise<string> | string]>([
    ['no JWT', () => 'canary'],
    ['three parts of nothing', () => '..'],
    ['a JWE', () => 'e30.e30.e30.e30.e30'],
    [
      'claims that are a list',
      () => `${unsigned(header, {}).split('.')[0]}.${Buffer.from('[]').toString('base64url')}.x`,
    ],
    ['alg none', () => unsigned({ alg: 'none', kid: 'one' }, CLAIMS)],
    ['alg none in other letters', () => unsigned({ alg: 'NONE', kid: 'one' }, CLAIMS)],
    ['RS256 without a signature', () => unsigned(header, CLAIMS)],
    ['RS256 with a made-up signature', () => unsigned(header, CLAIMS, 'AAAA')],
    ['no key id', () => makeToken(key, {}, { kid: undefined })],
    ['a key id that is no text', () => unsigned({ ...header, kid: 1 }, CLAIMS, 'AAAA')],
    ['a key that the issuer does not have', () => makeToken(stranger, {}, { kid: 'other' })],
    ["another's key under the issuer's key id", () => makeToken(stranger)],
    ['a key id that the issuer has twice', () => makeToken(key, {}, { kid: 'twice' })],
    [
      'a key that the token brings along',
      () => makeToken(stranger, {}, { jwk: stranger.publicJwk, jku: 'https://evil.example' }),
    ],
    [
      'another algorithm of the same key',
      async () =>
        new SignJWT({ ...CLAIMS })
          .setProtectedHeader({ alg: 'RS256', kid: 'one' })
          .sign(key.privateKey)
          .then((token) => token.replace(/^[^.]+/u, Buffer.from('{"alg":"PS256","kid":"one"}').toString('base64url'))),
    ],
    ['an extension that must be understood', () => unsigned({ ...header, crit: ['x'], x: 1 }, CLAIMS, 'AAAA')],
    ['no issuer', () => makeToken(key, { iss: undefined })],
    ['an issuer that is no text', () => makeToken(key, { iss: [ISSUER] })],
    ['another issuer', () => makeToken(key, { iss: 'https://evil.example' })],
    ['an issuer that only begins like it', () => makeToken(key, { iss: `${ISSUER}.evil.example` })],
    ['an issuer with a slash', () => makeToken(key, { iss: `${ISSUER}/` })],
    ['an enterprise that is not listed', () => makeToken(key, { iss: `${ISSUER}/acme` })],
    ['an issuer in capitals', () => makeToken(key, { iss: ISSUER.toUpperCase() })],
    ['no end', () => makeToken(key, { exp: undefined })],
    ['an end that is no number', () => makeToken(key, { exp: String(NOW + 300) })],
    ['a beginning that is no number', () => makeToken(key, { nbf: String(NOW) })],
    ['a token of extraordinary length', () => makeToken(key, { padding: 'x'.repeat(20_000) })],
    [
      'claims that were changed',
      async () => {
        const [head, , signature] = (await makeToken(key)).split('.');
        return `${head}.${unsigned({}, { ...CLAIMS, repository_id: '1' }).split('.')[1]}.${signature}`;
      },
    ],
  ])('%s', async (_name, token) => {
    await expect(verify(await token())).rejects.toMatchObject(refusal);
  });

  test('HS256 with the public key as secret', async () => {
    for (const secret of [
      key.publicPem,
      key.publicPem.trim(),
      String(key.publicJwk.n),
      JSON.stringify(key.publicJwk),
    ]) {
      const token = await new SignJWT({ ...CLAIMS })
        .setProtectedHeader({ alg: 'HS256', kid: 'one' })
        .sign(new TextEncoder().encode(secret));
      await expect(verify(token)).rejects.toMatchObject(refusal);
    }
  });

  test('and an unlisted issuer is not asked for keys', async () => {
    const { verify: refuse, asked } = setUp();
    await expect(refuse(await makeToken(stranger, { iss: 'https://evil.example' }))).rejects.toMatchObject(refusal);
    await expect(refuse(unsigned({ alg: 'none' }, CLAIMS))).rejects.toMatchObject(refusal);
    expect(asked).toEqual([]);
  });

  test('nothing of the token is in the message', async () => {
    const error = await verify(await makeToken(stranger, { repository: 'canary/canary', jti: 'canary' })).catch(
      (reason: Error) => reason,
    );
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('canary');
  });
});

describe('what is genuine but does not fit says why', () => {
  test.each<[string, unknown]>([
    ['the default audience', 'https://github.com/acme'],
    ['another Worker', 'https://registrar.example.com'],
    ['a slash at the end', `${PUBLIC_URL}/`],
    ['capitals', PUBLIC_URL.toUpperCase()],
    ['a list of one', [PUBLIC_URL]],
    ['a list', [PUBLIC_URL, 'https://github.com/acme']],
    ['none', undefined],
  ])('audience: %s', async (_name, aud) => {
    await expect(verifyClaims({ aud })).rejects.toMatchObject({
      code: 'identity_refused',
      message: 'The id-token is for another audience.',
      hint: `Ask GitHub for an id-token with the audience ${PUBLIC_URL}, exactly so.`,
    });
  });

  test('a token ends at its time, and half a minute later for clocks that differ', async () => {
    const { verify: check, pass } = setUp();
    const token = await makeToken(key);
    pass(329);
    const { expiresAt } = await check(token);
    pass(1);
    expect(expiresAt).toBe((NOW + 330) * 1000);
    await expect(check(token)).rejects.toMatchObject({
      code: 'identity_refused',
      message: 'The id-token has expired.',
    });
  });

  test('a token begins at its time, and half a minute earlier', async () => {
    expect((await verifyClaims({ nbf: NOW + 30 })).runId).toBe(9001);
    await expect(verifyClaims({ nbf: NOW + 31 })).rejects.toMatchObject({
      code: 'identity_refused',
      message: 'The id-token is not valid yet.',
    });
    expect((await verifyClaims({ nbf: undefined })).runId).toBe(9001);
  });

  test.each<[string, unknown]>([
    ['repository_id', undefined],
    ['repository_id', 2002],
    ['repository_id', '02002'],
    ['repository_id', '2002 '],
    ['repository_id', '2002\n'],
    ['repository_id', '0x7d2'],
    ['repository_id', '２００２'],
    ['repository_owner_id', 'acme'],
    ['repository', 'acme'],
    ['repository', 'acme/app/../x'],
    ['event_name', ''],
    ['event_name', 'Push'],
    ['run_id', '9007199254740993'],
    ['run_attempt', '0'],
    ['jti', undefined],
    ['jti', ''],
    ['jti', 'x'.repeat(201)],
    ['jti', 'a b'],
  ])('claim %s: %j', async (claim, value) => {
    await expect(verifyClaims({ [claim]: value })).rejects.toMatchObject({
      code: 'identity_refused',
      message: `The id-token lacks claims that are needed, or they are not as GitHub writes them: ${claim}.`,
    });
  });

  test('all missing claims are told at once', async () => {
    await expect(verifyClaims({ repository_id: undefined, run_id: undefined })).rejects.toMatchObject({
      message: expect.stringContaining('repository_id, run_id.'),
    });
  });

  test('a missing token is told of', async () => {
    await expect(verify('')).rejects.toMatchObject({
      code: 'identity_refused',
      message: 'The request carries no id-token.',
    });
  });
});
