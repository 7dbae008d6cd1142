import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folder, installOnce, isInstalled, run } from './folder.ts';
import type { Missing } from './server.ts';

/**
 * A Go program, built once from the module proxy. The `go.mod` requires its module in an exact version, and with that,
 * by minimal version selection, everything else.
 */
export async function goProgram({
  module,
  tags,
  goMod,
}: {
  /** Has the program at its root. */
  readonly module: string;
  readonly tags: readonly string[];
  readonly goMod: URL;
}): Promise<{ readonly program: string; readonly version: string } | Missing> {
  for (const needed of ['go', 'gcc']) {
    if (!(await isInstalled(needed))) return { why: `${needed} is not installed`, type: INSTALL };
  }
  const required = await readFile(goMod, 'utf8');
  const version = /^v(?<version>\S+)$/mu.exec(required.split(`require ${module} `)[1] ?? '')?.groups?.version;
  if (version === undefined) throw new Error(`${goMod.pathname} does not require ${module}`);
  const home = await folder('go', `${module.replaceAll('/', '_')}@${version}`);
  const program = join(home, 'program');
  await installOnce(home, required, async () => {
    await writeFile(join(home, 'go.mod'), required);
    await run(['go', 'build', '-mod=mod', '-tags', tags.join(','), '-o', program, module], { cwd: home });
  });
  return { program, version };
}

const INSTALL = 'apt-get install gcc, and Go from https://go.dev/doc/install';
