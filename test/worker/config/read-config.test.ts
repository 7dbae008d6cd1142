import { describe, expect, test } from 'vitest';
import { isRegistrarError, type Problem } from '../../../shared/errors/registrar-error.ts';
import { readConfig } from '../../../worker/config/read-config.ts';
import { appKey, KEY, OLDER_KEY, POLICY, SERVER, sampleConfig, sampleEnv } from './sample-env.ts';

async function failure(
  env: Readonly<Record<string, unknown>>,
): Promise<{ readonly message: string; readonly problems: readonly Problem[] }> {
  const error: unknown = await readConfig(env).catch((reason: unknown) => reason);
  if (!isRegistrarError(error, 'config_invalid')) throw error ?? new Error('the settings were taken');
  return error;
}

/** Each problem on one line. */
async function problemsOf(changes: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const { problems } = await failure(sampleEnv(changes));
  return problems.map(
    ({ path, message, expected }) => `${path} ${message}${expected === undefined ? '' : `; expected ${expected}`}`,
  );
}

const servers = (...entries: readonly object[]) => ({
  SERVERS: JSON.stringify(entries.map((entry) => ({ ...SERVER, ...entry }))),
});
const policy = (changes: object) => ({ POLICY: JSON.stringify({ ...POLICY, ...changes }) });

test('what is needed is enough, and the rest has its defaults', async () => {
  const { keys, ...config } = await sampleConfig();
  expect(keys.map(({ id }) => id)).toEqual([expect.any(String), expect.any(String)]);
  expect(new Set(keys.map(({ id }) => id)).size).toBe(2);
  expect(config).toEqual({
    servers: [
      {
        name: 'ehr',
        addresses: ['https://fhir.example.org/r4'],
        initialAccess: { kind: 'token', token: 'canary-initial-access-token' },
        redirectHosts: [
          { text: 'app.example.org', host: 'app.example.org', port: '' },
          { text: '*.preview.example.org', host: '*.preview.example.org', port: '' },
        ],
        redirectSchemes: [],
        scopes: ['openid', 'launch/patient', 'patient/*.rs'],
        grants: ['authorization_code', 'refresh_token'],
        authMethods: 'any',
        configurationEndpointOrigins: [],
      },
    ],
    policy: {
      owners: [{ id: '1001', allRepositories: false }],
      repositories: [{ id: '2002', environments: [] }],
      environments: [],
    },
    publicUrl: 'https://registrar.example.org',
    githubApiUrl: 'https://api.github.com',
    issuers: ['https://token.actions.githubusercontent.com'],
    insecureLoopback: false,
  });
});

test('everything can be given', async () => {
  const config = await sampleConfig({
    ENCRYPTION_KEYS: `${KEY}, ${OLDER_KEY}`,
    SERVERS: JSON.stringify([
      {
        server: ['https://fhir.example.org/r4', 'https://as.example.org'],
        registration_endpoint: 'https://as.example.org/register',
        token_endpoint: 'https://as.example.org/token',
        issuer: 'https://as.example.org',
        client_credentials: {
          client_id: 'registrar',
          client_secret: 'secret',
          scope: 'register',
          token_endpoint: 'https://login.example.org/token',
        },
        software_statement: 'e30.e30.c2ln',
        redirect_hosts: [],
        redirect_schemes: ['org.example.app'],
        scopes: 'any',
        grants: ['client_credentials'],
        auth_methods: ['private_key_jwt'],
        configuration_endpoint_origins: ['https://manage.example.org/'],
        max_clients: { per_repository: 5 },
        only: { owners: [1001], repositories: ['2002'] },
      },
    ]),
    SERVERS_2: [
      {
        registration_endpoint: 'https://b.example/register',
        token_endpoint: 'https://b.example/token',
        redirect_hosts: [],
        scopes: [],
        client_credentials: { client_id: 'x', client_secret: 'y' },
      },
    ],
    POLICY_2: { $schema: 'x', owners: [{ id: 1002, all_repositories: true }] },
    POLICY_3: {
      repositories: [
        { id: 2003, environments: { production: { refs: ['refs/heads/release'], environment_claim: false } } },
      ],
      environments: {
        'preview-*': { owned: true, shared_credentials: true, deploy_webhooks: true },
        '*': { allow: [{ event: 'release', refs: ['refs/tags/v*'] }, { event: 'workflow_run' }] },
      },
    },
    GH_APP_ID: 4711,
    GH_APP_PRIVATE_KEY: appKey('pkcs1').replaceAll('\n', '\\n'),
    GH_WEBHOOK_SECRET: 'w'.repeat(16),
    DEPLOY_WEBHOOK_SECRET: 'd'.repeat(16),
    OPERATOR_TOKEN: 'o'.repeat(32),
    GH_API_URL: 'https://github.example.org/api/v3/',
    GH_OIDC_ISSUERS: ' https://token.actions.githubusercontent.com,\n https://github.example.org/_services/token ',
    INSECURE_LOOPBACK: 'true',
    PUBLIC_URL: 'http://127.0.0.1:8787',
  });
  expect(config.keys).toHaveLength(2);
  expect(config.servers).toEqual([
    {
      name: 'fhir.example.org',
      addresses: ['https://fhir.example.org/r4', 'https://as.example.org'],
      registrationEndpoint: 'https://as.example.org/register',
      tokenEndpoint: 'https://as.example.org/token',
      issuer: 'https://as.example.org',
      initialAccess: { kind: 'client_credentials', clientId: 'registrar', clientSecret: 'secret', scope: 'register' },
      initialAccessTokenEndpoint: 'https://login.example.org/token',
      softwareStatement: 'e30.e30.c2ln',
      redirectHosts: [],
      redirectSchemes: ['org.example.app'],
      scopes: 'any',
      grants: ['client_credentials'],
      authMethods: ['private_key_jwt'],
      configurationEndpointOrigins: ['https://manage.example.org'],
      maxClientsPerRepository: 5,
      onlyOwners: ['1001'],
      onlyRepositories: ['2002'],
    },
    expect.objectContaining({
      name: 'b.example',
      addresses: [],
      scopes: [],
      initialAccess: { kind: 'client_credentials', clientId: 'x', clientSecret: 'y' },
    }),
  ]);
  const rule = {
    refs: ['refs/heads/main'],
    environmentClaim: true,
    allow: [],
    owned: false,
    sharedCredentials: false,
    deployWebhooks: false,
  };
  expect(config.policy).toEqual({
    owners: [
      { id: '1001', allRepositories: false },
      { id: '1002', allRepositories: true },
    ],
    repositories: [
      { id: '2002', environments: [] },
      {
        id: '2003',
        environments: [{ ...rule, pattern: 'production', refs: ['refs/heads/release'], environmentClaim: false }],
      },
    ],
    environments: [
      { ...rule, pattern: 'preview-*', owned: true, sharedCredentials: true, deployWebhooks: true },
      { ...rule, pattern: '*', allow: [{ event: 'release', refs: ['refs/tags/v*'] }, { event: 'workflow_run' }] },
    ],
  });
  expect(config.app?.id).toBe('4711');
  expect(config.app?.privateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n[^\\]+\n-----END RSA PRIVATE KEY-----$/u);
  expect(config).toMatchObject({
    publicUrl: 'http://127.0.0.1:8787',
    webhookSecret: 'w'.repeat(16),
    deployWebhookSecret: 'd'.repeat(16),
    operatorToken: 'o'.repeat(32),
    githubApiUrl: 'https://github.example.org/api/v3',
    issuers: ['https://token.actions.githubusercontent.com', 'https://github.example.org/_services/token'],
    insecureLoopback: true,
  });
});

test('what is empty is not given', async () => {
  const empty = ['GH_APP_ID', 'GH_APP_PRIVATE_KEY', 'GH_API_URL', 'GH_OIDC_ISSUERS', 'OPERATOR_TOKEN'];
  expect(await sampleConfig(Object.fromEntries(empty.map((name) => [name, ' '])))).toEqual(await sampleConfig());
});

test('a PKCS#8 key of an App is taken too, and so is true without quotes', async () => {
  const changes = {
    GH_APP_ID: 'Iv1.0123',
    GH_APP_PRIVATE_KEY: appKey('pkcs8').replaceAll('\n', '\r\n'),
    INSECURE_LOOPBACK: true,
  };
  const { app, insecureLoopback } = await sampleConfig(changes);
  expect(app?.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^\r]+\n-----END PRIVATE KEY-----$/u);
  expect(insecureLoopback).toBe(true);
});

test('everything that is missing is told at once', async () => {
  const { message, problems } = await failure({ OTHER: {}, SERVERS: ' ' });
  expect(problems.map(({ path }) => path)).toEqual(['ENCRYPTION_KEYS', 'SERVERS', 'POLICY', 'PUBLIC_URL']);
  expect(message).toBe(
    'The settings of the Worker cannot be used: ENCRYPTION_KEYS: is missing; expected 32 random bytes; openssl rand -base64 32 makes a key (and 3 more).',
  );
});

test('one problem is told as one', async () => {
  const { message } = await failure(sampleEnv({ INSECURE_LOOPBACK: 'yes' }));
  expect(message).toBe(
    'The settings of the Worker cannot be used: INSECURE_LOOPBACK: cannot be used; expected true or false.',
  );
});

describe('single settings', () => {
  const key = appKey('pkcs1');
  test.each<[string, Readonly<Record<string, unknown>>, readonly (string | RegExp)[]]>([
    ['no key', { ENCRYPTION_KEYS: ',' }, [/^ENCRYPTION_KEYS is missing; expected 32 random bytes/u]],
    [
      'keys that are none, each by itself',
      { ENCRYPTION_KEYS: `${KEY}\nc2hvcnQ=\n!!` },
      [
        'ENCRYPTION_KEYS[1] is no key: it holds 5 bytes instead of 32; expected 32 random bytes in base64 or hex',
        'ENCRYPTION_KEYS[2] is no key: it is neither base64 nor hex; expected 32 random bytes in base64 or hex',
      ],
    ],
    [
      'a list where text belongs',
      { ENCRYPTION_KEYS: [KEY] },
      ['ENCRYPTION_KEYS is not text', /^ENCRYPTION_KEYS is missing/u],
    ],
    ['http', { PUBLIC_URL: 'http://127.0.0.1:8787' }, [/^PUBLIC_URL is http; expected https/u]],
    ['more than an origin', { PUBLIC_URL: 'https://registrar.example.org/x' }, [/^PUBLIC_URL is more than an origin/u]],
    ['an API without https', { GH_API_URL: 'http://github.example.org' }, [/^GH_API_URL is http/u]],
    [
      'issuers',
      { GH_OIDC_ISSUERS: 'https://a.example token.actions' },
      [/^GH_OIDC_ISSUERS\[1\] is not an absolute URL/u],
    ],
    [
      'half an App',
      { GH_APP_ID: '1' },
      ['GH_APP_PRIVATE_KEY is missing; expected it, because GH_APP_ID is given; or neither'],
    ],
    [
      'the other half',
      { GH_APP_PRIVATE_KEY: key },
      ['GH_APP_ID is missing; expected it, because GH_APP_PRIVATE_KEY is given; or neither'],
    ],
    ['a slug for an App', { GH_APP_ID: 'my-app', GH_APP_PRIVATE_KEY: key }, [/^GH_APP_ID is no id of a GitHub App/u]],
    [
      'half a key file',
      { GH_APP_ID: '1', GH_APP_PRIVATE_KEY: key.slice(0, 400) },
      [/^GH_APP_PRIVATE_KEY is no private key/u],
    ],
    [
      'a public key',
      { GH_APP_ID: '1', GH_APP_PRIVATE_KEY: key.replaceAll('PRIVATE', 'PUBLIC') },
      [/^GH_APP_PRIVATE_KEY is no private key/u],
    ],
    ['a short secret', { GH_WEBHOOK_SECRET: 'short' }, [/^GH_WEBHOOK_SECRET is too short; expected at least 16/u]],
    ['a short token', { OPERATOR_TOKEN: 'o'.repeat(31) }, [/^OPERATOR_TOKEN is too short; expected at least 32/u]],
    [
      'a secret of two lines',
      { DEPLOY_WEBHOOK_SECRET: `${'d'.repeat(20)}\n${'d'.repeat(20)}` },
      [/^DEPLOY_WEBHOOK_SECRET has a space/u],
    ],
  ])('%s', async (_name, changes, expected) => {
    expect(await problemsOf(changes)).toEqual(
      expected.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))),
    );
  });
});

describe('settings that go on in others', () => {
  test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    [
      'text that is no JSON',
      { SERVERS: 'canary-not-json' },
      ['SERVERS is not JSON; expected JSON, complete in itself'],
    ],
    [
      'a gap',
      { SERVERS_3: '[]' },
      ['SERVERS_3 is out of order; expected SERVERS, then SERVERS_2, SERVERS_3 and so on'],
    ],
    [
      'a name that continues nothing',
      { POLICY_OLD: '{}', POLICY_1: '{}' },
      [
        'POLICY_OLD is out of order; expected POLICY, then POLICY_2, POLICY_3 and so on',
        'POLICY_1 is out of order; expected POLICY, then POLICY_2, POLICY_3 and so on',
      ],
    ],
    ['only the second', { POLICY: '', POLICY_2: '{}' }, ['POLICY is missing']],
    [
      'a mistake in the second',
      { SERVERS_2: '[{}]' },
      [
        'SERVERS_2[0].redirect_hosts is missing; expected a list',
        'SERVERS_2[0].scopes is missing; expected a list of scopes, or "any"',
      ],
    ],
  ])('%s', async (_name, changes, expected) => {
    expect(await problemsOf(changes)).toEqual(expected);
  });

  test('empty ones are none', async () => {
    expect((await sampleConfig({ SERVERS_2: '', SERVERS_3: undefined })).servers).toHaveLength(1);
  });

  test('the tenth comes after the ninth', async () => {
    const further = Array.from({ length: 9 }, (_, index) => [
      `SERVERS_${index + 2}`,
      [{ ...SERVER, name: `s${index + 2}`, server: `https://s${index + 2}.example` }],
    ]);
    const { servers: read } = await sampleConfig(Object.fromEntries(further.reverse()));
    expect(read.map(({ name }) => name)).toEqual(['ehr', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10']);
  });
});

describe('SERVERS', () => {
  test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ['an object', { SERVERS: '{}' }, ['SERVERS is an object; expected a list']],
    ['null', { SERVERS: 'null' }, ['SERVERS is null; expected a list']],
    ['a list of texts', { SERVERS: '["x"]' }, ['SERVERS[0] is a string; expected an object']],
    [
      'a misspelled name',
      servers({ redirect_host: [] }),
      ['SERVERS[0].redirect_host is not known here; expected redirect_hosts'],
    ],
    [
      'a name of nothing',
      servers({
        client_credentials: { password: 'x', client_id: 'x', client_secret: 'x' },
        initial_access_token: undefined,
      }),
      [
        'SERVERS[0].client_credentials.password is not known here; expected one of client_id, client_secret, scope, token_endpoint',
      ],
    ],
    [
      'wrong kinds',
      servers({ redirect_hosts: [7], grants: true, scopes: 'openid' }),
      [
        'SERVERS[0].redirect_hosts[0] is a number; expected a string',
        'SERVERS[0].scopes cannot be used; expected a list of scopes, or "any"',
        'SERVERS[0].grants is a boolean; expected a list',
      ],
    ],
    [
      'empty and negative values',
      servers({ name: '', token_endpoint: '', grants: [], max_clients: { per_repository: 0 } }),
      [
        'SERVERS[0].name cannot be used; expected letters, digits, and . _ : - between them',
        'SERVERS[0].token_endpoint is empty or not positive',
        'SERVERS[0].grants is empty or not positive',
        'SERVERS[0].max_clients.per_repository is empty or not positive',
      ],
    ],
    [
      'a half number',
      servers({ max_clients: { per_repository: 1.5 } }),
      ['SERVERS[0].max_clients.per_repository is a number; expected a whole number'],
    ],
    [
      'a login for a number',
      servers({ only: { owners: ['acme'] } }),
      ["SERVERS[0].only.owners[0] cannot be used; expected GitHub's numeric id of it, such as 1234567"],
    ],
    [
      'an entry for nobody in particular',
      servers({ only: {} }),
      ['SERVERS[0].only is empty; expected owners or repositories in it, or nothing at all'],
    ],
    [
      'a token of two lines',
      servers({ initial_access_token: 'canary\ntwo' }),
      ['SERVERS[0].initial_access_token cannot be used; expected one line without spaces'],
    ],
    [
      'https as a scheme of an app',
      servers({ redirect_schemes: ['https'] }),
      ['SERVERS[0].redirect_schemes[0] cannot be used; expected a scheme of an app, such as org.example.app'],
    ],
    [
      'a host that is none',
      servers({ redirect_hosts: ['app.example.org', 'https://app.example.org'] }),
      ['SERVERS[0].redirect_hosts[1] is not a host; expected a host alone, such as app.example.org'],
    ],
    [
      'addresses that cannot be used',
      servers({
        server: ['https://a.example', 'http://b.example'],
        issuer: 'https://a.example?x',
        registration_endpoint: 'reg',
        configuration_endpoint_origins: ['https://c.example/d'],
      }),
      [
        'SERVERS[0].server is http; expected https',
        'SERVERS[0].registration_endpoint is not an absolute URL; expected https://…',
        'SERVERS[0].issuer has a query; expected a URL without ?',
        'SERVERS[0].configuration_endpoint_origins[0] is more than an origin; expected https://c.example',
      ],
    ],
    [
      'no address',
      servers({ server: undefined }),
      ['SERVERS[0].server is missing; expected an address, or registration_endpoint and token_endpoint'],
    ],
    [
      'an endpoint alone',
      servers({ server: undefined, registration_endpoint: 'https://a.example/register' }),
      ['SERVERS[0].token_endpoint is missing; expected it, or a server to find it from'],
    ],
    [
      'two ways to a token',
      servers({ client_credentials: { client_id: 'x', client_secret: 'y' } }),
      ['SERVERS[0].client_credentials is given together with initial_access_token; expected one of the two'],
    ],
    [
      'one name for two',
      servers({}, { server: 'https://other.example' }),
      ['SERVERS[1].name is the name of SERVERS[0] too; expected a name of its own'],
    ],
    [
      'an entry that another hides',
      servers({}, { name: 'b', server: 'https://FHIR.example.org/r4/' }),
      [
        'SERVERS[1] is never used: SERVERS[0] has the same address and is for everybody; expected `only` in the one that goes first',
      ],
    ],
    [
      'an endpoint that another hides',
      servers(
        { server: undefined, registration_endpoint: 'https://a.example/r', token_endpoint: 'https://a.example/t' },
        {
          name: 'b',
          server: undefined,
          registration_endpoint: 'https://a.example/r',
          token_endpoint: 'https://a.example/t',
        },
      ),
      [
        'SERVERS[1] is never used: SERVERS[0] has the same address and is for everybody; expected `only` in the one that goes first',
      ],
    ],
  ])('%s', async (_name, changes, expected) => {
    expect(await problemsOf(changes)).toEqual(expected);
  });

  test('a server that asks for no token has none', async () => {
    const { servers: read } = await sampleConfig(servers({ initial_access_token: undefined }));
    expect(read[0]).not.toHaveProperty('initialAccess');
  });

  test('two entries that cannot be used are each told of', async () => {
    const found = await problemsOf(servers({ name: undefined, server: 'x' }, { name: undefined, server: undefined }));
    expect(found).toEqual([
      'SERVERS[0].server is not an absolute URL; expected https://…',
      'SERVERS[1].server is missing; expected an address, or registration_endpoint and token_endpoint',
    ]);
  });

  test('two entries may have one address if the first is not for everybody', async () => {
    const both = servers({ only: { repositories: [2002] } }, { name: 'b', only: { owners: [1001] } }, { name: 'c' });
    expect((await sampleConfig(both)).servers.map(({ name }) => name)).toEqual(['ehr', 'b', 'c']);
  });
});

describe('POLICY', () => {
  test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ['a list', { POLICY: '[]' }, ['POLICY is a list; expected an object']],
    [
      'nobody',
      policy({ owners: [], repositories: undefined }),
      [
        'POLICY.owners is missing or empty, so nobody may use the Worker',
        'POLICY.repositories is missing or empty, so nobody may use the Worker',
      ],
    ],
    [
      'an owner without repositories',
      policy({ repositories: [] }),
      ['POLICY.repositories is missing or empty, so nobody may use the Worker'],
    ],
    [
      'the same twice',
      policy({ owners: [{ id: 1 }, { id: '1' }], repositories: [{ id: 2 }, { id: '2' }] }),
      ['POLICY.owners[1].id is there twice', 'POLICY.repositories[1].id is there twice'],
    ],
    [
      'an environment twice',
      { ...policy({ environments: { production: {} } }), POLICY_2: { environments: { production: {} } } },
      ['POLICY_2.environments.production is there twice'],
    ],
    [
      'a branch for a ref',
      policy({ environments: { production: { refs: ['main'] } } }),
      ['POLICY.environments.production.refs[0] cannot be used; expected a full ref, such as refs/heads/main'],
    ],
    [
      'an event that is none',
      policy({ environments: { production: { allow: [{ event: 'Release!' }] } } }),
      ['POLICY.environments.production.allow[0].event cannot be used; expected the name of an event, such as release'],
    ],
    [
      'an environment without a name',
      policy({ environments: { '': {} } }),
      ['POLICY.environments[""] is empty or not positive'],
    ],
    [
      'an id of zero',
      policy({ owners: [{ id: 0 }] }),
      ["POLICY.owners[0].id cannot be used; expected GitHub's numeric id of it, such as 1234567"],
    ],
    [
      'a missing id',
      policy({ owners: [{}] }),
      ["POLICY.owners[0].id is missing; expected GitHub's numeric id of it, such as 1234567"],
    ],
  ])('%s', async (_name, changes, expected) => {
    expect(await problemsOf(changes)).toEqual(expected);
  });

  test('all repositories of an owner need no listing', async () => {
    expect(
      (await sampleConfig(policy({ owners: [{ id: 1, all_repositories: true }], repositories: [] }))).policy
        .repositories,
    ).toEqual([]);
  });
});

test('no value of a setting is in what is said about it', async () => {
  const canary = 'canary0123456789canary0123456789';
  const wrong = [
    {
      ENCRYPTION_KEYS: canary,
      OPERATOR_TOKEN: `${canary} x`,
      GH_WEBHOOK_SECRET: `${canary}é`,
      GH_APP_ID: canary,
      GH_APP_PRIVATE_KEY: `-----BEGIN ${canary}`,
    },
    { SERVERS: `[{"initial_access_token":"${canary}"` },
    {
      SERVERS: canary,
      POLICY: canary,
      PUBLIC_URL: canary,
      GH_API_URL: canary,
      GH_OIDC_ISSUERS: canary,
      INSECURE_LOOPBACK: canary,
    },
    servers({
      initial_access_token: `${canary} `,
      software_statement: ` ${canary}`,
      name: `${canary} `,
      issuer: canary,
      token_endpoint: canary,
      redirect_schemes: [`${canary}!`],
      scopes: canary,
    }),
    servers({ client_credentials: canary, max_clients: canary, only: { owners: [canary] } }),
    servers({
      issuer: canary,
      token_endpoint: `https://x:${canary}@a.example`,
      client_credentials: { client_id: canary, client_secret: canary, token_endpoint: canary },
    }),
    policy({
      owners: canary,
      repositories: [{ id: canary }],
      environments: { production: { refs: [canary], allow: [{ event: `${canary}!` }] } },
    }),
  ];
  for (const changes of wrong) {
    const error = await failure(sampleEnv(changes));
    expect(error.problems.length).toBeGreaterThan(0);
    expect(`${error.message}${JSON.stringify(error)}${JSON.stringify(error.problems)}`).not.toContain('canary');
  }
});
