import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OddServer, startOddServer } from '../support/odd-server.ts';
import { checkout, codesOf, main, type Step } from './support/built-action.ts';

let server: OddServer;

beforeAll(async () => {
  server = await startOddServer();
});

afterAll(() => server.close());

const manifest = (redirectUri: string, name = 'Web') => `
version: 1
clients:
  web:
    server: ${server.fhirBase}
    type: confidential
    metadata:
      client_name: ${name}
      redirect_uris: ["${redirectUri}"]
`;

type Case = {
  readonly step: () => Step;
  readonly code: string;
  /** What the one annotation says. */
  readonly says: RegExp;
  readonly line?: string;
};

const CASES: Readonly<Record<string, Case>> = {
  'no manifest': { step: () => ({}), code: 'manifest_missing', says: /no manifest at \.github\/oauth-clients\.yml/u },
  'a manifest that is named and is not there': {
    step: () => ({ inputs: { manifest: 'deploy/clients.yml' } }),
    code: 'manifest_missing',
    says: /no manifest at deploy\/clients\.yml/u,
  },
  'a path out of the repository': {
    step: () => ({ inputs: { manifest: '../../etc/passwd' } }),
    code: 'input_invalid',
    says: /leads out of the repository/u,
  },
  'no YAML': {
    step: () => ({ manifest: 'version: 1\nclients: [web\n' }),
    code: 'manifest_unreadable',
    says: /line \d/u,
  },
  'a client to share without a Worker': {
    step: () => ({ manifest: `${manifest('https://app.example.org/cb')}    shared: true\n` }),
    code: 'input_invalid',
    says: /web: `shared` needs a Worker[\s\S]*worker-url/u,
  },
  'an empty file': { step: () => ({ manifest: '\n' }), code: 'manifest_invalid', says: /is empty/u },
  'the wrong shape': {
    step: () => ({
      manifest: manifest('https://app.example.org/cb').replace('type: confidential', 'type: secret\n    sever: x'),
    }),
    code: 'manifest_invalid',
    says: /type: is "secret"; expected one of public, confidential, backend[\s\S]*sever: is not known here; expected server/u,
    line: '6',
  },
  'keys to be rotated that nobody hosts': {
    step: () => ({
      manifest: `${manifest('https://app.example.org/cb')
        .replace('type: confidential', 'type: backend')
        .replace(/ {6}redirect_uris.*\n/u, '')}    rotate: { strategy: keys }\n`,
    }),
    code: 'manifest_invalid',
    says: /rotate\.strategy: is keys, and without a Worker nobody hosts the public keys.*expected the input worker-url, or replace or in-place/u,
    line: '9',
  },
  'metadata that contradicts itself': {
    step: () => ({
      manifest: manifest('https://app.example.org/cb').replace('Web', 'Web\n      grant_types: [implicit]'),
    }),
    code: 'manifest_invalid',
    says: /token or id_token, which implicit needs/u,
  },
  'an unknown template': {
    step: () => ({ manifest: manifest('https://app.example.org/cb', 'Web ${enviroment}') }),
    code: 'template_invalid',
    says: /unknown template name "enviroment"/u,
    line: '8',
  },
  'a template without a value': {
    step: () => ({ manifest: manifest('${url}/cb') }),
    code: 'template_invalid',
    says: /\$\{url\}/u,
  },
  'a value that breaks out of the host': {
    step: () => ({ manifest: manifest('https://${HOST}.example.org/cb'), inputs: { values: 'HOST=evil.example/x?' } }),
    code: 'template_invalid',
    says: /puts "evil\.example\/x\?" into a host name/u,
  },
  'an address with a user name': {
    step: () => ({ manifest: manifest('${url}/cb'), inputs: { url: 'https://app.example.org@evil.example' } }),
    code: 'template_invalid',
    says: /user name/u,
  },
  'a server on http': {
    step: () => ({
      manifest: manifest('https://app.example.org/cb').replace(server.fhirBase, 'http://fhir.example.org/r4'),
    }),
    code: 'manifest_invalid',
    says: /"http:\/\/fhir\.example\.org\/r4" is http; expected https/u,
  },
  'http to this machine without leave': {
    step: () => ({ manifest: manifest('https://app.example.org/cb'), inputs: { 'insecure-loopback': 'false' } }),
    code: 'manifest_invalid',
    says: /is http; expected https/u,
  },
  'a client that is not there': {
    step: () => ({ manifest: manifest('https://app.example.org/cb'), inputs: { clients: 'wep' } }),
    code: 'client_unknown',
    says: /no client wep \(did you mean web\?\)/u,
  },
  'inputs without a redirect URI': {
    step: () => ({ inputs: { server: server.fhirBase, type: 'public' } }),
    code: 'input_invalid',
    says: /redirect-uris: is missing or empty/u,
  },
  'inputs without a server': {
    step: () => ({ inputs: { type: 'public', 'redirect-uris': 'https://app.example.org/cb' } }),
    code: 'input_invalid',
    says: /server: is missing; expected a FHIR base URL or an issuer/u,
  },
  'a ttl that is none': {
    step: () => ({ manifest: manifest('https://app.example.org/cb'), inputs: { ttl: 'forever' } }),
    code: 'manifest_invalid',
    says: /ttl: "forever"/u,
  },
  'the same server given in two ways': {
    step: () => ({ inputs: { manifest: 'clients.yml', type: 'public' } }),
    code: 'input_invalid',
    says: /name a manifest and also describe a client/u,
  },
};

it.concurrent.each(Object.entries(CASES))(
  '%s is one error that says what is wrong and what to do; nothing is sent',
  async (_, { step, code, says, line }) => {
    const run = await main(step());
    expect(run.exitCode).toBe(1);
    expect(codesOf(run), run.log).toEqual([code]);
    const [error] = run.annotations;
    expect(error?.message).toMatch(says);
    expect(error?.message).toMatch(/^What to do: .{10}/mu);
    if (line !== undefined) expect(error).toMatchObject({ file: '.github/oauth-clients.yml', line });
    // Said once.
    expect(error?.message.match(new RegExp(says, 'gu'))).toHaveLength(1);
    expect(run.summary).toContain('What to do:');
    expect(run.outputs).toEqual({});
    expect(run.stderr).toBe('');
    expect(server.requests).toEqual([]);
    expect(run.state).not.toHaveProperty('registration_0');
  },
);

it.concurrent('a YAML file of another name is read where it is', async () => {
  const workspace = await checkout({ 'deploy/clients.yml': 'version: 1\nclients: {}\n' });
  const run = await main({ workspace, inputs: { manifest: 'deploy/clients.yml', command: 'plan' } });
  expect(run.log).not.toContain('no manifest');
});
