import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHttp } from '../../shared/http/create-http.ts';
import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { endRegistration } from '../../shared/reconcile/transitions.ts';
import { wantClient } from '../../shared/reconcile/want.ts';
import { decodeState, encodeState } from '../../shared/record/codec.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { createCallOrder } from '../../shared/registration/call-order.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { createVerifier } from '../../shared/registration/verify.ts';
import { stillClock } from '../http/still-clock.ts';
import { CHANGED, desired, ID, METADATA, SECRET, SERVER, target } from '../reconcile/build.ts';
import { world } from '../reconcile/world.ts';
import { contained, expectUnpolluted, expectWellSaid } from './support/contained.ts';
import { CANARY, nastyBody } from './support/json.ts';
import { runs } from './support/runs.ts';

const ORIGIN = 'https://as.example.org';
const ELSEWHERE = [
  'https://evil.example/register/1',
  'https://as.example.org.evil.example/register/1',
  'https://as.example.org@evil.example/register/1',
  'https://as.example.org:444/register/1',
  'https://as\u3002example\u3002org.evil.example/1',
  'https://\u0430s.example.org/register/1',
  'http://as.example.org/register/1',
  'http://127.0.0.1:1/register/1',
  '//evil.example/register/1',
  'https://evil.example\\@as.example.org/register/1',
  'javascript:alert(1)',
];

/** A client as a hostile server answers with it: its endpoints elsewhere, now and then, and everything else spoilt. */
const body = fc
  .record({
    client_id: fc.constantFrom('client-1', 'client-2', CANARY),
    client_secret: fc.constantFrom(`${CANARY}-secret-1`, `${CANARY}-secret-2`, undefined),
    registration_access_token: fc.constantFrom(`${CANARY}-token-1`, `${CANARY}-token-2`, undefined),
    registration_client_uri: fc.constantFrom(
      `${ORIGIN}/register/client-1`,
      `${ORIGIN}/register/client-1`,
      '/register/client-1',
      ...ELSEWHERE,
    ),
  })
  .chain((client) => {
    const answer = {
      ...METADATA,
      ...client,
      issuer: 'https://evil.example',
      token_endpoint: 'https://evil.example/token',
      registration_endpoint: 'https://evil.example/register',
      jwks_uri: 'https://evil.example/jwks',
    };
    return fc.oneof({ weight: 3, arbitrary: fc.constant(JSON.stringify(answer)) }, nastyBody(answer));
  });
const TOKEN_BODIES = ['{"error":"invalid_client"}', '{"error":"invalid_grant"}', '{"access_token":"t"}', '<html>', ''];
const answer = fc.record({ status: fc.constantFrom(200, 201, 201, 204, 302, 400, 401, 403, 404, 500), body });
const tokenAnswer = fc.record({ status: fc.constantFrom(200, 400, 401, 500), body: fc.constantFrom(...TOKEN_BODIES) });

function hostileServer(
  answers: readonly { status: number; body: string }[],
  tokens: readonly { status: number; body: string }[],
) {
  const sent: { readonly url: string; readonly text: string }[] = [];
  let next = 0;
  const { clock } = stillClock(world().now());
  const http = createHttp({
    fetch: async (url, { headers, body: text = '' }) => {
      sent.push({ url, text: JSON.stringify([headers, text]) });
      const list = url.endsWith('/token') ? tokens : answers;
      const given = list[next++ % list.length];
      const empty = given?.status === 204;
      return new Response(empty ? null : given?.body, {
        status: given?.status ?? 500,
        headers: { location: 'https://evil.example/' },
      });
    },
    clock,
    random: { bytes: (length) => new Uint8Array(length) },
    insecureLoopback: false,
  });
  return { http, clock, sent };
}

test('whatever a server answers, what manages a client goes nowhere else, and the record can be kept', async () => {
  const lists = [
    fc.array(answer, { minLength: 3, maxLength: 9 }),
    fc.array(tokenAnswer, { minLength: 2, maxLength: 4 }),
  ] as const;
  await fc.assert(
    fc.asyncProperty(...lists, async (answers, tokens) => {
      const { http, clock, sent } = hostileServer(answers, tokens);
      const { ports } = world();
      const masked: string[] = [];
      const whole = {
        ...ports,
        clock,
        api: createRegistrationApi({ http, clock, order: createCallOrder() }),
        verify: createVerifier({ http, clock, random: ports.random }),
        protect: (secrets: readonly string[]) => void masked.push(...secrets),
      };
      const run = async (record: RegistrationRecord) => {
        const outcome = await contained(() => reconcile(record, whole, { patienceMs: 5_000 }));
        if (outcome instanceof Error) throw outcome;
        if (outcome.problem !== undefined) expectWellSaid(outcome.problem, [`${CANARY}-secret`, `${CANARY}-token`]);
        const state = { version: 1 as const, registrations: { [outcome.record.key]: outcome.record } };
        expect(decodeState(encodeState(state)).registrations[outcome.record.key]).toEqual(outcome.record);
        const kept = outcome.record.clients.flatMap(({ clientSecret, access }) => [
          clientSecret,
          access?.registrationAccessToken,
        ]);
        expect(kept.filter((secret) => secret !== undefined && !masked.includes(secret))).toEqual([]);
        return outcome.record;
      };
      const wish = desired({ publish: [target(ID, SECRET)] });
      const want = (record: RegistrationRecord | undefined, metadata = METADATA) =>
        wantClient({ record, desired: { ...wish, metadata }, server: SERVER, now: clock.now() });
      const first = await run(want(undefined));
      const second = await run(want(first, CHANGED));
      const { record: ending } = endRegistration(second, clock.now(), 'closed');
      await run(ending);
      // Everything goes where the server was found, whatever its answers name.
      expect(sent.map(({ url }) => new URL(url).origin).filter((origin) => origin !== ORIGIN)).toEqual([]);
      expect(sent.filter(({ url }) => url.includes(CANARY))).toEqual([]);
      for (const { text } of sent.filter(({ url }) => url === SERVER.registrationEndpoint)) {
        expect(text).not.toContain(`${CANARY}-token`);
      }
      for (const { text } of sent.filter(({ url }) => url === SERVER.tokenEndpoint)) {
        expect(text).not.toContain(`${CANARY}-token`);
      }
      expectUnpolluted();
    }),
    runs(2),
  );
});
