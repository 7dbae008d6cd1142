import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { type Site, startBehindFront } from './behind-front.ts';
import type { Program } from './program.ts';

const REST = { address: '', clients: async () => [] };

function answering(port: number): Parameters<Site['run']>[0] {
  const script = `require('node:http').createServer((_, res) => res.end('here')).listen(${port}, '127.0.0.1')`;
  return { command: [process.execPath, '-e', script], cwd: tmpdir(), ready: `http://127.0.0.1:${port}/` };
}

function isRunning({ pid }: Program): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function isOpen(origin: string): Promise<boolean> {
  return await fetch(origin).then(
    () => true,
    () => false,
  );
}

test('a start that throws leaves neither the program running nor the front open', async () => {
  const seen: { program?: Program; origin: string } = { origin: '' };
  const start = startBehindFront(async ({ origin, port, run }) => {
    const program = await run(answering(port));
    seen.program = program;
    seen.origin = origin;
    expect([isRunning(program), await (await fetch(origin)).text()]).toEqual([true, 'here']);
    throw new Error('there is no policy');
  });
  await expect(start).rejects.toThrow('there is no policy');
  expect([seen.program && isRunning(seen.program), await isOpen(seen.origin)]).toEqual([false, false]);
});

test('a program that ends before it is ready, or that does not exist, leaves no front open', async () => {
  for (const [command, said] of [
    [[process.execPath, '-e', 'console.error("no database"); process.exit(3)'], 'no database'],
    [['no-program-of-this-name'], 'ENOENT'],
  ] as const) {
    let front = '';
    const start = startBehindFront(async ({ origin, port, run }) => {
      front = origin;
      await run({ command, cwd: tmpdir(), ready: `http://127.0.0.1:${port}/` });
      return REST;
    });
    await expect(start).rejects.toThrow(said);
    expect(await isOpen(front)).toBe(false);
  }
});

test('what does not close keeps nothing else open, and is said', async () => {
  let front = '';
  const server = await startBehindFront(async ({ origin, serve }) => {
    front = origin;
    serve(async () => {
      throw new Error('the runtime hangs');
    });
    return REST;
  });
  expect(await isOpen(front)).toBe(true);
  await expect(server.close()).rejects.toThrow('the runtime hangs');
  expect(await isOpen(front)).toBe(false);
});
