import { expect, test } from 'vitest';
import { gatherSecrets } from './secrets.ts';

test('what was a secret once is masked, also after its source has forgotten it', () => {
  const secrets = gatherSecrets();
  let tokens = ['token-of-a-client'];
  secrets.addFrom(() => tokens);
  expect(secrets.mask('read with token-of-a-client')).toBe('read with ***');
  tokens = [];
  expect(secrets.within('read with token-of-a-client')).toEqual(['token-of-a-client']);
});

test('a secret is masked as JSON too', () => {
  const secrets = gatherSecrets();
  secrets.add('-----BEGIN KEY-----\nabc\n');
  expect(secrets.mask(JSON.stringify({ key: '-----BEGIN KEY-----\nabc\n' }))).toBe('{"key":"***"}');
});

test('a secret that holds another one is masked as a whole', () => {
  const secrets = gatherSecrets();
  secrets.add('token', undefined, '', 'token-and-more');
  expect(secrets.mask('token-and-more, token')).toBe('***, ***');
});
