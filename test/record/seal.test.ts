import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../shared/errors/catalog.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { open, parseStateKeys, type SealKey, seal } from '../../shared/record/seal.ts';

const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
const BYTES = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7 + 3));
const OTHER = Buffer.alloc(32, 9);
const aad = ['state', '4242', 'pr-1'];

const keysOf = (...bytes: readonly Buffer[]): Promise<readonly SealKey[]> =>
  parseStateKeys(bytes.map((each) => each.toString('base64')).join('\n'));

async function failure(promise: Promise<unknown>): Promise<{ readonly code: ErrorCode; readonly text: string }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isRegistrarError(error)) {
    throw new Error(`not refused as it should be: ${String(error)}`);
  }
  return { code: error.code, text: `${error.message} ${error.hint}` };
}

describe('state keys', () => {
  it('are the same in base64, base64url and hex, with or without padding and space', async () => {
    const forms = [
      BYTES.toString('base64'),
      BYTES.toString('base64').replaceAll('=', ''),
      BYTES.toString('base64url'),
      BYTES.toString('hex'),
      BYTES.toString('hex').toUpperCase(),
      `  ${BYTES.toString('base64')}\r\n\n`,
    ];
    const ids = await Promise.all(forms.map(async (form) => (await parseStateKeys(form)).map(({ id }) => id)));
    expect(new Set(ids.map(String)).size).toBe(1);
    expect(ids[0]).toEqual([expect.stringMatching(/^[\w-]{8}$/)]);
  });

  it('keep the order of their lines', async () => {
    const [first, second] = await keysOf(BYTES, OTHER);
    expect((await keysOf(OTHER, BYTES)).map(({ id }) => id)).toEqual([second?.id, first?.id]);
  });

  it.each(['', ' \n \r\n'])('are missing in %j', async (text) => {
    expect((await failure(parseStateKeys(text))).code).toBe('state_key_missing');
  });

  it.each([
    ['canary', 'Line 2', '4 bytes'],
    ['canary!', 'Line 2', 'neither base64'],
    [Buffer.alloc(16, 1).toString('base64'), 'Line 2', '16 bytes'],
    [Buffer.alloc(33, 1).toString('hex'), 'Line 2', 'instead of 32'],
  ])('are refused when a line is %s, without showing it', async (line, where, what) => {
    const { code, text } = await failure(parseStateKeys(`${BYTES.toString('hex')}\n${line}`));
    expect(code).toBe('input_invalid');
    expect(text).toContain(where);
    expect(text).toContain(what);
    expect(text).not.toContain(line);
  });
});

describe('a sealed text', () => {
  it('opens with its key and shows nothing without it', async () => {
    const keys = await keysOf(BYTES);
    const text = `canary ${'äöü€😀'.repeat(20_000)}`;
    const sealed = await seal({ keys, aad, random, text });
    expect(sealed).toMatch(/^v1\.[\w-]{8}\.[\w-]{16}\.[\w-]+$/);
    expect(sealed).not.toContain('canary');
    expect(await open({ keys, aad, sealed: ` ${sealed}\n` })).toEqual({
      text,
      keyId: keys[0]?.id,
      sealedWithOlderKey: false,
    });
  });

  it('is opened by node’s own AES-256-GCM, so the form is what it says', async () => {
    const keys = await keysOf(BYTES);
    const [, id, nonce = '', ciphertext = ''] = (await seal({ keys, aad, random, text: 'hello' })).split('.');
    const { createDecipheriv } = await import('node:crypto');
    const bytes = Buffer.from(ciphertext, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', BYTES, Buffer.from(nonce, 'base64url'));
    decipher.setAAD(Buffer.from(JSON.stringify(['oauth-registrar', 'v1', id, ...aad])));
    decipher.setAuthTag(bytes.subarray(-16));
    expect(decipher.update(bytes.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8')).toBe('hello');
  });

  it('never has the nonce of another', async () => {
    const keys = await keysOf(BYTES);
    const all = await Promise.all(Array.from({ length: 50 }, () => seal({ keys, aad, random, text: '' })));
    expect(new Set(all.map((each) => each.split('.')[2])).size).toBe(50);
  });

  it('says when an older key sealed it, and is sealed with the first', async () => {
    const older = await seal({ keys: await keysOf(OTHER), aad, random, text: 'x' });
    const keys = await keysOf(BYTES, OTHER);
    expect(await open({ keys, aad, sealed: older })).toMatchObject({ text: 'x', sealedWithOlderKey: true });
    const newer = await seal({ keys, aad, random, text: 'x' });
    expect(await open({ keys: await keysOf(BYTES), aad, sealed: newer })).toMatchObject({ sealedWithOlderKey: false });
  });

  it.each([
    ['another repository', ['state', '4243', 'pr-1']],
    ['another environment', ['state', '4242', 'pr-2']],
    ['other borders between the strings', ['state', '4242pr-1']],
    ['nothing', []],
  ])('does not open for %s', async (_what, other) => {
    const keys = await keysOf(BYTES);
    const sealed = await seal({ keys, aad, random, text: 'canary' });
    expect((await failure(open({ keys, aad: other, sealed }))).code).toBe('state_damaged');
  });

  it('does not open after any part of it was changed', async () => {
    const keys = await keysOf(BYTES);
    const sealed = await seal({ keys, aad, random, text: 'canary' });
    const [version, id, nonce = '', ciphertext = ''] = sealed.split('.');
    const turned = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    const forms = [
      [version, id, turned(nonce), ciphertext],
      [version, id, nonce, turned(ciphertext)],
      [version, id, nonce, ciphertext.slice(0, -4)],
      [version, id, nonce, `${ciphertext.slice(0, -2)}AAAAA`.slice(0, 25)],
      [version, id, nonce, ''],
      [version, id, nonce],
      ['v0', id, nonce, ciphertext],
      [`${version}`, `${id}A`, nonce, ciphertext],
      ['canary'],
      [''],
    ];
    for (const form of forms) {
      const { code, text } = await failure(open({ keys, aad, sealed: form.join('.') }));
      expect(code).toBe('state_damaged');
      expect(text).not.toContain('canary');
    }
  });

  it('of a later form is newer, not damaged', async () => {
    const keys = await keysOf(BYTES);
    expect((await failure(open({ keys, aad, sealed: 'v2.whatever' }))).code).toBe('state_newer');
    expect((await failure(open({ keys, aad, sealed: 'v10.whatever' }))).code).toBe('state_newer');
  });

  it('says which key it needs, by ids that tell nothing of the keys', async () => {
    const right = await keysOf(BYTES);
    const sealed = await seal({ keys: right, aad, random, text: 'x' });
    const one = await failure(open({ keys: await keysOf(OTHER), aad, sealed }));
    expect(one.code).toBe('state_key_wrong');
    expect(one.text).toContain(`key ${right[0]?.id}; given is `);
    const two = await failure(open({ keys: await keysOf(OTHER, Buffer.alloc(32, 1)), aad, sealed }));
    expect(two.text).toContain('given are ');
  });

  it('is neither made nor opened without a key', async () => {
    const sealed = await seal({ keys: await keysOf(BYTES), aad, random, text: 'x' });
    expect((await failure(open({ keys: [], aad, sealed }))).code).toBe('state_key_missing');
    expect((await failure(seal({ keys: [], aad, random, text: 'x' }))).code).toBe('state_key_missing');
  });
});
