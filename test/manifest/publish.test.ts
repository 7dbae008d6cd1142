import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/ports/ports.ts';
import { manifestOf, only, problems, read } from './reading.ts';

const server = 'https://as.example.org';
const withSecret = { token_endpoint_auth_method: 'client_secret_basic' };
const publishing = (github: Record<string, Json>, metadata: Record<string, Json> = withSecret) =>
  manifestOf({ type: 'backend', metadata, publish: { github } });
const several = (clients: Record<string, Record<string, Json>>) =>
  JSON.stringify({
    version: 1,
    clients: Object.fromEntries(
      Object.entries(clients).map(([name, github]) => [
        name,
        { server, type: 'backend', metadata: withSecret, publish: { github } },
      ]),
    ),
  });

describe('publishing', () => {
  it('keeps names in upper case, fills templates, and may be empty', () => {
    const text = publishing({ environment: 'preview ${environment}', secrets: { json: 'pr_${pull_request}_client' } });
    expect(only(read(text)).publish).toEqual([
      {
        kind: 'github',
        environment: 'preview pr-42',
        createEnvironment: false,
        items: [{ kind: 'secret', name: 'PR_42_CLIENT', field: 'json' }],
      },
    ]);
    expect(only(read(manifestOf({ type: 'backend', publish: {} }))).publish).toEqual([]);
  });

  it.each([
    ['9LIVES', 'no digit in front'],
    ['MY-SECRET', 'letters, digits and _ only'],
    ['MY SECRET', 'letters, digits and _ only'],
    ['pr_${environment}', 'letters, digits and _ only'],
    ['\u212aEY', 'letters, digits and _ only'],
    ['github_token', 'names that begin with GITHUB_ are reserved'],
    ['OAUTH_REGISTRAR_STATE_KEY', 'names that begin with OAUTH_REGISTRAR_ are reserved'],
  ])('cannot use the name %j', (name, reason) => {
    expect(problems(publishing({ secrets: { client_secret: name } }))).toEqual([
      'manifest_invalid',
      expect.stringMatching(
        new RegExp(`^line 1: clients.web.publish.github.secrets.client_secret: .* cannot be a name: .*${reason}`, 'u'),
      ),
    ]);
  });

  it.each(['client_secret', 'private_key', 'json'])('cannot put %s into a variable', (field) => {
    expect(problems(publishing({ variables: { [field]: 'NAME' } }))).toEqual([
      'manifest_invalid',
      `line 1: clients.web.publish.github.variables.${field}: is a secret and cannot be a variable; expected it under secrets`,
    ]);
  });

  it.each<[string, Record<string, Json>, string]>([
    ['client_secret', {}, 'names a client secret, but with private_key_jwt there is none'],
    ['private_key', withSecret, 'names a key, but none is made for this client'],
    ['key_id', { jwks_uri: 'https://app.example.com/jwks' }, 'names a key, but none is made for this client'],
  ])('cannot have %s where there will be none', (field, metadata, message) => {
    expect(problems(publishing({ secrets: { [field]: 'NAME' } }, metadata))).toEqual([
      'manifest_invalid',
      `line 1: clients.web.publish.github.secrets.${field}: ${message}; expected the manifest without it`,
    ]);
  });

  it('of a secret of a public client is a mistake', () => {
    const text = manifestOf({
      type: 'public',
      metadata: { redirect_uris: ['https://app.example.com/cb'] },
      publish: { github: { secrets: { client_secret: 'NAME' } } },
    });
    expect(problems(text)[1]).toContain('with none there is none');
  });

  it.each([
    ['x'.repeat(256), 'is too long or has control characters'],
    ['a\u0000b', 'is too long or has control characters'],
    ['${nope}', 'uses the unknown template name "nope"'],
  ])('cannot go to the environment %j', (environment, message) => {
    expect(problems(publishing({ environment, secrets: { json: 'NAME' } }))[1]).toContain(
      `clients.web.publish.github.environment: ${message}`,
    );
  });

  it('with an unknown template in a name is a template problem', () => {
    expect(problems(publishing({ secrets: { json: '${nope}' } }))[0]).toBe('template_invalid');
  });
});

describe('one name for two values', () => {
  it.each<[string, Record<string, Record<string, Json>>, string]>([
    [
      'of two clients',
      { a: { secrets: { json: 'ONE' } }, b: { secrets: { json: 'one' } } },
      'clients.b.publish.github.secrets.json: ONE is used by client a too; expected a name of its own',
    ],
    [
      'of one client',
      { a: { variables: { client_id: 'ONE', issuer: 'ONE' } } },
      'clients.a.publish.github.variables.issuer: ONE is used twice in this client; expected a name of its own',
    ],
    [
      'in one environment',
      { a: { environment: 'Prod', secrets: { json: 'ONE' } }, b: { environment: 'prod', secrets: { json: 'ONE' } } },
      'clients.b.publish.github.secrets.json: ONE is used by client a too; expected a name of its own',
    ],
  ])('%s is a conflict', (_, clients, line) => {
    expect(problems(several(clients))).toEqual(['publish_conflict', `line 1: ${line}`]);
  });

  it('is found also when only one of the clients is meant', () => {
    const text = several({ a: { secrets: { json: 'ONE' } }, b: { secrets: { json: 'ONE' } } });
    expect(problems(text, { overrides: { clients: ['a'] } })[0]).toBe('publish_conflict');
  });

  it.each<[string, Record<string, Record<string, Json>>]>([
    ['a variable and a secret', { a: { variables: { client_id: 'ONE' }, secrets: { client_secret: 'ONE' } } }],
    [
      'two environments',
      { a: { environment: 'x', secrets: { json: 'ONE' } }, b: { environment: 'y', secrets: { json: 'ONE' } } },
    ],
    [
      'the repository and an environment',
      { a: { secrets: { json: 'ONE' } }, b: { environment: 'y', secrets: { json: 'ONE' } } },
    ],
  ])('in %s is none', (_, clients) => {
    expect(read(several(clients)).desired).toHaveLength(Object.keys(clients).length);
  });

  it('among other problems is one of them', () => {
    const text = several({ a: { secrets: { json: 'ONE', client_id: '1' } }, b: { secrets: { json: 'ONE' } } });
    expect(problems(text)).toHaveLength(3);
    expect(problems(text)[0]).toBe('manifest_invalid');
  });
});

describe('a secret prefix', () => {
  const overrides = { secretPrefix: 'fhir_' };
  const names = (metadata: Record<string, Json>) =>
    only(read(manifestOf({ type: 'backend', metadata }), { overrides })).publish.flatMap(({ items }) =>
      items.map(({ kind, name }) => `${kind} ${name}`),
    );

  it.each<[string, Record<string, Json>, readonly string[]]>([
    ['a secret', withSecret, ['variable FHIR_CLIENT_ID', 'secret FHIR_CLIENT_SECRET']],
    ['a key of our making', {}, ['variable FHIR_CLIENT_ID', 'secret FHIR_PRIVATE_KEY', 'variable FHIR_KEY_ID']],
    ['a key of its own', { jwks_uri: 'https://app.example.com/jwks' }, ['variable FHIR_CLIENT_ID']],
  ])('publishes what a client with %s has', (_, metadata, expected) => {
    expect(names(metadata)).toEqual(expected);
  });

  it('publishes the default secret where no method is named, and no secret of a public client', () => {
    const text = (method: Record<string, Json>) =>
      manifestOf({ metadata: { redirect_uris: ['https://app.example.com/cb'], ...method } });
    const fields = (method: Record<string, Json>) =>
      only(read(text(method), { overrides })).publish[0]?.items.map(({ field }) => field);
    expect(fields({})).toEqual(['client_id', 'client_secret']);
    expect(fields({ token_endpoint_auth_method: 'none' })).toEqual(['client_id']);
  });

  it('is used for the one client that has no publish', () => {
    const text = JSON.stringify({
      version: 1,
      clients: {
        a: { server, type: 'backend' },
        b: { server, type: 'backend', publish: { github: { secrets: { json: 'B' } } } },
      },
    });
    expect(read(text, { overrides }).desired.map(({ publish }) => publish[0]?.items[0]?.name)).toEqual([
      'FHIR_CLIENT_ID',
      'B',
    ]);
  });

  it('fits one client only', () => {
    const text = JSON.stringify({
      version: 1,
      clients: { a: { server, type: 'backend' }, b: { server, type: 'backend' } },
    });
    expect(problems(text, { overrides })).toContain(
      'secret-prefix: fits one client, but a, b have no publish; expected publish for each of them',
    );
    expect(read(text, { overrides: { ...overrides, clients: ['a'] } }).desired).toHaveLength(1);
  });

  it('without such a client is a warning', () => {
    const text = publishing({ secrets: { json: 'B' } });
    expect(read(text, { overrides }).warnings).toEqual([
      { path: 'secret-prefix', message: 'has no effect, because every client has its own publish' },
    ]);
  });

  it('must itself begin a name', () => {
    expect(problems(manifestOf({ type: 'backend' }), { overrides: { secretPrefix: 'GITHUB_' } })).toEqual([
      'manifest_invalid',
      'secret-prefix: "GITHUB_" cannot begin a name: names that begin with GITHUB_ are reserved',
    ]);
  });
});
