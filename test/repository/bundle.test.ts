import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bundle, differences } from '../../action/build.ts';

const folders: string[] = [];

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const SOURCES = {
  'package.json': '{"name":"fixture","version":"1.0.0","devDependencies":{"tester":"1.0.0"}}',
  'action/main.ts':
    "import { shout } from 'shout';\nconst { later } = await import('../shared/later.ts');\nconsole.log(shout(later));\n",
  'action/post.ts': "import { shout } from 'shout';\nconsole.log(shout('post'));\n",
  'shared/later.ts': "export const later: string = 'later';\n",
  'node_modules/shout/package.json': '{"name":"shout","version":"1.2.3","license":"MIT","main":"index.cjs"}',
  'node_modules/shout/index.cjs':
    "const { inspect } = require('util');\nexports.shout = (text) => inspect(text + '!');\n",
  'node_modules/shout/LICENSE': 'Copyright Shout\r\n',
  'node_modules/tester/package.json': '{"name":"tester","version":"1.0.0","license":"MIT","main":"index.cjs"}',
  'node_modules/tester/index.cjs': 'exports.mock = () => 1;\n',
};

async function checkout(changes: Readonly<Record<string, string>> = {}, at = ''): Promise<string> {
  const root = join(await mkdtemp(join(tmpdir(), 'bundle-')), at);
  folders.push(root);
  for (const [file, text] of Object.entries({ ...SOURCES, ...changes })) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  }
  return root;
}

test('the bundle is the same bytes wherever the checkout is', async () => {
  const here = await bundle(await checkout());
  const elsewhere = await bundle(await checkout({}, 'a folder/further down'));
  expect(here).toEqual(elsewhere);
  expect([...here.keys()]).toEqual(
    expect.arrayContaining([
      'LICENSES.txt',
      'main.js',
      'package.json',
      'post.js',
      expect.stringMatching(/^later-\w+\.js$/u),
    ]),
  );
  expect(here.get('package.json')).toBe('{"type":"module"}\n');
});

test('the licence of every bundled package is beside it, and no other', async () => {
  const licences = (await bundle(await checkout())).get('LICENSES.txt');
  expect(licences).toContain('shout 1.2.3 (MIT)\n\nCopyright Shout\n');
  expect(licences).not.toContain('tester');
});

test.each([
  [
    'a test helper',
    {
      'shared/later.ts': "export { mock as later } from '../test/helper.ts';\n",
      'test/helper.ts': 'export const mock = () => 1;\n',
    },
    /test\/helper\.ts: only action\/ and shared\/ may be bundled/u,
  ],
  ['a devDependency', { 'shared/later.ts': "export { mock as later } from 'tester';\n" }, /tester is a devDependency/u],
  [
    'a path of this machine',
    { 'shared/later.ts': "export const later = '/home/someone/file';\n" },
    /contains the absolute path ["'`]?\/home\/someone\/file/u,
  ],
  [
    'too much',
    { 'shared/later.ts': `export const later = '${'x'.repeat(1_000_001)}';\n` },
    /more than 1000000; the heaviest: shared 10000/u,
  ],
  [
    'a package without licence',
    {
      'node_modules/shout/package.json': '{"name":"shout","version":"1.2.3","main":"index.cjs"}',
      'node_modules/shout/LICENSE': '',
    },
    /shout 1\.2\.3 names no licence/u,
  ],
])('%s is refused', async (_what, changes, message) => {
  await expect(bundle(await checkout(changes as Record<string, string>))).rejects.toThrow(message);
});

test('each file that differs from the committed bundle is named', async () => {
  const root = await checkout({
    'dist/main.js': 'old',
    'dist/package.json': '{"type":"module"}\n',
    'dist/chunk-OLD.js': '',
  });
  const made = new Map([
    ['LICENSES.txt', ''],
    ['main.js', 'new'],
    ['package.json', '{"type":"module"}\n'],
  ]);
  expect(await differences(made, join(root, 'dist'))).toEqual([
    'missing  LICENSES.txt',
    'differs  main.js',
    'surplus  chunk-OLD.js',
  ]);
  expect(await differences(made, join(root, 'none'))).toHaveLength(3);
});
