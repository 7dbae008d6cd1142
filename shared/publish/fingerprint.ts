import { toBase64Url } from '../base64/base64.ts';

/** SHA-256 (base64url, unpadded) of a value: tells whether it is still the one that was published. */
export async function fingerprint(value: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(value));
  return toBase64Url(new Uint8Array(digest));
}
