import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, installOnce, run } from './folder.ts';

/** Versions are exact, so that two runs measure the same. */
export const NPM_PACKAGES = {
  '@better-auth/oauth-provider': '1.7.5',
  '@cloudflare/workers-oauth-provider': '1.2.3',
  '@modelcontextprotocol/sdk': '1.32.2',
  'better-auth': '1.7.25',
  express: '5.3.0',
} as const;

/** What the packages need in turn is what there was by then. */
const BEFORE = '2026-11-25';

const PROGRAMS = fileURLToPath(new URL('servers/npm/', import.meta.url));

/** Installs packages into a folder of their own, without what would run at installation: the folder. */
export async function npmPackages(name: string, packages: Readonly<Record<string, string>>): Promise<string> {
  const home = await folder(name);
  const manifest = JSON.stringify({ private: true, type: 'module', dependencies: packages }, null, 2);
  await installOnce(home, `${manifest}\nbefore ${BEFORE}`, async () => {
    // What an earlier installation settled on is not kept.
    for (const left of ['node_modules', 'package-lock.json']) {
      await rm(join(home, left), { recursive: true, force: true });
    }
    await writeFile(join(home, 'package.json'), manifest);
    // Peer ranges of two of the servers do not meet.
    const quiet = ['--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run(['npm', 'install', `--before=${BEFORE}`, ...quiet], { cwd: home });
  });
  return home;
}

/** Installs the servers that come from npm, and puts a program beside them: its path. */
export async function npmProgram(name: string): Promise<string> {
  const home = await npmPackages('npm', NPM_PACKAGES);
  await copyFile(join(PROGRAMS, name), join(home, name));
  return join(home, name);
}
