import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };
import { VERSION } from '../../worker/version.ts';
import { filesUnder, ROOT, read } from './files.ts';

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

test('the lock file has a hash for every package', () => {
  const packages = Object.entries(lock.packages as Record<string, { integrity?: string }>).filter(
    ([path]) => path !== '',
  );
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/u.test(integrity))).toEqual([]);
});

test('no package runs a script when it is installed but those that are named', () => {
  const scripted = Object.entries(lock.packages as Record<string, { hasInstallScript?: boolean }>).filter(
    ([, { hasInstallScript }]) => hasInstallScript === true,
  );
  expect(scripted.map(([path]) => path.replace(/^.*node_modules\//u, '')).sort()).toEqual(
    Object.keys(manifest.allowScripts).sort(),
  );
});

test('the committed bundle has a licence file that names what is in it', () => {
  const licences = readFileSync(`${ROOT}action/dist/LICENSES.txt`, 'utf8');
  for (const name of ['@actions/core', 'yaml', 'zod']) expect(licences).toContain(`${name} `);
});

test('continuous integration says loudly when known vulnerabilities were not checked, and fails for a high one', () => {
  const script = read('.ci/run');
  expect(script).toContain('npm audit --audit-level=high');
  expect(script).toContain("echo 'NOT CHECKED:");
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
