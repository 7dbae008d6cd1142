import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished, vi } from 'vitest';
import { bundle, write } from '../../../action/build.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

// Every command is a process of its own; on a busy machine they take their time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let built: Promise<string> | undefined;

/** The tool as it is packed: from its sources it takes seconds to start. */
async function buildTool(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'));
  await write(await bundle(ROOT, ['cli/main.ts']), folder);
  return folder;
}

afterAll(async () => {
  if (built !== undefined) await rm(await built, { recursive: true, force: true });
});

export type Result = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as a person sees them. */
  readonly shown: string;
};

export type Desk = {
  readonly folder: string;
  /** Runs the tool here, with http to this machine allowed. */
  readonly run: (...args: string[]) => Promise<Result>;
  readonly begin: (...args: string[]) => { readonly pid: number; readonly finished: Promise<Result> };
  readonly write: (path: string, text: string) => Promise<void>;
  /** Undefined when there is no such file. */
  readonly read: (path: string) => Promise<string | undefined>;
};

/** A folder of its own for one person, with these variables in the environment. */
export async function openDesk(env: Readonly<Record<string, string>> = {}, tool?: string): Promise<Desk> {
  built ??= buildTool();
  const main = tool ?? join(await built, 'main.js');
  const folder = await mkdtemp(join(tmpdir(), 'desk-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const begin = (...args: string[]) => {
    const local = COMMANDS.has(args[0] ?? '') && !args.includes('--help') ? ['--insecure-loopback'] : [];
    const child = spawn(process.execPath, ['--', main, ...args, ...local], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
      });
    }
    const finished = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      ...text,
      shown: text.stdout + text.stderr,
    }));
    return { pid: child.pid ?? 0, finished };
  };
  return {
    folder,
    begin,
    run: (...args) => begin(...args).finished,
    write: async (path, text) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    read: async (path) => {
      try {
        return await readFile(join(folder, path), 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}

const COMMANDS = new Set(['doctor', 'register', 'show', 'update', 'rotate', 'delete', 'apply']);
