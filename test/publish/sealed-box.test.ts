import sodium from 'libsodium-wrappers';
import { beforeAll, describe, expect, it } from 'vitest';
import { sealedBox } from '../../shared/publish/sealed-box.ts';
import { random } from './setup.ts';

const ORIGINAL = () => sodium.base64_variants.ORIGINAL;

beforeAll(() => sodium.ready);

describe('sealedBox', () => {
  it.each(['', 'x', 'hunter2', 'ünïcode ✓ 🔑', 'line\nline\r\n', 'a'.repeat(48 * 1024)])(
    'makes a box that libsodium opens (%#)',
    (value) => {
      const { publicKey, privateKey } = sodium.crypto_box_keypair();
      const box = sealedBox(value, sodium.to_base64(publicKey, ORIGINAL()), random);
      const opened = sodium.crypto_box_seal_open(sodium.from_base64(box, ORIGINAL()), publicKey, privateKey);
      expect(sodium.to_string(opened)).toBe(value);
    },
  );

  it('opens for many random keys and lengths', () => {
    for (let length = 0; length < 130; length += 7) {
      const { publicKey, privateKey } = sodium.crypto_box_keypair();
      const value = 'v'.repeat(length);
      const box = sodium.from_base64(sealedBox(value, sodium.to_base64(publicKey, ORIGINAL()), random), ORIGINAL());
      expect(box.length).toBe(length + 48);
      expect(sodium.to_string(sodium.crypto_box_seal_open(box, publicKey, privateKey))).toBe(value);
    }
  });

  it('is standard padded base64, as GitHub demands', () => {
    const key = sodium.to_base64(sodium.crypto_box_keypair().publicKey, ORIGINAL());
    for (let length = 0; length < 20; length += 1) {
      expect(sealedBox('v'.repeat(length), key, random)).toMatch(
        /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/,
      );
    }
  });

  it('uses a key pair of its own for every box', () => {
    const key = sodium.to_base64(sodium.crypto_box_keypair().publicKey, ORIGINAL());
    expect(sealedBox('same', key, random)).not.toBe(sealedBox('same', key, random));
  });

  it.each([
    ['no base64', '%%%'],
    ['31 bytes', btoa('k'.repeat(31))],
    ['33 bytes', btoa('k'.repeat(33))],
    ['nothing', ''],
    ['a point of small order', btoa('\0'.repeat(32))],
  ])('refuses a key that is %s', (_, key) => {
    expect(() => sealedBox('value', key, random)).toThrow(RangeError);
  });
});
