import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withoutServices } from './debian.ts';

let folder: string;
let policy: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oauth-registrar-interop-'));
  policy = join(folder, 'policy-rc.d');
});
afterEach(() => rm(folder, { recursive: true }));

test('while packages are installed, and only then, none may start a service', async () => {
  const asked = await withoutServices(async () => spawnSync(policy, ['nginx', 'start']).status, { asRoot: [], policy });
  expect(asked).toBe(101);
  expect(existsSync(policy)).toBe(false);
  const broken = withoutServices(async () => Promise.reject(new Error('no network')), { asRoot: [], policy });
  await expect(broken).rejects.toThrow('no network');
  expect(existsSync(policy)).toBe(false);
});

test('the policy that a system has stays', async () => {
  await writeFile(policy, 'of the system');
  const during = await withoutServices(() => readFile(policy, 'utf8'), { asRoot: [], policy });
  expect([during, await readFile(policy, 'utf8')]).toEqual(['of the system', 'of the system']);
});
