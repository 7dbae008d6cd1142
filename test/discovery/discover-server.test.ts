import { describe, expect, test } from 'vitest';
import { describeServer } from '../../shared/discovery/describe-server.ts';
import { discoverServer } from '../../shared/discovery/discover-server.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { ServerReference } from '../../shared/manifest/desired.ts';
import {
  ALL,
  AS,
  FHIR,
  failure,
  issuerDocument,
  nested,
  reference,
  rest,
  type Site,
  serve,
  statement,
} from './documents.ts';

const SMART = `${FHIR}/.well-known/smart-configuration`;
const METADATA = `${FHIR}/metadata`;
const FHIR_FORMS = [
  'https://fhir.example/.well-known/oauth-authorization-server/r4',
  `${FHIR}/.well-known/oauth-authorization-server`,
  `${FHIR}/.well-known/openid-configuration`,
  'https://fhir.example/.well-known/openid-configuration/r4',
] as const;
const smart = (more: object = {}) => ({
  authorization_endpoint: `${AS}/authorize`,
  token_endpoint: `${AS}/token`,
  capabilities: ['launch-standalone'],
  ...more,
});

const discover = async (site: Site, ref: ServerReference = reference(FHIR)) => {
  const { http, asked, accepted } = serve(site);
  return { server: await discoverServer(ref, http), asked, accepted };
};
const refusal = async (site: Site, ref: ServerReference = reference(FHIR)) => {
  const { http, asked } = serve(site);
  const error = await discoverServer(ref, http).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RegistrarError);
  return { error: error as RegistrarError, asked };
};

describe('from a FHIR base URL', () => {
  test('SMART configuration is enough, in one request', async () => {
    const { server, asked, accepted } = await discover({
      [SMART]: smart({
        issuer: AS,
        registration_endpoint: `${AS}/register`,
        scopes_supported: ['openid', 'patient/*.rs'],
        grant_types_supported: ['authorization_code'],
        response_types_supported: ['code'],
        token_endpoint_auth_methods: ['client_secret_basic'],
        token_endpoint_auth_signing_alg_values_supported: ['RS384'],
        code_challenge_methods_supported: ['S256'],
      }),
    });
    const source = { kind: 'smart-configuration', url: SMART };
    expect(server).toEqual({
      address: FHIR,
      registration: { url: `${AS}/register`, source },
      token: { url: `${AS}/token`, source },
      authorization: { url: `${AS}/authorize`, source },
      issuer: { url: AS, source },
      says: {
        scopes: ['openid', 'patient/*.rs'],
        grantTypes: ['authorization_code'],
        responseTypes: ['code'],
        tokenEndpointAuthMethods: ['client_secret_basic'],
        tokenEndpointAuthSigningAlgs: ['RS384'],
        codeChallengeMethods: ['S256'],
        capabilities: ['launch-standalone'],
      },
      trail: [{ url: SMART, outcome: 'names the registration endpoint' }],
    });
    expect(asked).toEqual([SMART]);
    expect(accepted).toEqual(['application/json']);
  });

  test('the newer name of the authentication methods wins over the older', async () => {
    const { server } = await discover({
      [SMART]: smart({
        registration_endpoint: `${AS}/register`,
        token_endpoint_auth_methods: ['old'],
        token_endpoint_auth_methods_supported: ['new'],
      }),
    });
    expect(server.says.tokenEndpointAuthMethods).toEqual(['new']);
  });

  test.each(['1.0.2', '3.0.2', '4.0.1', '4.3.0', '5.0.0'])(
    'FHIR %s metadata is enough, in two requests',
    async (version) => {
      const { server, asked, accepted } = await discover({ [METADATA]: statement([rest([nested(ALL)])], version) });
      const source = { kind: 'fhir-metadata', url: METADATA };
      expect(server).toEqual({
        address: FHIR,
        registration: { url: ALL.register, source },
        token: { url: ALL.token, source },
        authorization: { url: ALL.authorize, source },
        says: { fhirVersion: version },
        trail: [
          { url: SMART, outcome: 'answers 404' },
          { url: METADATA, outcome: `FHIR ${version}; names the registration endpoint` },
        ],
      });
      expect(asked).toEqual([SMART, METADATA]);
      expect(accepted[1]).toMatch(/^application\/fhir\+json, application\/json\+fhir;/);
    },
  );

  test('a SMART configuration without registration endpoint is completed by the metadata', async () => {
    const { server } = await discover({
      [SMART]: smart({ token_endpoint: 'https://first.example/token' }),
      [METADATA]: statement([rest([nested(ALL)])]),
    });
    expect(server.registration).toEqual({ url: ALL.register, source: { kind: 'fhir-metadata', url: METADATA } });
    expect(server.token).toEqual({
      url: 'https://first.example/token',
      source: { kind: 'smart-configuration', url: SMART },
    });
    expect(server.says).toEqual({ capabilities: ['launch-standalone'], fhirVersion: '4.0.1' });
    expect(server.trail[0]?.outcome).toBe('names no registration endpoint');
  });

  test('a SMART configuration may be relative to the base, which may end in a slash', async () => {
    for (const base of [FHIR, `${FHIR}/`]) {
      const { server } = await discover(
        { [SMART]: { registration_endpoint: 'auth/register', token_endpoint: '/token' } },
        reference(base),
      );
      expect(server).toMatchObject({
        address: base,
        registration: { url: `${FHIR}/auth/register` },
        token: { url: 'https://fhir.example/token' },
      });
    }
  });

  test('the issuer that a SMART configuration names is followed', async () => {
    const { server, asked } = await discover({
      [SMART]: smart({ issuer: `${AS}/` }),
      [METADATA]: statement([rest([])]),
      [`${AS}/.well-known/openid-configuration`]: issuerDocument(`${AS}/`, { registration_endpoint: `${AS}/reg` }),
    });
    expect(server.registration).toEqual({
      url: `${AS}/reg`,
      source: { kind: 'openid-configuration', url: `${AS}/.well-known/openid-configuration` },
    });
    expect(server.issuer).toEqual({ url: `${AS}/`, source: { kind: 'smart-configuration', url: SMART } });
    expect(asked.slice(2)).toEqual([
      `${AS}/.well-known/oauth-authorization-server`,
      `${AS}/.well-known/openid-configuration`,
    ]);
  });

  test.each(['not a url', 'urn:as', 'http://as.example'])(
    'an issuer that cannot be asked, %s, is not',
    async (issuer) => {
      const { error, asked } = await refusal({ [SMART]: smart({ issuer }) });
      expect(error.code).toBe('registration_unsupported');
      expect(asked.slice(2)).toEqual(FHIR_FORMS);
    },
  );

  test('addresses of http on this machine are taken from documents of this machine only', async () => {
    const local = 'http://127.0.0.1:8080/fhir';
    const document = { registration_endpoint: 'http://localhost:9/reg', token_endpoint: `${AS}/token` };
    const { server } = await discover({ [`${local}/.well-known/smart-configuration`]: document }, reference(local));
    expect(server.registration.url).toBe('http://localhost:9/reg');
    const { error } = await refusal({ [SMART]: document });
    expect(error).toMatchObject({ code: 'url_insecure', server: SMART });
  });

  test.each([
    ['registration', { registration_endpoint: 'http://as.example/reg?canary' }],
    ['registration', { registration_endpoint: 'https://u:canary@as.example/reg' }],
    ['token', { registration_endpoint: `${AS}/reg`, token_endpoint: 'http://as.example/token' }],
  ])('an insecure %s endpoint is refused with the document that names it', async (what, more) => {
    const { error } = await refusal({ [SMART]: smart(more) });
    expect(error).toMatchObject({ code: 'url_insecure', server: SMART });
    expect(error.message).toContain(`${SMART} names a ${what} endpoint that cannot be used`);
    expect(error.message).not.toContain('canary');
  });
});

describe('FHIR metadata', () => {
  const XML = `<Conformance xmlns="http://hl7.org/fhir"><fhirVersion value="1.0.2"/><rest><mode value="server"/><security>
    <extension url="http://x/StructureDefinition/oauth-uris"><extension url="register"><valueUri value="${AS}/register"/></extension>
    <extension url="token"><valueUri value="${AS}/token"/></extension></extension></security></rest></Conformance>`;
  const json = statement([rest([nested(ALL)])]);
  const onlyWithFormat = (first: object | string | number) => (url: URL) =>
    url.search === '?_format=json' ? json : first;

  test('in XML is read without asking again', async () => {
    const { server, asked } = await discover({ [METADATA]: `\n<?xml version="1.0"?>${XML}` });
    expect(server).toMatchObject({ registration: { url: ALL.register }, says: { fhirVersion: '1.0.2' } });
    expect(asked).toEqual([SMART, METADATA]);
  });

  test.each([
    ['406', 406],
    ['415', 415],
    ['a web page', '<!DOCTYPE html><html></html>'],
    ['XML of another kind', '<feed/>'],
    ['nothing', ''],
    ['a list', '[]'],
  ])('is asked for with _format=json after %s', async (_, first) => {
    const { server, asked, accepted } = await discover({ [METADATA]: onlyWithFormat(first) });
    expect(server.registration.source).toEqual({ kind: 'fhir-metadata', url: METADATA });
    expect(asked).toEqual([SMART, METADATA, `${METADATA}?_format=json`]);
    expect(accepted[2]).toBe('*/*');
  });

  test.each([400, 401, 404])('is not asked for again after %d', async (status) => {
    const { asked } = await refusal({ [METADATA]: onlyWithFormat(status) });
    expect(asked).toEqual([SMART, METADATA, ...FHIR_FORMS]);
  });

  test('that is unreadable both times is told by its first answer', async () => {
    const { error } = await refusal({ [METADATA]: (url) => (url.search === '' ? '<feed/>' : 500) });
    expect(error.message).toContain(`${METADATA}: answers with XML that is no capability statement;`);
  });
});

describe('from an issuer', () => {
  const ISSUER = 'https://as.example/realms/a';
  const INSERTED = 'https://as.example/.well-known/oauth-authorization-server/realms/a';

  test.each([
    ['oauth-authorization-server', INSERTED],
    ['oauth-authorization-server', `${ISSUER}/.well-known/oauth-authorization-server`],
    ['openid-configuration', `${ISSUER}/.well-known/openid-configuration`],
    ['openid-configuration', 'https://as.example/.well-known/openid-configuration/realms/a'],
  ])('%s is found at %s', async (kind, url) => {
    const { server } = await discover(
      { [url]: issuerDocument(ISSUER, { scopes_supported: ['openid'] }) },
      reference(ISSUER),
    );
    const source = { kind, url };
    expect(server).toMatchObject({
      address: ISSUER,
      registration: { url: `${ISSUER}/reg`, source },
      token: { url: `${ISSUER}/token`, source },
      authorization: { url: `${ISSUER}/authorize`, source },
      issuer: { url: ISSUER, source },
      says: { scopes: ['openid'], responseTypes: ['code'] },
    });
  });

  test('is found by a web site that answers everything with a page', async () => {
    const page = '<!doctype html><title>Welcome</title>';
    const { server } = await discover(
      {
        [`${AS}/.well-known/smart-configuration`]: page,
        [`${AS}/metadata`]: page,
        [`${AS}/.well-known/oauth-authorization-server`]: { status: 401, text: '{}' },
        [`${AS}/.well-known/openid-configuration`]: issuerDocument(AS),
      },
      reference(AS),
    );
    expect(server.registration.url).toBe(`${AS}/reg`);
    expect(server.trail.map(({ outcome }) => outcome)).toEqual([
      'answers with a web page (HTML)',
      'answers with a web page (HTML)',
      'answers 401',
      'names the registration endpoint',
    ]);
  });

  test.each([
    [`${AS}/`, AS],
    [AS, `${AS}/`],
    [AS, 'https://AS.example'],
    [AS, 'https://evil.example'],
  ])('%s is not the issuer %s', async (given, named) => {
    const { error } = await refusal(
      { [`${AS}/.well-known/oauth-authorization-server`]: issuerDocument(AS, { issuer: named }) },
      reference(given),
    );
    expect(error.code).toBe('issuer_mismatch');
    expect(error.message).toContain(`names the issuer ${named}, not ${given}`);
    expect(error.hint).toContain('final slash');
  });

  test('metadata without an issuer is not used', async () => {
    const { error } = await refusal(
      { [INSERTED]: { registration_endpoint: `${AS}/reg`, issuer: 7 } },
      reference(ISSUER),
    );
    expect(error.code).toBe('discovery_failed');
    expect(error.message).toContain('JSON, but no metadata of an issuer');
  });

  test('relative addresses mean nothing there', async () => {
    const { error } = await refusal(
      { [INSERTED]: issuerDocument(ISSUER, { registration_endpoint: '/reg' }) },
      reference(ISSUER),
    );
    expect(error.code).toBe('registration_unsupported');
    expect(error.message).toContain('its registration_endpoint is no URL');
  });

  test('without registration endpoint is an explained outcome', async () => {
    const { error } = await refusal(
      { [INSERTED]: issuerDocument(ISSUER, { registration_endpoint: undefined }) },
      reference(ISSUER),
    );
    expect(error.code).toBe('registration_unsupported');
    expect(error.message).toMatch(
      /^the authorization server https:\/\/as\.example\/realms\/a names no registration endpoint/,
    );
    expect(error.hint).toContain('Ask the operator');
  });

  test('given beside the address, it is the one that is asked', async () => {
    const { server, asked } = await discover(
      { [INSERTED]: issuerDocument(ISSUER) },
      reference(FHIR, { issuer: ISSUER }),
    );
    expect(asked).toEqual([SMART, METADATA, INSERTED]);
    expect(server.issuer).toEqual({ url: ISSUER, source: { kind: 'manifest' } });
  });

  test('given alone, only its metadata is asked for', async () => {
    const { server, asked } = await discover(
      { [INSERTED]: issuerDocument(ISSUER) },
      reference(undefined, { issuer: ISSUER }),
    );
    expect(asked).toEqual([INSERTED]);
    expect(server.address).toBe(ISSUER);
  });
});

describe('what the manifest gives', () => {
  const REG = 'https://given.example/reg';
  const TOKEN = 'https://given.example/token';
  const manifest = { kind: 'manifest' };

  test('comes first: with both endpoints nothing is asked', async () => {
    for (const address of [undefined, FHIR]) {
      const ref = reference(address, { registrationEndpoint: REG, tokenEndpoint: TOKEN, issuer: AS });
      const { server, asked } = await discover({ [SMART]: smart({ registration_endpoint: `${AS}/reg` }) }, ref);
      expect(asked).toEqual([]);
      expect(server).toEqual({
        address: address ?? REG,
        registration: { url: REG, source: manifest },
        token: { url: TOKEN, source: manifest },
        issuer: { url: AS, source: manifest },
        says: {},
        trail: [],
      });
    }
  });

  test('is completed by documents, and settles where they differ', async () => {
    const site = { [SMART]: smart({ registration_endpoint: `${AS}/reg` }) };
    const { server } = await discover(site, reference(FHIR, { registrationEndpoint: REG }));
    expect(server).toMatchObject({ registration: { url: REG, source: manifest }, token: { url: `${AS}/token` } });
    const other = await discover(site, reference(FHIR, { tokenEndpoint: TOKEN }));
    expect(other.server).toMatchObject({ registration: { url: `${AS}/reg` }, token: { url: TOKEN, source: manifest } });
  });

  test('is enough without a token endpoint, even when nothing else can be read', async () => {
    const { server } = await discover({ [SMART]: 500 }, reference(FHIR, { registrationEndpoint: REG }));
    expect(server.registration.url).toBe(REG);
    expect(server).not.toHaveProperty('token');
    const alone = await discover({}, reference(undefined, { registrationEndpoint: REG }));
    expect(alone.asked).toEqual([]);
    expect(alone.server.address).toBe(REG);
  });

  test.each([
    reference('http://fhir.example/r4'),
    reference('https://u:canary@fhir.example'),
    reference('fhir.example/r4'),
    reference(FHIR, { registrationEndpoint: 'http://as.example/reg' }),
    reference(FHIR, { tokenEndpoint: 'ftp://as.example/token' }),
    reference(FHIR, { issuer: 'as.example' }),
  ])('is refused before anything is asked when it is not https: %j', async (ref) => {
    const { error, asked } = await refusal({}, ref);
    expect(error.code).toBe('url_insecure');
    expect(error.message).not.toContain('canary');
    expect(asked).toEqual([]);
  });

  test('may be http on this machine, which the guarded fetch decides', async () => {
    const ref = reference(undefined, {
      registrationEndpoint: 'http://127.0.0.1:1/reg',
      tokenEndpoint: 'http://[::1]:1/t',
    });
    expect((await discover({}, ref)).server.registration.url).toBe('http://127.0.0.1:1/reg');
  });

  test('has to be something', async () => {
    await expect(discoverServer(reference(), serve({}).http)).rejects.toThrow(TypeError);
  });
});

describe('registration endpoints of different origins', () => {
  test('in two documents that were read are an error that shows both', async () => {
    const { error } = await refusal({
      [SMART]: { registration_endpoint: 'https://one.example/reg?canary' },
      [METADATA]: statement([rest([nested({ ...ALL, register: 'https://two.example/reg' })])]),
    });
    expect(error).toMatchObject({ code: 'endpoint_conflict', server: 'https://fhir.example' });
    expect(error.message).toBe(
      `${SMART} names the registration endpoint https://one.example/reg, but ${METADATA} names https://two.example/reg`,
    );
  });

  test('in one document are one too', async () => {
    const entries = ['https://one.example/reg', 'https://two.example/reg'].map((register) =>
      rest([nested({ ...ALL, register })]),
    );
    const { error } = await refusal({ [METADATA]: statement(entries) });
    expect(error.code).toBe('endpoint_conflict');
  });

  test('are none when only the path differs: the first wins', async () => {
    const { server } = await discover({
      [SMART]: { registration_endpoint: `${AS}/first` },
      [METADATA]: statement([rest([nested(ALL)])]),
    });
    expect(server.registration.url).toBe(`${AS}/first`);
    expect(server.token?.source.kind).toBe('fhir-metadata');
    expect(server.trail[0]?.outcome).toBe('names the registration endpoint, but no token endpoint');
  });
});

describe('a server that cannot be used', () => {
  test.each([
    [METADATA, FHIR],
    [SMART, FHIR],
    [FHIR_FORMS[0], FHIR],
    ['https://fhir.example/metadata', 'https://fhir.example/'],
  ])('because %s is a document says what it belongs to', async (address, base) => {
    const { error } = await refusal({}, reference(address));
    expect(error.code).toBe('discovery_failed');
    expect(error.hint).toBe(`This is the address of a document. Give as \`server\`: ${base}`);
  });

  test('is told from one that names no registration endpoint', async () => {
    const { error, asked } = await refusal({
      [SMART]: smart(),
      [METADATA]: statement([rest([nested({ token: ALL.token })])]),
    });
    expect(error.code).toBe('registration_unsupported');
    expect(error.message).toBe(
      `the FHIR server ${FHIR} names no registration endpoint. Asked: ${SMART}: names no registration endpoint; ${METADATA}: FHIR 4.0.1; names no registration endpoint; ${FHIR_FORMS.join(' and ')}: answers 404`,
    );
    expect(error.hint).toContain('Give the issuer of the authorization server');
    expect(error.hint).toContain(ALL.token);
    expect(asked).toHaveLength(6);
  });

  test('has a hint without a token endpoint when none is known', async () => {
    const { error } = await refusal({ [METADATA]: statement([rest([])]) });
    expect(error.code).toBe('registration_unsupported');
    expect(error.hint).toMatch(/^Give the issuer of the authorization server as `server`/);
  });

  const everywhere = (page: Site[string]): Site =>
    Object.fromEntries([SMART, METADATA, ...FHIR_FORMS].map((url) => [url, page]));

  test.each<[string, Site[string], string, string, number]>([
    ['nothing but 404', 404, 'discovery_failed', 'answers 404', 6],
    ['nothing but 401', 401, 'discovery_failed', 'answers 401', 6],
    ['web pages', '<HTML><body>Hello', 'discovery_failed', 'a web page (HTML)', 7],
    ['empty bodies', ' \n', 'discovery_failed', 'an empty body', 7],
    ['XML', '<feed><entry/></feed>', 'discovery_failed', 'XML', 7],
    ['broken JSON', '{"issuer":', 'discovery_failed', 'JSON that is broken', 7],
    ['a list', '[1]', 'discovery_failed', 'not a JSON object', 7],
    ['plain text', 'OK', 'discovery_failed', 'not a JSON object', 7],
    ['an empty object', {}, 'discovery_failed', 'JSON, but no SMART configuration', 6],
    ['500', 500, 'server_error', 'answers 500', 2],
    ['503 with a time', { status: 503, text: '', retryAfterSeconds: 90 }, 'rate_limited', 'asks to wait 90 s', 1],
    ['503 without a time', 503, 'server_error', 'answers 503', 2],
    ['429', 429, 'rate_limited', 'answers 429', 1],
  ])('because it answers %s', async (_, page, code, words, requests) => {
    const { error, asked } = await refusal(everywhere(page));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    expect(error.message).toContain(SMART);
    expect(error.server).toMatch(/^https:\/\/fhir\.example/);
    expect(asked).toHaveLength(requests);
  });

  test('carries when to try again', async () => {
    const { error } = await refusal(everywhere({ status: 429, text: '', retryAfterSeconds: 3600 }));
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 3600 });
    const second = await refusal({ [METADATA]: { status: 429, text: '', retryAfterSeconds: 3600 } });
    expect(second.error).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 3600 });
    expect(second.error.message).toContain('Asked:');
  });

  test.each(['server_unreachable', 'server_no_answer', 'url_insecure'] as const)(
    'because of %s, told after the first document',
    async (code) => {
      const failed = failure(code, SMART, 'is silent');
      const { error, asked } = await refusal(everywhere(failed));
      expect(error).toBe(failed);
      expect(asked).toEqual([SMART]);
    },
  );

  test('because it redirects: the target is in the message', async () => {
    const { error } = await refusal(
      everywhere(failure('redirect_refused', SMART, 'answers with a redirect (301) to https://new.example/r4')),
    );
    expect(error.code).toBe('redirect_refused');
    expect(error.message).toContain('https://new.example/r4');
  });

  test('because everything is too large', async () => {
    const { error } = await refusal(everywhere(failure('answer_too_large', SMART, 'answers 200 with more than 1 MiB')));
    expect(error.code).toBe('answer_too_large');
  });

  test('is reported without a server or its address where an error names none', async () => {
    const { error } = await refusal(everywhere(new RegistrarError('redirect_refused', { message: 'away' })));
    expect(error).toMatchObject({ code: 'redirect_refused', server: undefined });
    expect(error.message).toMatch(/openid-configuration\/r4: away$/);
  });

  test('is not searched on when an issuer elsewhere is down, and that is said', async () => {
    const { error, asked } = await refusal({
      [SMART]: smart({ issuer: AS }),
      [`${AS}/.well-known/oauth-authorization-server`]: failure('server_unreachable', AS, 'cannot be reached: refused'),
    });
    expect(error.code).toBe('server_unreachable');
    expect(error.message).toContain('names no registration endpoint');
    expect(asked).toEqual([SMART, METADATA, `${AS}/.well-known/oauth-authorization-server`]);
  });

  test('may be found after all: earlier failures are in the trail', async () => {
    const { server } = await discover({
      [SMART]: failure('redirect_refused', SMART, 'answers with a redirect (302) to https://login.example/'),
      [METADATA]: 500,
      [FHIR_FORMS[2]]: issuerDocument(FHIR),
    });
    expect(server.trail.map(({ outcome }) => outcome)).toEqual([
      'answers with a redirect (302) to https://login.example/',
      'answers 500',
      'answers 404',
      'answers 404',
      'names the registration endpoint',
    ]);
  });

  test('with documents of wrong types says which member is wrong', async () => {
    const { error } = await refusal({
      [SMART]: {
        registration_endpoint: 42,
        token_endpoint: ['x'],
        issuer: {},
        capabilities: null,
        scopes_supported: 7,
      },
    });
    expect(error.code).toBe('registration_unsupported');
    expect(error.message).toContain('its registration_endpoint is no URL; its token_endpoint is no URL');
  });

  test('shows nothing that could be taken for a command', async () => {
    const { error } = await refusal({
      [METADATA]: { resourceType: 'X\r\n::add-mask::canary' },
      [FHIR_FORMS[0]]: issuerDocument('https://evil.example/\n::error::x'),
    });
    expect(error.message).not.toMatch(/[\r\n]|::/);
  });

  test('a defect is not taken for an answer', async () => {
    const broken = () => Promise.reject(new TypeError('defect'));
    await expect(discoverServer(reference(FHIR), broken)).rejects.toThrow(TypeError);
  });
});

describe('a server in words', () => {
  test('says where each endpoint was read', async () => {
    const { server } = await discover(
      { [SMART]: smart({ registration_endpoint: `${AS}/reg?canary` }) },
      reference(FHIR, { issuer: AS }),
    );
    expect(describeServer(server)).toEqual([
      `registration endpoint: ${AS}/reg (SMART configuration ${SMART})`,
      `token endpoint: ${AS}/token (SMART configuration ${SMART})`,
      `authorization endpoint: ${AS}/authorize (SMART configuration ${SMART})`,
      `issuer: ${AS} (given in the manifest)`,
    ]);
  });

  test('says what is missing and which FHIR version it is', async () => {
    const { server } = await discover(
      { [METADATA]: statement([rest([nested({ register: ALL.register })])]) },
      reference(FHIR, { issuer: `${AS}/` }),
    );
    expect(describeServer(server)).toEqual([
      `registration endpoint: ${AS}/register (FHIR metadata ${METADATA})`,
      `issuer: ${AS}/ (given in the manifest)`,
      'token endpoint: not named anywhere',
      'FHIR version: 4.0.1',
    ]);
  });
});
