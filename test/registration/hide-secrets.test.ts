import { describe, expect, test } from 'vitest';
import { hideSecrets, showsSecret } from '../../shared/registration/hide-secrets.ts';

describe('a secret in a text', () => {
  test.each([
    ['once', 'bad token s3cret', ['s3cret'], 'bad token ***'],
    ['several times', 's3crets3cret s3cret', ['s3cret'], '****** ***'],
    ['as JSON writes it', '{"a":"x\\"y\\\\z"}', ['x"y\\z'], '{"a":"***"}'],
    ['as a URL writes it', '?t=a%2Fb%20c%2Bd', ['a/b c+d'], '?t=***'],
    ['as a form writes it', 't=a%2Fb+c%2Bd%21', ['a/b c+d!'], 't=***'],
    ['beside another', 'one-1 two-2', ['one-1', 'two-2'], '*** ***'],
    ['that begins like another', 'abcdef abcd', ['abcd', 'abcdef'], '*** ***'],
    ['with characters that are special elsewhere', 'a.*$&(b', ['.*$&('], 'a***b'],
  ])('is hidden %s', (_how, text, secrets, shown) => {
    expect(hideSecrets(text, secrets)).toBe(shown);
    expect(showsSecret(text, secrets)).toBe(true);
  });

  test.each([
    ['there are none', 'a text', []],
    ['it is not in it', 'a text', ['s3cret']],
    ['it is too short to be one', 'an abc of words', ['', 'a', 'abc']],
  ])('changes nothing when %s', (_why, text, secrets) => {
    expect(hideSecrets(text, secrets)).toBe(text);
    expect(showsSecret(text, secrets)).toBe(false);
  });
});
