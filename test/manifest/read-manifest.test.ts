import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/ports/ports.ts';
import { failure, manifestOf, only, problems, read } from './reading.ts';

const REGISTERED_BY_HAND = {
  software_id: 'com.example:growth-chart:1.0',
  client_name: 'Growth chart',
  launch_url: 'http://localhost:8000/launch',
  redirect_uris: ['http://localhost:8000/callback'],
  scope: 'launch launch/patient openid profile patient/*.read',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  fhir_versions: ['1.0.2', '3.0.1'],
};

const backend = (more: Record<string, Json> = {}) => ({ type: 'backend', ...more });

describe('a manifest', () => {
  it('in YAML becomes what is desired', () => {
    const text = `
version: 1
clients:
  web:
    server: https://fhir.example.org/r4      # FHIR base URL
    type: confidential
    metadata:
      client_name: Growth chart (\${environment})
      redirect_uris: ["\${url}/callback"]
      scope: launch/patient openid fhirUser patient/*.rs
    publish:
      github: { variables: { client_id: FHIR_CLIENT_ID }, secrets: { client_secret: fhir_client_secret } }
environments:
  production:
    web: { rotate: { every: 30d, client_id: may_change }, publish: { github: { environment: production } } }
`;
    const metadata = {
      client_name: 'Growth chart (production)',
      redirect_uris: ['https://app.example.com/callback'],
      scope: 'launch/patient openid fhirUser patient/*.rs',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    };
    const owner = { kind: 'pull_request', number: 42 } as const;
    const reading = read(text, { templates: { environment: 'production' }, overrides: { owner } });
    expect(reading.warnings).toEqual([]);
    expect(reading.desired).toEqual([
      {
        key: 'production/web',
        name: 'web',
        environment: 'production',
        server: { address: 'https://fhir.example.org/r4', configurationEndpointOrigins: [] },
        type: 'confidential',
        metadata,
        makeKey: false,
        owner,
        publish: [
          {
            kind: 'github',
            environment: 'production',
            createEnvironment: false,
            items: [
              { kind: 'variable', name: 'FHIR_CLIENT_ID', field: 'client_id' },
              { kind: 'secret', name: 'FHIR_CLIENT_SECRET', field: 'client_secret' },
            ],
          },
        ],
        rotation: {
          everySeconds: 2_592_000,
          overlapSeconds: 86_400,
          strategy: 'replace',
          clientIdMayChange: true,
          retire: 'confirmed',
        },
        update: 'ask',
        strict: false,
      },
    ]);
  });

  it('says of a misspelled name in an override what was meant', () => {
    expect(
      problems(
        manifestOf(
          { metadata: { redirect_uris: ['https://a.example/b'] } },
          { production: { web: { metdata: {}, publish: { github: { varables: {} } } } } },
        ),
      ),
    ).toEqual([
      'manifest_invalid',
      'line 1: environments.production.web.publish.github.varables: is not known here; expected variables',
      'line 1: environments.production.web.metdata: is not known here; expected metadata',
    ]);
  });

  it('can be client metadata alone, which is sent as it is', () => {
    const overrides = { server: 'https://fhir.example.org/dstu2', secretPrefix: 'FHIR_', ttl: 'job' };
    const client = only(read(JSON.stringify(REGISTERED_BY_HAND), { overrides }));
    expect(client.metadata).toEqual(REGISTERED_BY_HAND);
    expect(client).toMatchObject({
      key: 'pr-42/client',
      server: { address: 'https://fhir.example.org/dstu2' },
      ttl: 'job',
      publish: [
        {
          items: [
            { kind: 'variable', name: 'FHIR_CLIENT_ID', field: 'client_id' },
            { kind: 'secret', name: 'FHIR_CLIENT_SECRET', field: 'client_secret' },
          ],
        },
      ],
    });
  });

  it('that is client metadata alone is checked as all metadata is, with its own paths and lines', () => {
    expect(problems('client_name: 1\nredirect_uris:\n  - https://app.example.com/cb#x\nclient_id: x\n')).toEqual([
      'manifest_invalid',
      'line 1: client_name: is a number; expected a string: put it in quotes',
      'line 3: redirect_uris[0]: "https://app.example.com/cb#x" has a fragment; expected a URL without #',
      'line 4: client_id: is given by the server and cannot be asked for; expected the manifest without it',
    ]);
    expect(problems(JSON.stringify(REGISTERED_BY_HAND))).toEqual([
      'manifest_invalid',
      'line 1: server: is missing; expected a FHIR base URL or an issuer, or registration_endpoint and token_endpoint',
    ]);
  });

  it.each([
    ['nothing', '', ['is empty; expected version: 1 and clients']],
    ['a list', '[]', ['line 1: is a list; expected an object']],
    ['a word', 'hello', ['line 1: is a string; expected an object']],
    [
      'something else',
      'foo: 1',
      [
        'line 1: version: is missing; expected 1',
        'line 1: clients: is missing; expected an object',
        'line 1: foo: is not known here; expected one of $schema, version, clients, environments',
      ],
    ],
    [
      'metadata under a misspelled name',
      'version: 1\nclient: {}',
      ['line 1: clients: is missing; expected an object', 'line 2: client: is not known here; expected clients'],
    ],
    ['another version', 'version: 2\nclients: {}', ['line 1: version: is "2"; expected 1']],
    ['a list of clients', 'version: 1\nclients: []', ['line 2: clients: is a list; expected an object']],
    [
      'a client that is null',
      'version: 1\nclients:\n  web:',
      ['line 3: clients.web: is null; expected an object, or nothing at all'],
    ],
    [
      'a list of environments',
      'version: 1\nclients: {}\nenvironments: []',
      ['line 3: environments: is a list; expected an object'],
    ],
    [
      'an environment that is a list',
      'version: 1\nclients: {}\nenvironments:\n  pr-42: []',
      ['line 4: environments.pr-42: is a list; expected an object'],
    ],
    [
      'a name that cannot be one',
      'version: 1\nclients:\n  "a b": {server: "https://as.example.org", type: backend}',
      [
        'line 3: clients["a b"]: is not a name that can be used; expected a letter, then at most 62 letters, digits, hyphens and underscores',
      ],
    ],
    [
      'a client without a server',
      'version: 1\nclients:\n  web: {type: backend}',
      [
        'line 3: clients.web.server: is missing; expected a FHIR base URL or an issuer, or registration_endpoint and token_endpoint',
      ],
    ],
  ])('cannot be %s', (_, text, lines) => {
    const [code, ...found] = problems(text);
    expect(code).toBe('manifest_invalid');
    expect(found).toEqual(lines);
  });

  it('may be without clients', () => {
    expect(read('$schema: https://example.com/s.json\nversion: 1\nclients: {}').desired).toEqual([]);
  });

  it('has everything wrong with it reported at once, by line, with what would be right', () => {
    const text = `version: 1
clients:
  web:
    server: http://fhir.example.org/r4
    type: confidental
    ttl: 3 days
    metdata: {}
    metadata:
      client_name: 12
      redirect_uris: ["https://ok.example/cb#x", "\${nope}/x"]
      client_id: x
    publish:
      github:
        variables: { client_id: GITHUB_X, client_secret: Y }
        secrets: { client_secret: 9X, whatever: Z }
    rotate: { every: 5s }
  two: 5
environments:
  production:
    wbe: { ttl: 3d }
  pr-*:
    web:
      update: quietly
      metadata: { jwks: { keys: [{ kty: EC, d: c2VjcmV0 }] } }
`;
    const error = failure(() => read(text));
    expect(error.message).toBe(
      'clients.yml cannot be used: line 4: clients.web.server: "http://fhir.example.org/r4" is http; expected https (and 16 more).',
    );
    expect(problems(text)).toEqual([
      'manifest_invalid',
      'line 4: clients.web.server: "http://fhir.example.org/r4" is http; expected https',
      'line 5: clients.web.type: is "confidental"; expected confidential',
      'line 6: clients.web.ttl: "3 days" is not a duration; expected job, or a whole number and a unit: 90m, 24h, 14d or 2w',
      'line 7: clients.web.metdata: is not known here; expected metadata',
      'line 9: clients.web.metadata.client_name: is a number; expected a string: put it in quotes',
      'line 10: clients.web.metadata.redirect_uris[1]: uses the unknown template name "nope"; expected one of environment, pull_request, branch, sha, repository, url, tenant',
      'line 10: clients.web.metadata.redirect_uris[0]: "https://ok.example/cb#x" has a fragment; expected a URL without #',
      'line 11: clients.web.metadata.client_id: is given by the server and cannot be asked for; expected the manifest without it',
      'line 14: clients.web.publish.github.variables.client_secret: is a secret and cannot be a variable; expected it under secrets',
      'line 14: clients.web.publish.github.variables.client_id: "GITHUB_X" cannot be a name: names that begin with GITHUB_ are reserved',
      'line 15: clients.web.publish.github.secrets.whatever: is not known here; expected one of client_id, client_secret, private_key, key_id, issuer, token_endpoint, json',
      'line 15: clients.web.publish.github.secrets.client_secret: "9X" cannot be a name: it may have letters, digits and _ only, and no digit in front',
      'line 16: clients.web.rotate.every: "5s" is not a duration; expected a whole number and a unit: 90m, 24h, 14d or 2w',
      'line 17: clients.two: is a number; expected an object',
      'line 20: environments.production.wbe: is not one of the clients; expected web',
      'line 23: environments.pr-*.web.update: is "quietly"; expected one of interrupt, replace',
      'line 24: environments.pr-*.web.metadata.jwks.keys[0].d: is part of a private key and would be sent to the server; expected the public key only; if this file was ever pushed, make a new key',
    ]);
  });

  it('with template problems only says so by its code', () => {
    expect(
      problems(manifestOf({ metadata: { redirect_uris: ['${url}/cb'], client_name: '${nope}' } }), {
        templates: { url: '' },
      }),
    ).toEqual([
      'template_invalid',
      'line 1: clients.web.metadata.redirect_uris[0]: uses ${url}, which has no value in this run; expected the `url` input',
      'line 1: clients.web.metadata.client_name: uses the unknown template name "nope"; expected one of environment, pull_request, branch, sha, repository, url, tenant',
    ]);
  });

  it('keeps the name of a file harmless in messages', () => {
    const error = failure(() => read('[]'));
    expect(error.message.startsWith('clients.yml cannot be used')).toBe(true);
  });
});

describe('the server of a client', () => {
  it('may be given by its endpoints, also by templates', () => {
    const text = JSON.stringify({
      version: 1,
      clients: {
        web: backend({
          registration_endpoint: 'https://${tenant}.as.example.org/register?realm=a',
          token_endpoint: 'https://as.example.org/token',
          issuer: 'https://as.example.org/',
          configuration_endpoint_origins: ['https://${tenant}.example.org/'],
        }),
      },
    });
    expect(only(read(text, { overrides: { server: 'https://unused.example' } })).server).toEqual({
      registrationEndpoint: 'https://north.as.example.org/register?realm=a',
      tokenEndpoint: 'https://as.example.org/token',
      issuer: 'https://as.example.org/',
      configurationEndpointOrigins: ['https://north.example.org'],
    });
  });

  it('comes from the input where the client names none', () => {
    const text = JSON.stringify({ version: 1, clients: { a: backend(), b: backend({ server: 'https://b.example' }) } });
    const { desired } = read(text, { overrides: { server: 'https://a.example' } });
    expect(desired.map(({ server }) => server.address)).toEqual(['https://a.example', 'https://b.example']);
  });

  it.each<[Record<string, Json>, string]>([
    [
      { server: 'https://as.example.org/?a=b' },
      'server: "https://as.example.org/?a=b" has a query; expected a URL without ?',
    ],
    [
      { server: 'https://u:p@as.example.org' },
      'server: "https://u:p@as.example.org" has a user name or password; expected a URL without',
    ],
    [{ server: 'as.example.org' }, 'server: "as.example.org" is not an absolute URL; expected https://…'],
    [{ server: 'com.example:x' }, 'server: "com.example:x" must not use com.example:; expected https://…'],
    [{ server: 'http://localhost:3000' }, 'server: "http://localhost:3000" is http; expected https'],
    [{ server: '' }, 'server: is empty or negative; expected a value, or nothing at all'],
    [
      { token_endpoint: 'https://as.example.org/#x' },
      'token_endpoint: "https://as.example.org/#x" has a fragment; expected a URL without #',
    ],
    [
      { configuration_endpoint_origins: ['https://as.example.org/path'] },
      'configuration_endpoint_origins[0]: "https://as.example.org/path" is more than an origin; expected https://as.example.org',
    ],
  ])('cannot be given as %j', (server, line) => {
    expect(problems(manifestOf(backend(server)))).toEqual(['manifest_invalid', `line 1: clients.web.${line}`]);
  });

  it('needs a token endpoint when only its registration endpoint is given', () => {
    const text = JSON.stringify({
      version: 1,
      clients: { web: backend({ registration_endpoint: 'https://as.example.org/register' }) },
    });
    expect(problems(text)).toEqual([
      'manifest_invalid',
      'line 1: clients.web.token_endpoint: is missing; expected the token endpoint, or a server to find it from',
    ]);
  });

  it('may be on this machine when that is allowed', () => {
    const text = manifestOf(backend({ server: 'http://127.0.0.1:3000/fhir' }));
    expect(only(read(text, { insecureLoopback: true })).server.address).toBe('http://127.0.0.1:3000/fhir');
    expect(problems(manifestOf(backend({ server: 'http://as.example.org' })), { insecureLoopback: true })[1]).toContain(
      'this machine',
    );
  });
});

describe('overrides of an environment', () => {
  it.each([
    ['its name', 'pr-42', true],
    ['a pattern', 'pr-*', true],
    ['a pattern of anything', '*', true],
    ['a pattern with several stars', 'p*-*2', true],
    ['a star for nothing', 'pr-42*', true],
    ['another name', 'pr-4', false],
    ['a pattern with another start', 'branch-*', false],
    ['a pattern with another end', '*-43', false],
    ['a pattern with something else inside', 'p*x*2', false],
    ['a pattern whose ends would overlap', 'pr-4*42', false],
    ['a regular expression, which it is not', 'pr-.2', false],
  ])('are found by %s', (_, pattern, found) => {
    const text = manifestOf(backend(), { [pattern]: { web: { strict: true } } });
    expect(only(read(text)).strict).toBe(found);
  });

  it('are taken from the first match in the file, also when a name is a number', () => {
    const text =
      'version: 1\nclients: {web: {server: "https://as.example.org", type: backend}}\nenvironments:\n  "*": {web: {ttl: 1d}}\n  "42": {web: {ttl: 2d}}';
    expect(only(read(text, { templates: { environment: '42' } })).ttl).toEqual({ seconds: 86_400 });
  });

  it('that match stop the search, also when they say nothing of a client', () => {
    const text = manifestOf(backend(), { 'pr-42': {}, 'pr-*': { web: { strict: true } } });
    expect(only(read(text)).strict).toBe(false);
  });

  it('are merged: members replaced one by one, lists and values as a whole, null removes', () => {
    const base = {
      type: 'confidential',
      ttl: '7d',
      metadata: {
        redirect_uris: ['https://app.example.com/cb'],
        client_name: 'a',
        logo_uri: 'https://app.example.com/l.png',
        jwks: { keys: [{ kty: 'EC', kid: 'a' }], extra: 1 },
      },
      publish: { github: { variables: { client_id: 'A' }, secrets: { client_secret: 'B' } } },
    };
    const over = {
      ttl: null,
      rotate: { overlap: '1h' },
      metadata: { client_name: 'b', logo_uri: null, jwks: { keys: [{ kty: 'EC', kid: 'b' }] } },
      publish: {
        github: { environment: 'preview', create_environment: true, secrets: { client_secret: null, json: 'C' } },
      },
    };
    const client = only(read(manifestOf(base, { 'pr-*': { web: over } })));
    expect(client).not.toHaveProperty('ttl');
    expect(client.metadata).toMatchObject({ client_name: 'b', jwks: { keys: [{ kty: 'EC', kid: 'b' }] } });
    expect(client.metadata).not.toHaveProperty('logo_uri');
    expect(client.metadata.jwks).not.toHaveProperty('extra');
    expect(client.rotation).toEqual({
      overlapSeconds: 3600,
      strategy: 'replace',
      clientIdMayChange: false,
      retire: 'confirmed',
    });
    expect(client.publish).toEqual([
      {
        kind: 'github',
        environment: 'preview',
        createEnvironment: true,
        items: [
          { kind: 'variable', name: 'A', field: 'client_id' },
          { kind: 'secret', name: 'C', field: 'json' },
        ],
      },
    ]);
  });

  it('are named with their own line when they are wrong', () => {
    const text = `version: 1
clients:
  web:
    server: https://as.example.org
    metadata: { redirect_uris: ["https://app.example.com/cb"] }
environments:
  pr-*:
    web:
      metadata:
        redirect_uris: ["/cb"]
`;
    expect(problems(text)[1]).toBe(
      'line 10: environments.pr-*.web.metadata.redirect_uris[0]: "/cb" is not an absolute URL; expected https://…',
    );
  });

  it('can bring what a client lacks', () => {
    const text = JSON.stringify({
      version: 1,
      clients: { web: backend() },
      environments: { '*': { web: { server: 'https://as.example.org' } } },
    });
    expect(only(read(text)).server.address).toBe('https://as.example.org');
  });

  it('cannot be about a client that does not exist', () => {
    expect(problems(manifestOf(backend(), { production: { something: {} }, staging: { Web: {} } }))).toEqual([
      'manifest_invalid',
      'line 1: environments.production.something: is not one of the clients; expected one of web',
      'line 1: environments.staging.Web: is not one of the clients; expected web',
    ]);
  });
});

describe('time', () => {
  it.each([
    ['job', 'job'],
    ['90m', { seconds: 5400 }],
    ['24h', { seconds: 86_400 }],
    ['14d', { seconds: 1_209_600 }],
    ['2w', { seconds: 1_209_600 }],
  ])('%s is a ttl', (ttl, expected) => {
    expect(only(read(manifestOf(backend({ ttl })))).ttl).toEqual(expected);
    expect(only(read(manifestOf(backend()), { overrides: { ttl } })).ttl).toEqual(expected);
  });

  it('of the input wins over the manifest', () => {
    expect(only(read(manifestOf(backend({ ttl: '14d' })), { overrides: { ttl: 'job' } })).ttl).toBe('job');
  });

  it.each([
    ['1m', '"1m" is too short; expected job, or between 5m and 365d'],
    ['60w', '"60w" is too long; expected job, or between 5m and 365d'],
  ])('%s is none', (ttl, message) => {
    expect(problems(manifestOf(backend({ ttl })))).toEqual(['manifest_invalid', `line 1: clients.web.ttl: ${message}`]);
    expect(problems(manifestOf(backend()), { overrides: { ttl } })).toEqual(['manifest_invalid', `ttl: ${message}`]);
  });

  it.each(['', '14', '14 d', '1.5h', '-1d', '0d', '14D', '1d12h', 'forever', '9999999d', '14d\n'])(
    '%j is no duration',
    (ttl) => {
      expect(problems(manifestOf(backend({ ttl })))[1]).toContain('is not a duration');
      expect(problems(manifestOf(backend()), { overrides: { ttl } })[1]).toContain('is not a duration');
    },
  );

  it.each<[Record<string, Json>, string]>([
    [{ every: '10m' }, 'rotate.every: "10m" is too short; expected between 1h and 730d'],
    [
      { every: '30d', overlap: '30d' },
      'rotate.overlap: is not shorter than the time between rotations; expected less than 30d',
    ],
    [{ every: '12h' }, 'rotate.overlap: is not shorter than the time between rotations; expected less than 12h'],
    [{ overlap: '91d' }, 'rotate.overlap: "91d" is too long; expected between 1m and 90d'],
    [
      { overlap: 'short' },
      'rotate.overlap: "short" is not a duration; expected a whole number and a unit: 90m, 24h, 14d or 2w',
    ],
    [{ client_id: 'must_change' }, 'rotate.client_id: is "must_change"; expected may_change'],
    [{ strategy: 'inplace' }, 'rotate.strategy: is "inplace"; expected in-place'],
    [{ strategy: 7 }, 'rotate.strategy: is "7"; expected one of replace, in-place, keys'],
    [{ strategy: true }, 'rotate.strategy: is true or false; expected one of replace, in-place, keys'],
  ])('between rotations cannot be %j', (rotate, line) => {
    expect(problems(manifestOf(backend({ rotate })))).toEqual(['manifest_invalid', `line 1: clients.web.${line}`]);
  });

  it('between rotations that change the client_id is a warning on the first day', () => {
    const text = manifestOf(backend({ rotate: { every: '30d' } }));
    expect(read(text).warnings.map(({ path, expected }) => [path, expected])).toEqual([
      ['clients.web.rotate', 'client_id: may_change, if that is acceptable'],
    ]);
  });

  it('between new keys is refused where nobody hosts them, and for keys that are not made here', () => {
    const keys = (more: Parameters<typeof backend>[0] = {}) =>
      manifestOf({ ...backend({ rotate: { strategy: 'keys', every: '30d' } }), ...more });
    const hosted = { overrides: { hostsKeys: true } };
    expect(only(read(keys(), hosted)).rotation?.strategy).toBe('keys');
    expect(read(keys(), hosted).warnings).toEqual([]);
    const line = 'line 1: clients.web.rotate.strategy: is keys,';
    expect(problems(keys())).toEqual([
      'manifest_invalid',
      `${line} and without a Worker nobody hosts the public keys for the server to read; expected the input worker-url, or replace or in-place`,
    ]);
    const redirects = { redirect_uris: ['https://app.example.com/cb'] };
    expect(problems(keys({ type: 'confidential', metadata: redirects }), hosted)).toEqual([
      'manifest_invalid',
      `${line} but this client has none; expected replace or in-place, or token_endpoint_auth_method: private_key_jwt`,
    ]);
    const own = { jwks_uri: 'https://app.example.com/jwks.json' };
    expect(problems(keys({ metadata: own }), hosted)).toEqual([
      'manifest_invalid',
      `${line} but the metadata brings a key of its own; expected replace, or the metadata without jwks and jwks_uri`,
    ]);
  });

  it('between new keys is not complained of twice, where something else is wrong', () => {
    const text = manifestOf({ ...backend({ rotate: { strategy: 'keys' } }), type: 7 });
    expect(problems(text, { overrides: { hostsKeys: true } })).toHaveLength(2);
  });
});

describe('what an update may do, announcements and strictness', () => {
  it('are taken over', () => {
    const client = only(read(manifestOf(backend({ update: 'interrupt', announce: 'dispatch', strict: true }))));
    expect(client).toMatchObject({ update: 'interrupt', announce: 'dispatch', strict: true });
  });

  it('may be made strict by the run', () => {
    expect(only(read(manifestOf(backend()), { overrides: { strict: true } })).strict).toBe(true);
    expect(only(read(manifestOf(backend({ strict: true })), { overrides: { strict: false } })).strict).toBe(true);
  });
});

describe('the clients of a run', () => {
  const text = JSON.stringify({
    version: 1,
    clients: {
      web: backend({ server: 'https://as.example.org', metadata: { client_name: '${url}' } }),
      worker: backend({ server: 'https://as.example.org' }),
    },
  });

  it('are all of them unless said', () => {
    expect(read(text).desired.map(({ key }) => key)).toEqual(['pr-42/web', 'pr-42/worker']);
  });

  it('can be some, and what others lack in this run does not matter', () => {
    expect(
      read(text, { overrides: { clients: ['worker'] }, templates: { url: '' } }).desired.map(({ name }) => name),
    ).toEqual(['worker']);
  });

  it.each([
    ['wroker', 'clients.yml has no client wroker (did you mean worker?); it has web, worker.'],
    ['other', 'clients.yml has no client other; it has web, worker.'],
    ['__proto__', 'clients.yml has no client __proto__; it has web, worker.'],
  ])('cannot be %s when it is not there', (name, message) => {
    expect(failure(() => read(text, { overrides: { clients: ['web', name] } }))).toMatchObject({
      code: 'client_unknown',
      message,
    });
  });

  it('cannot be given values under built-in template names', () => {
    expect(problems(text, { templates: { values: { url: 'x', tenant: 'y' } } })).toEqual([
      'manifest_invalid',
      'values: defines url, which has a meaning of its own; expected another name',
    ]);
  });
});
