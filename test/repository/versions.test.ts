import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };
import { VERSION } from '../../worker/version.ts';
import { filesUnder, read } from './files.ts';

const dependencies = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
const installed = (folder: string): Record<string, Record<string, string>> =>
  JSON.parse(read(`node_modules/${folder}/package.json`));

test('the version is the same wherever it is written', () => {
  const constants = ['action', 'cli', 'shared', 'worker']
    .flatMap((room) => filesUnder(room, '.ts'))
    .flatMap((file) =>
      [...read(file).matchAll(/\bVERSION = '(?<version>\d+\.\d+\.\d+[^']*)'/gu)].map((match) => [
        file,
        match.groups?.version,
      ]),
    );
  expect(constants).toContainEqual(['worker/version.ts', VERSION]);
  expect(constants.filter(([, version]) => version !== manifest.version)).toEqual([]);
  expect(lock.version).toBe(manifest.version);
  expect(lock.packages[''].version).toBe(manifest.version);
});

test('the changelog has a section for every release up to this version', () => {
  const sections = [...read('CHANGELOG.md').matchAll(/^## \[(?<name>[^\]]+)\]/gmu)].map((match) => match.groups?.name);
  expect(sections[0]).toBe('Unreleased');
  expect(new Set(sections).size).toBe(sections.length);
});

test.each(dependencies)('%s is pinned to one version (%s)', (name, version) => {
  expect(version).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u);
  expect(lock.packages).toHaveProperty([`node_modules/${name}`, 'version'], version);
});

test('the lock file names no host but the public registry', () => {
  const hosts = read('package-lock.json').match(/"resolved": "(?!https:\/\/registry\.npmjs\.org\/)[^"]*"/gu);
  expect(hosts ?? []).toEqual([]);
});

test('there is one workerd: miniflare is the version that wrangler asks for', () => {
  expect(manifest.devDependencies.miniflare).toBe(installed('wrangler').dependencies?.miniflare);
});

test('there is one undici in the Action: the version that @actions/http-client gets', () => {
  const copies = Object.keys(lock.packages).filter((path) => path.endsWith('node_modules/undici'));
  expect(copies.filter((path) => path.includes('@actions/'))).toEqual([]);
});

test.each(Object.keys(manifest.dependencies))('docs/dependencies.md gives the reason for %s', (name) => {
  expect(read('docs/dependencies.md')).toContain(`## ${name}\n`);
});
