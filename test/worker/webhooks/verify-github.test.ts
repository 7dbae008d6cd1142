import { expect, test } from 'vitest';
import { createGitHubVerifier } from '../../../worker/webhooks/verify-github.ts';
import { GITHUB_SECRET, sign } from './support/hooks.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
// GitHub's own example, from its documentation.
const BODY = bytes('Hello, World!');
const SIGNATURE = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

test('takes the signature of GitHub’s documentation', async () => {
  expect(await createGitHubVerifier([GITHUB_SECRET])(BODY, SIGNATURE)).toBe(true);
});

test('takes the old and the new secret while one replaces the other, and no third', async () => {
  const verify = createGitHubVerifier(['new', 'old']);
  expect(await verify(BODY, sign(BODY, 'old'))).toBe(true);
  expect(await verify(BODY, sign(BODY, 'new'))).toBe(true);
  expect(await verify(BODY, sign(BODY, 'older'))).toBe(false);
});

test('is about the bytes, not the text they stand for', async () => {
  const verify = createGitHubVerifier(['s']);
  const withMark = new Uint8Array([0xef, 0xbb, 0xbf, ...BODY]);
  expect(await verify(withMark, sign(withMark, 's'))).toBe(true);
  expect(await verify(withMark, sign(BODY, 's'))).toBe(false);
  const notUtf8 = new Uint8Array([0xff, 0xfe]);
  expect(await verify(notUtf8, sign(notUtf8, 's'))).toBe(true);
});

test.each([
  ['none', null],
  ['an empty one', ''],
  ['one without its algorithm', SIGNATURE.slice(7)],
  ['a SHA-1', 'sha1=2aae6c35c94fcfb415dbe95f408b9ce91ee846ed'],
  ['a shortened one', SIGNATURE.slice(0, -2)],
  ['a lengthened one', `${SIGNATURE}00`],
  ['two', `${SIGNATURE}, ${SIGNATURE}`],
  ['one in capitals, which GitHub never sends', SIGNATURE.toUpperCase()],
  ['one bit of difference', `${SIGNATURE.slice(0, -1)}6`],
])('refuses %s', async (_what, signature) => {
  expect(await createGitHubVerifier([GITHUB_SECRET])(BODY, signature)).toBe(false);
});

test('without a secret nothing is good', async () => {
  expect(await createGitHubVerifier([])(BODY, SIGNATURE)).toBe(false);
});
