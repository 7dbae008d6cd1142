import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const GRACE_MS = 10_000;

/** A server that is a process of its own. */
export type Program = { readonly pid: number; readonly log: () => string; readonly stop: () => Promise<void> };

/** A port of 127.0.0.1 that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('not listening on a port');
  return address.port;
}

/** Starts a program and waits until a URL of it answers. Stopped by its own process id, nothing else is. */
export async function startProgram({
  command,
  cwd,
  env = {},
  ready,
  patienceMs = 120_000,
}: {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Answers 2xx once the program is of use. */
  readonly ready: string;
  readonly patienceMs?: number;
}): Promise<Program> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      log = (log + text).slice(-20_000);
    });
  }
  let ended = false;
  const end = once(child, 'close')
    .catch((error: Error) => {
      log += error.message;
    })
    .finally(() => {
      ended = true;
    });
  const stop = async (): Promise<void> => {
    if (ended) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await end;
    clearTimeout(timer);
  };
  // A run that is broken off leaves no server behind.
  process.once('exit', () => {
    if (!ended) child.kill('SIGTERM');
  });
  const limit = Date.now() + patienceMs;
  while (!(await answers(ready))) {
    if (ended) throw new Error(`${program} ended before it was ready:\n${log.slice(-3000)}`);
    if (Date.now() > limit) {
      await stop();
      throw new Error(`${program} was not ready within ${patienceMs / 1000} s:\n${log.slice(-3000)}`);
    }
    await sleep(100);
  }
  return { pid: child.pid ?? 0, log: () => log, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
