import { describe, expect, it } from 'vitest';
import { type ClientInputs, desiredFromInputs } from '../../shared/manifest/desired-from-inputs.ts';
import { describeProblem } from '../../shared/manifest/problems.ts';
import { failure, only, options, type Run } from './reading.ts';

const inputs: ClientInputs = { server: 'https://fhir.example.org/r4', type: 'public', redirectUris: ['${url}/cb'] };
const problems = (wrong: ClientInputs, run: Run = {}) => {
  const error = failure(() => desiredFromInputs(wrong, options(run)));
  return [error.code, ...error.problems.map((problem) => describeProblem(problem))];
};

describe('inputs without a manifest', () => {
  it('describe one client', () => {
    const client = only(
      desiredFromInputs(
        { ...inputs, scope: 'openid offline_access', clientName: 'App ${environment}' },
        options({ overrides: { ttl: 'job' } }),
      ),
    );
    expect(client).toMatchObject({
      key: 'pr-42/client',
      server: { address: 'https://fhir.example.org/r4' },
      type: 'public',
      ttl: 'job',
      publish: [],
      metadata: {
        client_name: 'App pr-42',
        redirect_uris: ['https://app.example.com/cb'],
        scope: 'openid offline_access',
        grant_types: ['authorization_code', 'refresh_token'],
      },
    });
  });

  it('need no type', () => {
    const { metadata } = only(
      desiredFromInputs({ server: 'https://as.example.org', redirectUris: ['https://a.example/cb'] }, options()),
    );
    expect(metadata).toEqual({ redirect_uris: ['https://a.example/cb'] });
  });

  it('may describe a backend without redirect URIs, at the server of the run', () => {
    const client = only(
      desiredFromInputs({ type: 'backend' }, options({ overrides: { server: 'https://as.example.org' } })),
    );
    expect(client).toMatchObject({ makeKey: true, server: { address: 'https://as.example.org' } });
  });

  it.each<[string, ClientInputs, readonly string[]]>([
    ['a misspelled type', { ...inputs, type: 'pubic' }, ['type: is "pubic"; expected public']],
    ['an unknown type', { ...inputs, type: 'spa' }, ['type: is "spa"; expected one of public, confidential, backend']],
    [
      'nothing',
      {},
      [
        'server: is missing; expected a FHIR base URL or an issuer, or registration_endpoint and token_endpoint',
        'redirect-uris: is missing or empty; expected at least one redirect URI, or a grant that needs none',
      ],
    ],
    [
      'several wrong ones',
      { ...inputs, server: 'http://as.example.org', redirectUris: ['https://a.example/cb', '/cb'], scope: 'a\tb' },
      [
        'server: "http://as.example.org" is http; expected https',
        'redirect-uris[1]: "/cb" is not an absolute URL; expected https://…',
        'scope: has characters that a scope cannot have, or more than single spaces between scopes; expected scopes separated by one space, on one line (in YAML, >- instead of >)',
      ],
    ],
  ])('with %s are invalid, by the names of the inputs', (_, wrong, lines) => {
    expect(problems(wrong)).toEqual(['input_invalid', ...lines]);
  });

  it('with an unknown template are a template problem', () => {
    expect(problems({ ...inputs, clientName: '${nope}' })).toEqual([
      'template_invalid',
      expect.stringContaining('client-name: uses the unknown template name "nope"'),
    ]);
  });
});
