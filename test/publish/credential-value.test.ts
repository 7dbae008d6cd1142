import { describe, expect, it } from 'vitest';
import { credentialValue } from '../../shared/publish/credential-value.ts';
import { fingerprint } from '../../shared/publish/fingerprint.ts';

const client = {
  clientId: 'id-1',
  clientSecret: 'secret "1"',
  clientSecretExpiresAt: 1_800_000_000,
  privateKey: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  keyId: 'key-1',
};
const server = { issuer: 'https://as.example.org', tokenEndpoint: 'https://as.example.org/token' };

describe('credentialValue', () => {
  it.each([
    ['client_id', 'id-1'],
    ['client_secret', 'secret "1"'],
    ['private_key', client.privateKey],
    ['key_id', 'key-1'],
    ['issuer', server.issuer],
    ['token_endpoint', server.tokenEndpoint],
  ] as const)('gives %s as it is', (field, value) => {
    expect(credentialValue(field, client, server)).toBe(value);
  });

  it.each(['client_secret', 'private_key', 'key_id', 'issuer', 'token_endpoint'] as const)(
    'gives nothing for %s when there is none',
    (field) => {
      expect(credentialValue(field, { clientId: 'id-1' }, {})).toBeUndefined();
    },
  );

  it('gives the whole set as one line of JSON', () => {
    const json = credentialValue('json', client, server) ?? '';
    expect(json).not.toMatch(/[\r\n]/);
    expect(JSON.parse(json)).toEqual({
      client_id: 'id-1',
      client_secret: 'secret "1"',
      private_key: client.privateKey,
      key_id: 'key-1',
      issuer: server.issuer,
      token_endpoint: server.tokenEndpoint,
      expires_at: 1_800_000_000,
    });
  });

  it.each([undefined, 0])('leaves out of the JSON what there is not, and an expiry of %s', (clientSecretExpiresAt) => {
    const never = clientSecretExpiresAt === undefined ? {} : { clientSecretExpiresAt };
    expect(credentialValue('json', { clientId: 'id-1', ...never }, {})).toBe('{"client_id":"id-1"}');
  });
});

describe('fingerprint', () => {
  it('is SHA-256 in base64url without padding', async () => {
    expect(await fingerprint('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  });
});
