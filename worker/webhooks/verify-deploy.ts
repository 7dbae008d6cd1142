import { Webhook } from 'standardwebhooks';
import { toBase64 } from '../../shared/base64/base64.ts';

/** A signed message of a host: its id, which it keeps when it is sent again, and its body as text. */
export type DeployMessage = { readonly id: string; readonly text: string };

/** Longest id that is remembered. */
const ID_LENGTH = 256;

/**
 * The secret (`whsec_…`) that hosts of one repository sign with: HMAC-SHA256 of the repository's id under the Worker's
 * own, so that one repository cannot speak for another.
 */
export async function deploySecret(secret: string, repositoryId: string): Promise<string> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey('raw', bytes(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return `whsec_${toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes(repositoryId))))}`;
}

/**
 * The message, if it was signed for this repository within the last five minutes; undefined if not.
 *
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function verifyDeploy({
  headers,
  body,
  repositoryId,
  secrets,
}: {
  readonly headers: { readonly get: (name: string) => string | null };
  readonly body: Uint8Array<ArrayBuffer>;
  readonly repositoryId: string;
  /** The Worker's own; while one is being replaced there are two. */
  readonly secrets: readonly string[];
}): Promise<DeployMessage | undefined> {
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headers.get(name) ?? '',
  );
  if (id === undefined || id === '' || id.length > ID_LENGTH) return undefined;
  const text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(body);
  const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp ?? '', 'webhook-signature': signature ?? '' };
  for (const secret of secrets) {
    const webhook = new Webhook(await deploySecret(secret, repositoryId));
    try {
      webhook.verify(text, signed, { jsonParse: false });
      return { id, text };
    } catch {
      // Not this one; which part was wrong is nobody's business.
    }
  }
  return undefined;
}
