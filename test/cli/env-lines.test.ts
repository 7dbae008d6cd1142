import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { withoutVariable, withVariable } from '../../cli/env-lines.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'env-lines-'));
  return () => rm(folder, { recursive: true });
});

/** What a shell that sources the file has in the variables, and what else is in its folder afterwards. */
async function sourced(text: string, ...names: readonly string[]) {
  await writeFile(join(folder, 'file'), text);
  const print = names.map((name) => `printf '%s\\0' "$${name}"`).join('; ');
  const { stdout } = await promisify(execFile)('sh', ['-c', `. ./file; ${print}`], { cwd: folder });
  return {
    values: stdout.split('\0').slice(0, -1),
    made: (await readdir(folder)).filter((name) => name !== 'file'),
  };
}

function refusal(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (isRegistrarError(error, 'publish_failed')) return { message: error.message, hint: error.hint };
    throw error;
  }
  return undefined;
}

const PEM = '-----BEGIN PRIVATE KEY-----\nMIG2AgEAMB+/\nAb0=\n-----END PRIVATE KEY-----\n';

describe('a variable in an env file', () => {
  it.each([
    '',
    'plain-Value_1.2/3=',
    'with blanks and # and $HOME',
    ' at the edges ',
    `{"client_id":"a","token_endpoint":"https://as.example/token"}`,
    `it's #1`,
    PEM,
    PEM.trim(),
    'back\\slash \\n \\$HOME',
    '$(touch made)',
    '`touch made`',
    '"$(touch made)"',
    '"; touch made; "',
    '\\"`touch made`',
    '${x:=$(touch made)}',
    'a;touch made',
    'a&touch made&',
    "a';touch made;'",
    '!!',
    '~ * ? [a] {b,c} <(d) é 😀',
  ])('is read as it was written, by Node and by a shell that executes nothing of it: %j', async (value) => {
    const text = withVariable('BEFORE=1\n', 'NAME', value);
    const all = withVariable(text, 'LAST', "it's last");
    expect(parseEnv(all)).toEqual({ BEFORE: '1', NAME: value, LAST: "it's last" });
    expect(await sourced(all, 'BEFORE', 'NAME', 'LAST')).toEqual({ values: ['1', value, "it's last"], made: [] });
    expect(withVariable(text, 'NAME', 'other')).toBe('BEFORE=1\nNAME=other\n');
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

  it.each([
    "a'$(touch made)",
    "'$(touch made)'",
    "a'`touch made`",
    'a\'"',
    "a'\\",
    "a'!b",
    'ends in \\',
    'two\nlines',
    'two\ntouch made',
    "'\ntouch made\n'",
    `${PEM}touch made\n`,
    PEM.replace('Ab0=', '$(touch made)'),
    'cut\roff',
    'nothing\0more',
    'tab\tbed',
    '\ud800',
  ])('that Node, dotenv and a shell cannot all read is refused: %j', (value) => {
    const refused = refusal(() => withVariable('BEFORE=1\n', 'NAME', value));
    expect(refused?.message).toContain('The value of NAME has characters');
    expect(refused?.hint).toContain('`show --secrets`');
    expect(JSON.stringify(refused)).not.toContain(value);
  });

  it.each(["B=it's\n", 'B="open\n', 'B=`open\n', "B=1#it's\n", 'B=\\\\"open\n'])(
    'is not put between quotes where a shell is between quotes already: %j',
    (before) => {
      const refused = refusal(() => withVariable(`${before}NAME=old\nC=it's\n`, 'NAME', '$(touch made)'));
      expect(refused?.message).toContain('opens in the lines before NAME');
      expect(refused?.hint).toContain('--env-file');
      expect(withVariable(before, 'NAME', 'plain')).toBe(`${before}NAME=plain\n`);
    },
  );

  it.each([
    '# don\'t "\n\t# `\n',
    `B='it"s' # it's\nC="it's \\""\n`,
    "B=it\\'s\n",
    'B="a\nb"\n',
    "B='a\nb'\n",
    'B=`echo "$HOME"`\n',
    'B=1;# "\n',
  ])('is put between quotes where no line before it has some open: %j', async (before) => {
    const text = withVariable(`${before}NAME=old\n`, 'NAME', '$(touch made)');
    expect(await sourced(text, 'NAME')).toEqual({ values: ['$(touch made)'], made: [] });
  });
});
