import { fromBase64 } from '../../shared/base64/base64.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';

const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** version 0 and the algorithm rsaEncryption with its NULL: what PKCS#8 puts before a PKCS#1 key (RFC 5208, RFC 8017). */
const PKCS8_HEAD = [
  0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;

/**
 * The App's private key for signing, from the file as GitHub hands it out (PKCS#1) or as PKCS#8; line breaks may be
 * written as `\n`.
 *
 * Rejects with `github_failed` when it is neither.
 */
export async function importAppKey(pem: string): Promise<CryptoKey> {
  const text = pem.replaceAll('\\n', '\n');
  const [, kind, base64] =
    /-----BEGIN (RSA )?PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END \1PRIVATE KEY-----/u.exec(text) ?? [];
  const der = fromBase64((base64 ?? '').replaceAll(/\s/gu, ''));
  try {
    if (der === undefined || der.length === 0) throw new TypeError('no key in PEM');
    return await crypto.subtle.importKey('pkcs8', kind === undefined ? der : pkcs8(der), RS256, false, ['sign']);
  } catch {
    throw new RegistrarError('github_failed', {
      message: 'GH_APP_PRIVATE_KEY is not the private key of a GitHub App.',
      hint: 'Put the whole .pem file that GitHub made for the App there, with its BEGIN and END lines.',
    });
  }
}

function pkcs8(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  return element(SEQUENCE, [...PKCS8_HEAD, ...element(OCTET_STRING, [...pkcs1])]);
}

function element(tag: number, content: readonly number[]): Uint8Array<ArrayBuffer> {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return new Uint8Array([tag, ...size, ...content]);
}
