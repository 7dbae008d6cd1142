import { existsSync } from 'node:fs';
import { run } from './folder.ts';
import { saidOf } from './said-of.ts';
import type { Missing } from './server.ts';

/** Version of the first of these Debian packages; all are installed if that is allowed and one is missing. */
export async function debianPackages(
  packages: readonly string[],
  { systemPackages }: { readonly systemPackages: boolean },
): Promise<string | Missing> {
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages];
  const [first = ''] = packages;
  if (await areInstalled(packages)) return await versionOf(first);
  if (!systemPackages) {
    const why = `the Debian package ${first} is not installed, and --system-packages was not given`;
    return { why, type: install.join(' ') };
  }
  try {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    // Elsewhere than in a container one is not root, and no one can be asked for a password.
    const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND'];
    await run([...asRoot, 'apt-get', 'update'], { env });
    await withoutServices(() => run([...asRoot, ...install], { env }), { asRoot });
  } catch (error) {
    return { why: `the Debian package ${first} could not be installed: ${saidOf(error)}`, type: install.join(' ') };
  }
  return await versionOf(first);
}

/** Debian's packages ask this program whether they may start a service; 101 is no. */
const POLICY = '/usr/sbin/policy-rc.d';

/** Installs, and no package starts a service of its own. A policy that the system has stays in force. */
export async function withoutServices<T>(
  install: () => Promise<T>,
  { asRoot, policy = POLICY }: { readonly asRoot: readonly string[]; readonly policy?: string },
): Promise<T> {
  if (existsSync(policy)) return await install();
  try {
    await run([...asRoot, 'sh', '-c', `printf '#!/bin/sh\\nexit 101\\n' > "$1" && chmod 755 "$1"`, 'sh', policy]);
    return await install();
  } finally {
    await run([...asRoot, 'rm', '-f', policy]);
  }
}

async function areInstalled(packages: readonly string[]): Promise<boolean> {
  const found = await run(['dpkg-query', '--show', '--showformat=${db:Status-Status}\n', ...packages]).catch(() => '');
  const states = found.trim().split('\n');
  return states.length === packages.length && states.every((state) => state === 'installed');
}

async function versionOf(name: string): Promise<string> {
  return (await run(['dpkg-query', '--show', '--showformat=${Version}', name])).trim();
}
