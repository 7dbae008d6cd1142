import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { withoutVariable, withVariable } from '../../cli/env-lines.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';

describe('a variable in an env file', () => {
  it.each([
    'plain-Value_1.2/3=',
    'with blanks and # and $HOME',
    `{"client_id":"a","token_endpoint":"https://as.example/token"}`,
    `it's "quoted"`,
    '-----BEGIN PRIVATE KEY-----\nMIG2AgEAMB\n-----END PRIVATE KEY-----\n',
    'back\\slash',
  ])('is read again as it was written: %j', (value) => {
    const text = withVariable('BEFORE=1\n', 'NAME', value);
    expect(parseEnv(text)).toEqual({ BEFORE: '1', NAME: value });
    expect(withoutVariable(text, 'NAME')).toBe('BEFORE=1\n');
  });

  it.each([
    ['', 'A=new\n'],
    ['B=1', 'B=1\nA=new\n'],
    ['B=1\r\nA=old\r\nC=2\r\n', 'B=1\r\nA=new\r\nC=2\r\n'],
    ['export A = "old"\nB=1\n', 'A=new\nB=1\n'],
    ['A="old\nover lines"\nB=1\n', 'A=new\nB=1\n'],
    ['# A=comment\nAA=1\n', '# A=comment\nAA=1\nA=new\n'],
    ["B='x\nA=inside\n'\n", "B='x\nA=inside\n'\nA=new\n"],
    ['A=1\nA=2\n', 'A=1\nA=new\n'],
  ])('is set in %j, and nothing else changes', (before, after) => {
    expect(withVariable(before, 'A', 'new')).toBe(after);
  });

  it('that no quotes can hold is refused', () => {
    for (const value of ['\'"`', 'two\n"lines"']) {
      const refuse = () => withVariable('', 'A', value);
      expect(refuse).toThrow('The value of A has characters');
      try {
        refuse();
      } catch (error) {
        expect(isRegistrarError(error, 'publish_failed')).toBe(true);
      }
    }
  });
});
