/** Tells whether a body was signed with one of the secrets, by the value of `X-Hub-Signature-256`. */
export type GitHubVerifier = (body: Uint8Array<ArrayBuffer>, signature: string | null) => Promise<boolean>;

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

/**
 * Verifies GitHub's HMAC-SHA256 over the raw body, in constant time. While a secret is being replaced there are two.
 *
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function createGitHubVerifier(secrets: readonly string[]): GitHubVerifier {
  const keys = new Map<string, Promise<CryptoKey>>();
  const keyOf = (secret: string): Promise<CryptoKey> => {
    const key =
      keys.get(secret) ?? crypto.subtle.importKey('raw', new TextEncoder().encode(secret), HMAC, false, ['verify']);
    keys.set(secret, key);
    return key;
  };
  return async (body, signature) => {
    const expected = signatureBytes(signature);
    if (expected === undefined) return false;
    for (const secret of secrets) {
      if (await crypto.subtle.verify('HMAC', await keyOf(secret), expected, body)) return true;
    }
    return false;
  };
}

function signatureBytes(signature: string | null): Uint8Array<ArrayBuffer> | undefined {
  const hex = /^sha256=((?:[0-9a-f]{2}){32})$/u.exec(signature ?? '')?.[1];
  return hex === undefined ? undefined : Uint8Array.from(hex.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));
}
