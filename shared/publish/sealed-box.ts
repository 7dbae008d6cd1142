import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { fromBase64, toBase64 } from '../base64/base64.ts';
import type { Random } from '../ports/ports.ts';

const KEY_LENGTH = 32;
const NONCE_LENGTH = 24;

const SIGMA = words(new TextEncoder().encode('expand 32-byte k'));

/**
 * Encrypts `value` (UTF-8) so that only the holder of `publicKey` can read it: libsodium's `crypto_box_seal`,
 * with a key pair of its own for every box.
 *
 * `publicKey` is standard base64 of 32 bytes, and so is the answer of `32 + 16 + length` bytes.
 * Throws a `RangeError` for anything that is no such key.
 *
 * https://doc.libsodium.org/public-key_cryptography/sealed_boxes
 */
export function sealedBox(value: string, publicKey: string, random: Random): string {
  const recipient = fromBase64(publicKey);
  if (recipient?.length !== KEY_LENGTH) {
    throw new RangeError('not a public key of 32 bytes');
  }
  const secretKey = random.bytes(KEY_LENGTH);
  const sender = x25519.getPublicKey(secretKey);
  const nonce = blake2b(concat(sender, recipient), { dkLen: NONCE_LENGTH });
  const key = boxKey(sharedSecret(secretKey, recipient));
  return toBase64(concat(sender, xsalsa20poly1305(key, nonce).encrypt(new TextEncoder().encode(value))));
}

function sharedSecret(secretKey: Uint8Array, recipient: Uint8Array): Uint8Array {
  try {
    return x25519.getSharedSecret(secretKey, recipient);
  } catch {
    throw new RangeError('not a public key that can be sealed to');
  }
}

// crypto_box uses HSalsa20 of the shared point, with a nonce of zeros, as the key of the cipher.
function boxKey(shared: Uint8Array): Uint8Array {
  const key = new Uint32Array(KEY_LENGTH / 4);
  hsalsa(SIGMA, words(shared), new Uint32Array(4), key);
  return new Uint8Array(key.buffer);
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
