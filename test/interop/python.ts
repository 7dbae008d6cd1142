import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { folder, isInstalled, run } from './folder.ts';
import type { Missing } from './server.ts';

/** A virtual environment with these packages from PyPI: its `bin` folder. */
export async function pythonPackages(name: string, packages: readonly string[]): Promise<string | Missing> {
  if (!(await isInstalled('python3'))) return { why: 'Python is not installed', type: 'apt-get install python3-venv' };
  const home = join(await folder('python'), name);
  const bin = join(home, 'bin');
  if (!existsSync(join(bin, 'pip'))) await run(['python3', '-m', 'venv', home]);
  await run([join(bin, 'pip'), 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  return bin;
}
