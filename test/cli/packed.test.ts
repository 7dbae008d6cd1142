import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { startAuthorizationServer } from '../support/authorization-server.ts';
import { openDesk } from './support/run-cli.ts';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url);

it('the packed package has the tool and nothing that it does not need, and runs', async () => {
  const server = await startAuthorizationServer();
  onTestFinished(() => server.close());
  const desk = await openDesk();
  const packed = await run('npm', ['pack', '--json', '--pack-destination', desk.folder], { cwd: ROOT });
  const [{ filename, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[')));
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'cli/dist/main.js']));
  expect(paths.filter((path) => !/^(?:LICENSE|README\.md|package\.json|cli\/dist\/[\w.-]+)$/u.test(path))).toEqual([]);
  await run('tar', ['-xzf', join(desk.folder, filename)], { cwd: desk.folder });
  const { bin } = JSON.parse((await desk.read('package/package.json')) ?? '');
  const tool = join(desk.folder, 'package', bin['oauth-registrar']);
  expect((await desk.read(join('package', bin['oauth-registrar'])))?.split('\n')[0]).toBe('#!/usr/bin/env -S node --');
  expect(await readdir(join(desk.folder, 'package'))).not.toContain('node_modules');

  const elsewhere = await openDesk({}, tool);
  const explained = await elsewhere.run('doctor', server.fhirBase('r4'), '--probe');
  expect(explained, explained.shown).toMatchObject({ code: 0 });
  expect(server.clients()).toEqual([]);
});
