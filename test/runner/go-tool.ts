import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { folder, isInstalled, run } from '../interop/folder.ts';
import type { Missing } from '../interop/server.ts';
import { tryToInstall } from '../interop/try-to-install.ts';

type Tool = { readonly name: string; readonly package: string; readonly version: string };

/** A runner for workflows, by others, that needs no containers. */
export const ACT: Tool = { name: 'act', package: 'github.com/nektos/act', version: 'v0.2.89' };
export const ACTIONLINT: Tool = {
  name: 'actionlint',
  package: 'github.com/rhysd/actionlint/cmd/actionlint',
  version: 'v1.7.12',
};

/** Builds a Go program of exactly this version, once: its path. */
export const goTool = (tool: Tool): Promise<string | Missing> =>
  tryToInstall(() => buildOnce(tool), 'npm run test:runner');

async function buildOnce({ name, package: source, version }: Tool): Promise<string | Missing> {
  const home = await folder('go', version);
  const program = join(home, name);
  if (existsSync(program)) return program;
  if (!(await isInstalled('go'))) return { why: `${name} is built with Go, which is missing`, type: INSTALL_GO };
  await run(['go', 'install', `${source}@${version}`], { cwd: home, env: { GOBIN: home } });
  return program;
}

const INSTALL_GO = 'apt-get install golang-go (or https://go.dev/doc/install), then npm run test:runner';
