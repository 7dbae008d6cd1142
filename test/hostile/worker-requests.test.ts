import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as schemas from '../../shared/api/schemas.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { createIssuerKeys } from '../../worker/identity/issuer-keys.ts';
import { verifyIdToken } from '../../worker/identity/verify-id-token.ts';
import { resolveBody, resolveCall } from '../../worker/operator/resolve-body.ts';
import { checkDesired } from '../../worker/policy/check-desired.ts';
import { readDesired } from '../../worker/routes/read-desired.ts';
import { parseBody } from '../../worker/routes/read-request.ts';
import { deploySecret } from '../../worker/webhooks/verify-deploy.ts';
import {
  answering,
  CLAIMS,
  clockAt,
  ISSUER,
  makeKey,
  makeToken,
  NOW,
  PUBLIC_URL,
  unsigned,
} from '../worker/identity/issuer.ts';
import { desiredWith, entryWith } from '../worker/policy/sample-desired.ts';
import {
  DEPLOY_SECRET,
  delivered,
  NOW as HOOKS_NOW,
  realPayloads,
  startHooks,
} from '../worker/webhooks/support/hooks.ts';
import { contained, expectUnpolluted } from './support/contained.ts';
import { CANARY, nastyBody, nastyText, spoilt } from './support/json.ts';
import { runs } from './support/runs.ts';

const KINDS = [
  'owner_ended',
  'owner_reopened',
  'repository_deleted',
  'repository_archived',
  'repository_unarchived',
  'repository_transferred',
  'repository_renamed',
  'installation_added',
  'installation_removed',
  'teardown_asked',
  'rotation_asked',
];

beforeEach(() => {
  vi.useFakeTimers({ now: HOOKS_NOW, toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function expectEvents(taken: ReturnType<typeof startHooks>['taken']): void {
  for (const { repositoryId, delivery } of taken) {
    const { event } = delivery;
    expect(KINDS).toContain(event.kind);
    expect(repositoryId).toMatch(/^[1-9]\d{0,15}$/);
    expect(event.repositoryId).toBe(repositoryId);
    expect(event.at).toBeLessThanOrEqual(HOOKS_NOW);
    if ('owner' in event && event.owner.kind === 'pull_request')
      expect(event.owner.number).toSatisfy(Number.isSafeInteger);
    expect(() => structuredClone(event)).not.toThrow();
  }
}

test.each(['pull_request', 'delete', 'create', 'repository', 'installation', 'installation_repositories'])(
  'a signed %s event, spoilt anywhere: taken for what it is, or refused',
  async (name) => {
    const payloads = realPayloads(name);
    const payload = fc.constantFrom(...payloads.slice(0, 4)).chain((real) => nastyBody(real));
    await fc.assert(
      fc.asyncProperty(payload, async (body) => {
        const { app, taken } = startHooks();
        const answer = await app.fetch(delivered(name, body));
        expect([202, 400]).toContain(answer.status);
        expectEvents(taken);
        expectUnpolluted();
      }),
      runs(0.5),
    );
  },
);

test('a delivery with any headers and any body that was not signed is refused', async () => {
  const headers = fc.dictionary(
    fc.constantFrom('x-hub-signature-256', 'x-github-delivery', 'x-github-event', 'content-type', 'content-length'),
    fc.oneof(
      fc.constantFrom('sha256=', `sha256=${'0'.repeat(64)}`, 'application/json', '-1', '99999999999'),
      nastyText,
    ),
  );
  await fc.assert(
    fc.asyncProperty(headers, nastyText, async (given, body) => {
      const { app, taken } = startHooks();
      const sendable = Object.entries(given).filter(([, value]) => /^[\t\x20-\x7e]*$/.test(value));
      const answer = await app.fetch(
        new Request('https://registrar.example/webhooks/github', {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...Object.fromEntries(sendable) },
          body,
        }),
      );
      expect([401, 413, 415]).toContain(answer.status);
      expect(taken).toEqual([]);
    }),
    runs(),
  );
});

test("a host's signed message, spoilt anywhere", async () => {
  const secret = await deploySecret(DEPLOY_SECRET, '4242');
  const message = { type: 'deploy.rotate', timestamp: 'now', data: { environment: 'pr-42', name: 'web' } };
  await fc.assert(
    fc.asyncProperty(nastyBody(message), async (body) => {
      const { app, taken } = startHooks();
      const answer = await app.fetch(
        new Request('https://registrar.example/webhooks/deploy/4242', {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'webhook-id': 'msg_1',
            'webhook-timestamp': String(HOOKS_NOW / 1000),
            'webhook-signature': new Webhook(secret).sign('msg_1', new Date(HOOKS_NOW), body),
          },
          body,
        }),
      );
      // Bytes that are no UTF-8 are not what was signed.
      expect(body.isWellFormed() ? [202, 400, 413] : [202, 400, 401, 413]).toContain(answer.status);
      expectEvents(taken);
      expectUnpolluted();
    }),
    runs(),
  );
});

test('id-tokens: whatever is in one, it proves a run or is refused', async () => {
  const key = await makeKey('one');
  const { clock } = clockAt(NOW);
  const config = { issuers: [ISSUER], publicUrl: PUBLIC_URL };
  const header = { typ: 'JWT', alg: 'RS256', kid: 'one' };
  const token = fc.oneof(
    spoilt(CLAIMS).map(async (claims) => makeToken(key, Object(claims))),
    spoilt(header).map(async (bad) => unsigned(Object(bad), CLAIMS, CANARY)),
    spoilt(CLAIMS).map(async (bad) => unsigned(header, Object(bad), CANARY)),
    nastyText.map(async (text) => text),
    fc.tuple(nastyText, nastyText, nastyText).map(async (parts) => parts.join('.')),
  );
  const { http } = answering({ [`${ISSUER}/.well-known/jwks`]: { keys: [key.publicJwk] } });
  const keys = createIssuerKeys({ http, clock });
  await fc.assert(
    fc.asyncProperty(token, async (made) => {
      const given = await made.catch(() => '');
      const outcome = await contained(() => verifyIdToken({ token: given, config, keys, clock }));
      if (isRegistrarError(outcome)) {
        expect(outcome.code).toBe('identity_refused');
        if (given.length > 20) expect(outcome.message).not.toContain(given.slice(0, 20));
        return;
      }
      expect(outcome.repositoryId).toMatch(/^[1-9]\d*$/);
      expect(outcome.ownerId).toMatch(/^[1-9]\d*$/);
    }),
    runs(),
  );
});

test("an issuer's keys: whatever it answers, a token is proven by a key of it or refused", async () => {
  const key = await makeKey('one', 2048);
  const token = await makeToken(key);
  const document = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` };
  const site = fc.record({ usual: nastyBody({ keys: [key.publicJwk] }), configuration: nastyBody(document) });
  await fc.assert(
    fc.asyncProperty(site, async ({ usual, configuration }) => {
      const { clock } = clockAt(NOW);
      const { http, asked } = answering({
        [`${ISSUER}/.well-known/jwks`]: usual,
        [`${ISSUER}/.well-known/openid-configuration`]: configuration,
      });
      const keys = createIssuerKeys({ http, clock });
      const config = { issuers: [ISSUER], publicUrl: PUBLIC_URL };
      const outcome = await contained(() => verifyIdToken({ token, config, keys, clock }));
      if (isRegistrarError(outcome)) expect(['identity_refused', 'identity_unavailable']).toContain(outcome.code);
      expect(asked.filter((url) => !url.startsWith(`${ISSUER}/`))).toEqual([]);
    }),
    runs(),
  );
});

test("a job's request, spoilt anywhere: allowed by policy, or refused in words", async () => {
  const {
    key: _k,
    name: _n,
    environment: _e,
    ...desired
  } = desiredWith({ contacts: ['a@example.org'], jwks: { keys: [] } });
  const wish = {
    desired: {
      ...desired,
      ttl: { seconds: 1_209_600 },
      publish: [{ kind: 'github', createEnvironment: false, items: [] }],
    },
    owner: { kind: 'pull_request', number: 42 },
  };
  const entry = await entryWith();
  await fc.assert(
    fc.asyncProperty(nastyBody(wish), async (text) => {
      const outcome = await contained(() => {
        const body = parseBody(text, schemas.applyBody);
        return checkDesired({ desired: readDesired({ environment: 'pr-42', name: 'web' }, body), entry });
      });
      if (isRegistrarError(outcome)) {
        expect(['request_invalid', 'policy_refused']).toContain(outcome.code);
        return;
      }
      const hosts = (outcome.metadata.redirect_uris as readonly string[]).map((uri) => new URL(uri).hostname);
      expect(hosts.filter((host) => !/(?:^|\.)example\.org$/.test(host))).toEqual([]);
    }),
    runs(),
  );
});

test('a request that is nested deeper than a stack is refused before anybody walks through it', async () => {
  const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  const { key: _k, name: _n, environment: _e, ...desired } = desiredWith();
  const text = JSON.stringify({ desired: { ...desired, metadata: 'here' } }).replace('"here"', deep);
  const outcome = await contained(() => parseBody(text, schemas.applyBody));
  expect(outcome).toMatchObject({ code: 'request_invalid', message: 'The body is nested deeper than 60 levels.' });
});

test('the other requests, spoilt anywhere', async () => {
  const adopt = {
    repository: '4242',
    environment: 'production',
    name: 'web',
    resolution: 'adopt',
    client_id: 'a',
    client_secret: CANARY,
    registration_access_token: CANARY,
    registration_client_uri: 'https://as.example/a',
  };
  await fc.assert(
    fc.asyncProperty(nastyBody(adopt), nastyBody({ edition: '1', stage: 'claimed' }), async (one, other) => {
      await contained(() => resolveCall(parseBody(one, resolveBody)));
      await contained(() => parseBody(other, schemas.publishedBody));
      await contained(() => parseBody(other, schemas.rotateBody));
      await contained(() => parseBody(other, schemas.retireBody));
    }),
    runs(),
  );
});
