import type { CredentialField } from '../manifest/desired.ts';

/** The credentials of one client, as a record's client holds them. */
export type Credentials = {
  readonly clientId: string;
  readonly clientSecret?: string;
  /** Epoch seconds; 0 means never. */
  readonly clientSecretExpiresAt?: number;
  /** PKCS#8 PEM. */
  readonly privateKey?: string;
  readonly keyId?: string;
};

/** What an app needs to know of the server besides its credentials. */
export type CredentialServer = { readonly issuer?: string; readonly tokenEndpoint?: string };

/**
 * The text published for `field`; undefined when these credentials have no such part, so that nothing is published
 * and what was published under that name is taken away.
 *
 * `json` is one line with the parts there are: `client_id`, `client_secret`, `private_key`, `key_id`, `issuer`,
 * `token_endpoint` and `expires_at` (epoch seconds, left out when the secret never expires).
 */
export function credentialValue(
  field: CredentialField,
  credentials: Credentials,
  server: CredentialServer,
): string | undefined {
  switch (field) {
    case 'client_id':
      return credentials.clientId;
    case 'client_secret':
      return credentials.clientSecret;
    case 'private_key':
      return credentials.privateKey;
    case 'key_id':
      return credentials.keyId;
    case 'issuer':
      return server.issuer;
    case 'token_endpoint':
      return server.tokenEndpoint;
    case 'json':
      return JSON.stringify({
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        private_key: credentials.privateKey,
        key_id: credentials.keyId,
        issuer: server.issuer,
        token_endpoint: server.tokenEndpoint,
        expires_at: credentials.clientSecretExpiresAt || undefined,
      });
  }
}
