import { copyFile, writeFile } from 'node:fs/promises';
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

const PROGRAMS = fileURLToPath(new URL('servers/npm/', import.meta.url));

/** Installs the servers that come from npm, and puts a program beside them: its path. */
export async function npmProgram(name: string): Promise<string> {
  const home = await folder('npm');
  const manifest = JSON.stringify({ private: true, type: 'module', dependencies: NPM_PACKAGES }, null, 2);
  await installOnce(home, manifest, async () => {
    await writeFile(join(home, 'package.json'), manifest);
    // Peer ranges of two of them do not meet, and neither has anything to run at installation.
    const quiet = ['--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run(['npm', 'install', ...quiet], { cwd: home });
  });
  await copyFile(join(PROGRAMS, name), join(home, name));
  return join(home, name);
}
