import { fromBase64, toBase64Url } from '../base64/base64.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Random } from '../ports/ports.ts';

type AesKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A key to seal with. The id is derived from the key, tells nothing about it, and says which key a text needs. */
export type SealKey = { readonly id: string; readonly key: AesKey };

/** A text that was sealed, opened. */
export type Opened = {
  readonly text: string;
  readonly keyId: string;
  /** It was not sealed with the first key: seal it anew. */
  readonly sealedWithOlderKey: boolean;
};

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const KEY_ID_CHARACTERS = 8;
const ENVELOPE = /^v1\.([\w-]{8})\.([\w-]{16})\.([\w-]{22,})$/;
const NEWER_ENVELOPE = /^v(?:[2-9]|[1-9]\d+)\./;

/**
 * Keys from text that people keep in a secret: 32 random bytes per line in base64, base64url or hex; the first seals,
 * each opens. Empty lines are skipped.
 *
 * Rejects with a RegistrarError `state_key_missing` for a text without keys and `input_invalid` for a line that is none;
 * the line itself is never in the message.
 */
export async function parseStateKeys(text: string): Promise<readonly SealKey[]> {
  const lines = text.split(/\r?\n/).map((line, index) => ({ value: line.trim(), number: index + 1 }));
  const filled = lines.filter(({ value }) => value !== '');
  if (filled.length === 0) {
    throw new RegistrarError('state_key_missing', { message: 'The state key is empty.' });
  }
  return await Promise.all(filled.map(({ value, number }) => importKey(keyBytes(value, number))));
}

/**
 * Seals a text with the first key: `v1.{key id}.{nonce}.{ciphertext}`, each base64url, AES-256-GCM with a random nonce
 * of 12 bytes (NIST SP 800-38D; RFC 5116).
 *
 * `aad` binds the text to its place: it opens only with the same strings in the same order. Rejects with a
 * RegistrarError `state_key_missing` when there is no key.
 */
export async function seal({
  keys,
  aad,
  random,
  text,
}: {
  readonly keys: readonly SealKey[];
  readonly aad: readonly string[];
  readonly random: Random;
  readonly text: string;
}): Promise<string> {
  const [first] = keys;
  if (first === undefined) {
    throw noKey();
  }
  const nonce = random.bytes(NONCE_BYTES);
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce, additionalData: bind(first.id, aad) },
    first.key,
    new TextEncoder().encode(text),
  );
  return `v1.${first.id}.${toBase64Url(nonce)}.${toBase64Url(new Uint8Array(sealed))}`;
}

/**
 * Opens what {@link seal} made, with whichever key it was sealed with.
 *
 * Rejects with a RegistrarError: `state_key_missing` (no key at all), `state_key_wrong` (sealed with a key that is not
 * among them), `state_damaged` (no sealed text, changed, or taken from another place), `state_newer` (an envelope that
 * this version does not know).
 */
export async function open({
  keys,
  aad,
  sealed,
}: {
  readonly keys: readonly SealKey[];
  readonly aad: readonly string[];
  readonly sealed: string;
}): Promise<Opened> {
  const [, keyId = '', nonce = '', ciphertext = ''] = ENVELOPE.exec(sealed.trim()) ?? [];
  if (keyId === '') {
    throw NEWER_ENVELOPE.test(sealed)
      ? new RegistrarError('state_newer', { message: 'The state is sealed in a form that is newer than this version.' })
      : new RegistrarError('state_damaged', { message: 'The stored state is not sealed text.' });
  }
  if (keys.length === 0) {
    throw noKey();
  }
  const index = keys.findIndex(({ id }) => id === keyId);
  const key = keys[index]?.key;
  if (key === undefined) {
    throw new RegistrarError('state_key_wrong', {
      message: `The state is sealed with key ${keyId}; given ${keys.length === 1 ? 'is' : 'are'} ${keys.map(({ id }) => id).join(', ')}.`,
    });
  }
  const text = await decrypt({ key, nonce, ciphertext, bound: bind(keyId, aad) });
  return { text, keyId, sealedWithOlderKey: index > 0 };
}

async function decrypt(sealed: {
  readonly key: AesKey;
  readonly nonce: string;
  readonly ciphertext: string;
  readonly bound: Uint8Array<ArrayBuffer>;
}): Promise<string> {
  try {
    const bytes = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: bytesOf(sealed.nonce), additionalData: sealed.bound },
      sealed.key,
      bytesOf(sealed.ciphertext),
    );
    return new TextDecoder().decode(bytes);
  } catch (cause) {
    throw new RegistrarError('state_damaged', {
      message: 'The stored state was changed, or belongs to another repository or environment: its seal is broken.',
      cause,
    });
  }
}

/** JSON keeps `["a","b"]` and `["ab"]` apart. */
function bind(keyId: string, aad: readonly string[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(JSON.stringify(['oauth-registrar', 'v1', keyId, ...aad])));
}

async function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<SealKey> {
  const label = new TextEncoder().encode('oauth-registrar key id\n');
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array([...label, ...bytes]));
  return {
    id: toBase64Url(new Uint8Array(digest)).slice(0, KEY_ID_CHARACTERS),
    key: await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']),
  };
}

function keyBytes(value: string, line: number): Uint8Array<ArrayBuffer> {
  const bytes = /^[0-9a-f]{64}$/i.test(value)
    ? Uint8Array.from({ length: KEY_BYTES }, (_, index) => Number.parseInt(value.slice(2 * index, 2 * index + 2), 16))
    : fromBase64(value);
  if (bytes?.length !== KEY_BYTES) {
    throw new RegistrarError('input_invalid', {
      message: `Line ${line} of the state key is not a key: ${bytes === undefined ? 'it is neither base64 nor hex' : `it holds ${bytes.length} bytes instead of ${KEY_BYTES}`}.`,
      hint: 'A key is 32 random bytes in base64 or hex, one key per line. To make one: openssl rand -base64 32',
    });
  }
  return bytes;
}

function noKey(): RegistrarError {
  return new RegistrarError('state_key_missing', { message: 'State is sealed, and no state key was given.' });
}

/** What is no base64 becomes nothing, which no key opens. */
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => fromBase64(text) ?? new Uint8Array();
