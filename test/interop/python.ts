import { join } from 'node:path';
import { folder, installOnce, isInstalled, run } from './folder.ts';
import type { Missing } from './server.ts';

/** A virtual environment with these packages from PyPI: its `bin` folder. */
export async function pythonPackages(name: string, packages: readonly string[]): Promise<string | Missing> {
  if (!(await isInstalled('python3'))) return { why: 'Python is not installed', type: 'apt-get install python3-venv' };
  const home = await folder('python', name);
  const bin = join(home, 'bin');
  await installOnce(home, packages.join(' '), async () => {
    await run(['python3', '-m', 'venv', '--clear', home]);
    await run([join(bin, 'pip'), 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  });
  return bin;
}
