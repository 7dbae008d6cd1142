import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeServer } from '../../shared/discovery/describe-server.ts';
import { discoverServer } from '../../shared/discovery/discover-server.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { createHttp } from '../../shared/http/create-http.ts';
import { createCallOrder } from '../../shared/registration/call-order.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { obtainInitialAccessToken } from '../../shared/registration/initial-access-token.ts';
import { describeRefusal } from '../../shared/registration/read-answer.ts';
import { createVerifier } from '../../shared/registration/verify.ts';
import { ALL, AS, FHIR, issuerDocument, nested, reference, rest, serve, statement } from '../discovery/documents.ts';
import { randomOf } from '../http/setup.ts';
import { stillClock } from '../http/still-clock.ts';
import { clientOf } from '../registration/setup.ts';
import { contained, expectPrintable, expectUnpolluted, expectWellSaid } from './support/contained.ts';
import { CANARY, nastyBody, nastyText, spoiltText } from './support/json.ts';
import { runs } from './support/runs.ts';

const CONFIGURATION = {
  ...issuerDocument(AS),
  scopes_supported: ['openid', 'fhirUser'],
  grant_types_supported: ['authorization_code'],
  capabilities: ['launch-ehr'],
  token_endpoint_auth_methods_supported: ['client_secret_basic'],
};
const STATEMENT = statement([rest([nested(ALL)])]);
const XML = `<?xml version="1.0"?><CapabilityStatement xmlns="http://hl7.org/fhir"><fhirVersion value="4.0.1"/>
<rest><mode value="server"/><security><extension url="http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris">
<extension url="register"><valueUri value="${AS}/register"/></extension><extension url="token"><valueUri value="${AS}/token"/></extension>
</extension></security></rest></CapabilityStatement>`;

test('discovery documents: what is found can be shown, sent to and put into a shell', async () => {
  const documents = fc.record({
    configuration: nastyBody(CONFIGURATION),
    metadata: fc.oneof(nastyBody(STATEMENT), spoiltText(XML)),
    oauth: nastyBody(CONFIGURATION),
    openid: nastyBody(CONFIGURATION),
  });
  await fc.assert(
    fc.asyncProperty(documents, fc.constantFrom(FHIR, AS), async (site, address) => {
      const { http } = serve({
        [`${FHIR}/.well-known/smart-configuration`]: site.configuration,
        [`${FHIR}/metadata`]: site.metadata,
        [`${AS}/.well-known/oauth-authorization-server`]: site.oauth,
        [`${AS}/.well-known/openid-configuration`]: site.openid,
      });
      const outcome = await contained(() => discoverServer(reference(address), http));
      if (isRegistrarError(outcome)) return;
      const { registration, token, authorization, issuer } = outcome;
      for (const endpoint of [registration, token, authorization, issuer]) {
        if (endpoint !== undefined) expect(endpoint.url).toMatch(/^https?:\/\/[!#&*+,\-./0-9:=?@A-Z[\]_a-z~%]+$/);
      }
      for (const endpoint of [registration, token]) expect(endpoint?.url ?? 'https:').toMatch(/^https:/i);
      for (const line of describeServer(outcome)) expectPrintable(line);
    }),
    runs(),
  );
});

const CLIENT = {
  client_id: 'client-1',
  client_secret: 'secret-of-the-client',
  client_secret_expires_at: 0,
  client_id_issued_at: 1767225600,
  registration_access_token: 'token-of-the-client',
  registration_client_uri: `${AS}/register/client-1`,
  redirect_uris: ['https://app.example.com/callback'],
  grant_types: ['authorization_code'],
  token_endpoint_auth_method: 'client_secret_basic',
  jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'one' }] },
};
const REFUSAL = { error: 'invalid_client_metadata', error_description: 'no', message: 'no', code: 'no' };
const ECHOES = [CANARY, encodeURIComponent(CANARY), `Bearer ${CANARY}`, JSON.stringify(CANARY), CANARY.repeat(3)];

/** Any answer, with what was sent echoed in it now and then. */
const answer = fc.record({
  status: fc.oneof(
    fc.constantFrom(200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 503),
    fc.integer({ min: 200, max: 599 }),
  ),
  body: fc
    .tuple(fc.oneof(nastyBody(CLIENT), nastyBody(REFUSAL)), fc.constantFrom(...ECHOES))
    .map(([text, echo]) => text.replace('no', echo).replace('client-1', echo)),
  retryAfter: fc.option(fc.oneof(fc.constantFrom('5', '1e9', '-1', 'soon', '99999999999'), nastyText), {
    nil: undefined,
  }),
  location: fc.option(nastyText, { nil: undefined }),
});

type Answer = typeof answer extends fc.Arbitrary<infer T> ? T : never;

function responseOf({ status, body, retryAfter, location }: Answer): Response {
  const headers = new Headers();
  for (const [name, value] of [
    ['retry-after', retryAfter],
    ['location', location],
  ] as const) {
    try {
      if (value !== undefined) headers.set(name, value);
    } catch {
      // No server can send that header either.
    }
  }
  const empty = [204, 205, 304].includes(status);
  return new Response(empty ? null : body, { status, headers });
}

function serverThat(answers: readonly Answer[]) {
  let next = 0;
  const { clock } = stillClock();
  const urls: string[] = [];
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  const http = createHttp({
    fetch: async (url) => {
      urls.push(url);
      return responseOf(answers[next++ % answers.length] as Answer);
    },
    clock,
    random: randomOf(7),
    insecureLoopback: false,
    log: { info: add, warning: add, debug: add },
  });
  return { http, clock, urls, lines };
}

const ACCESS = { registrationClientUri: `${AS}/register/client-1`, registrationAccessToken: CANARY };

test('registration answers: no call rejects, and what people are told has no secret in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 4, maxLength: 8 }), async (answers) => {
      const { http, clock, urls, lines } = serverThat(answers);
      const api = createRegistrationApi({ http, clock, order: createCallOrder() });
      const outcomes = [
        await api.register({
          registrationEndpoint: `${AS}/register`,
          metadata: { redirect_uris: ['https://app.example.com/callback'], software_statement: CANARY },
          initialAccessToken: CANARY,
          sendBefore: clock.now() + 1,
        }),
        await api.read(ACCESS),
        await api.update(ACCESS, { client_id: 'client-1', client_secret: CANARY }),
        await api.remove(ACCESS),
      ];
      for (const outcome of outcomes) {
        if ('cause' in outcome && outcome.cause !== undefined) expectWellSaid(outcome.cause);
        if ('reason' in outcome) expectSafe(outcome.reason);
        if ('refusal' in outcome) expectSafe(describeRefusal(outcome.refusal));
        if (outcome.kind === 'client') {
          expect(outcome.information.clientId).toMatch(/^[ -~]+$/);
          expect(JSON.stringify(outcome.information.metadata)).not.toContain(CANARY);
        }
      }
      for (const line of lines) expectSafe(line);
      // No answer leads a call elsewhere.
      expect(urls.filter((url) => new URL(url).origin !== AS)).toEqual([]);
      expectUnpolluted();
    }),
    runs(),
  );
});

const TOKEN = { access_token: 'at', token_type: 'Bearer', error: 'invalid_grant', error_description: 'no' };

test('token endpoints: credentials are tried, and the reason has no secret in it', async () => {
  const answers = fc.array(
    fc
      .tuple(answer, nastyBody(TOKEN))
      .map(([made, body]) => ({ ...made, body: body.replace('no', CANARY).replace('invalid_grant', CANARY) })),
    { minLength: 3, maxLength: 3 },
  );
  const grants = fc.constantFrom(['authorization_code'], ['client_credentials'], []);
  await fc.assert(
    fc.asyncProperty(answers, grants, async (given, grantTypes) => {
      const { http, clock, lines } = serverThat(given);
      const verify = createVerifier({ http, clock, random: randomOf(9) });
      const client = clientOf({ clientSecret: CANARY, granted: { ...CLIENT, grant_types: grantTypes } });
      const { reason, outcome } = await verify(client, {});
      expect(['works', 'refused', 'unknown', 'unreachable']).toContain(outcome);
      for (const line of [reason, ...lines]) expectSafe(line);
      await contained(() =>
        obtainInitialAccessToken({
          http,
          access: { kind: 'client_credentials', clientId: 'a', clientSecret: CANARY },
          tokenEndpoint: `${AS}/token`,
        }),
      );
    }),
    runs(),
  );
});

function expectSafe(line: string): void {
  expectPrintable(line);
  expect(line).not.toContain(CANARY);
}
