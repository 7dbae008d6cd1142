import { describe, expect, test } from 'vitest';
import { fromBase64, toBase64, toBase64Url } from '../../shared/base64/base64.ts';

const bytes = (...values: readonly number[]) => Uint8Array.from(values);
const every = Uint8Array.from({ length: 256 }, (_, value) => value);

describe('base64', () => {
  test.each([
    { of: bytes(), plain: '', url: '' },
    { of: bytes(0), plain: 'AA==', url: 'AA' },
    { of: bytes(255, 254), plain: '//4=', url: '__4' },
    { of: bytes(251, 239, 190), plain: '++++', url: '----' },
    { of: new TextEncoder().encode('foobar'), plain: 'Zm9vYmFy', url: 'Zm9vYmFy' },
  ])('writes $plain, for URLs $url', ({ of, plain, url }) => {
    expect([toBase64(of), toBase64Url(of)]).toEqual([plain, url]);
  });

  test('reads what it writes, in both alphabets', () => {
    expect(fromBase64(toBase64(every))).toEqual(every);
    expect(fromBase64(toBase64Url(every))).toEqual(every);
  });

  test('agrees with Node on bytes too many for one call of a function', () => {
    const many = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) % 256);
    expect(toBase64(many)).toBe(Buffer.from(many).toString('base64'));
  });

  test.each(['!', 'A', 'AA=A', 'é'])('reads nothing from %j', (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });
});
