import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installOnce, run } from './folder.ts';

let into: string;
beforeEach(async () => {
  into = await mkdtemp(join(tmpdir(), 'oauth-registrar-interop-'));
});
afterEach(() => rm(into, { recursive: true }));

test('what is installed is not installed again, and another version is', async () => {
  const installed: string[] = [];
  for (const version of ['1', '1', '2']) {
    await installOnce(into, version, async () => installed.push(version));
  }
  expect(installed).toEqual(['1', '2']);
});

test('an installation that was broken off is begun again', async () => {
  const broken = async () => {
    throw new Error('no network');
  };
  await expect(installOnce(into, '1', broken)).rejects.toThrow('no network');
  let again = false;
  await installOnce(into, '1', async () => {
    again = true;
  });
  expect(again).toBe(true);
});

test('a program that fails says its last line first', async () => {
  const failing = run([process.execPath, '-e', 'console.log("one"); console.error("no network"); process.exit(3)']);
  await expect(failing).rejects.toThrow(/^node ended with 3: no network\n/u);
});
