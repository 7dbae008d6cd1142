import { describe, expect, test } from 'vitest';
import { PRINTABLE_LIMIT, printable, showUrl } from '../../shared/errors/printable.ts';

describe('text from elsewhere', () => {
  test.each([
    ['is shown as it is when it is harmless', 'redirect_uri must be https — “sí”', 'redirect_uri must be https — “sí”'],
    ['becomes one line', 'one\r\ntwo\u2028three\u2029four\u0085five\tsix', 'one two three four five six'],
    ['loses the space around it', ' \n x \n ', 'x'],
    ['loses terminal control', 'a\u001b[31mred\u009b0m', 'a [31mred 0m'],
    ['loses characters that turn the direction', 'a\u202eb\u2066c\u200fd\u061ce', 'a b c d e'],
    ['loses characters nobody sees', 'a\u200bb\ufeffc\u00add\u{e0041}e', 'a b c d e'],
    ['loses halves of characters', 'a\ud800b\udc00c', 'a b c'],
    ['keeps whole characters beyond the basic plane', 'a😀b', 'a😀b'],
  ])('%s', (_behaviour, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test.each([
    '::error::x',
    'a\n::set-output name=x::y',
    ':::stop-commands::x',
    '::::x',
    ':\u200b:add-mask::x',
    '##[error]x',
    'a ##[group]x',
    '###[error]x',
    '##\u0000[error]x',
  ])('is never a workflow command: %j', (text) => {
    expect(printable(text)).not.toMatch(/::|##\[|[\r\n]/u);
  });

  test('is cut where it is too long, with a sign', () => {
    const shown = printable('x'.repeat(PRINTABLE_LIMIT + 1));
    expect(shown).toBe(`${'x'.repeat(PRINTABLE_LIMIT - 1)}…`);
    expect(printable('x'.repeat(PRINTABLE_LIMIT))).toBe('x'.repeat(PRINTABLE_LIMIT));
  });

  test('is counted in characters and never cut within one', () => {
    expect(printable('😀😀😀', 3)).toBe('😀😀😀');
    expect(printable('😀😀😀😀', 3)).toBe('😀😀…');
    expect(printable(`${'x'.repeat(11)}😀`, 3)).toBe('xx…');
  });

  test('of a megabyte is cut before it is worked on', () => {
    expect(printable(`${' '.repeat(1_000_000)}late`)).toBe('');
  });
});

describe('a URL', () => {
  test.each([
    ['keeps origin and path', 'https://as.example:8443/a/b', 'https://as.example:8443/a/b'],
    ['loses query and fragment', 'https://as.example/a?token=canary#canary', 'https://as.example/a'],
    ['loses user name and password', 'https://user:canary@as.example/a', 'https://as.example/a'],
    ['that is no place loses all but its scheme', 'javascript:alert(canary)', 'javascript:…'],
    ['of data loses all but its scheme', 'data:text/plain,canary', 'data:…'],
    ['that cannot be read loses query and fragment', '/metadata?token=canary#x', '/metadata'],
    ['that cannot be read is not shown with a user name', 'https://user:canary@as.example:x/a', '…'],
    ['that cannot be read is not shown with an odd password', 'https://user:can?ary@as.example:x/a', '…'],
    ['that cannot be read is one harmless line', 'no url\n::error::x', 'no url : :error: :x'],
  ])('%s', (_behaviour, url, shown) => {
    expect(showUrl(url)).toBe(shown);
  });

  test('may be given parsed', () => {
    expect(showUrl(new URL('https://as.example/a?b=c'))).toBe('https://as.example/a');
  });
});
