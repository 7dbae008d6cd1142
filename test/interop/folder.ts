import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Everything that is installed, and every server's data; git ignores it. */
const FOLDER = fileURLToPath(new URL('../../.interop/', import.meta.url));

/** A folder inside `.interop`, made where it does not exist. */
export async function folder(...path: readonly string[]): Promise<string> {
  const made = join(FOLDER, ...path);
  await mkdir(made, { recursive: true });
  return made;
}

/** Installs into a folder what is not there yet; what an installation that was broken off has left does not count. */
export async function installOnce(into: string, what: string, install: () => Promise<unknown>): Promise<void> {
  const marker = join(into, 'installed.txt');
  if ((await readFile(marker, 'utf8').catch(() => '')) === what) return;
  await install();
  await writeFile(marker, what);
}

/** Runs a program to its end; throws with its last words where it fails. */
export async function run(
  command: readonly string[],
  { cwd = '/', env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    out += text;
    said += text;
  });
  child.stderr.on('data', (text: Buffer) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) {
    const last = said.trim().split('\n').at(-1) ?? '';
    throw new Error(`${basename(program)} ended with ${code}: ${last}\n${command.join(' ')}:\n${said.slice(-2000)}`);
  }
  return out;
}

/** A program can be called by its name here. */
export async function isInstalled(program: string): Promise<boolean> {
  return await run(['which', program]).then(
    () => true,
    () => false,
  );
}
