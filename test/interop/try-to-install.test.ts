import { expect, test, vi } from 'vitest';
import { tryToInstall } from './try-to-install.ts';

test('what is installed is handed on, and what is missing', async () => {
  expect(await tryToInstall(async () => 'a program', 'npm test')).toBe('a program');
  const missing = { why: 'there is no compiler', type: 'apt-get install it' };
  expect(await tryToInstall(async () => missing, 'npm test')).toBe(missing);
});

test('an installation that fails is missing, and its whole error is on the screen', async () => {
  const said = vi.spyOn(console, 'error').mockReturnValue();
  const error = new Error('go ended with 1: no network\nand more');
  const install = () => Promise.reject(error);
  expect(await tryToInstall(install, 'npm run test:runner')).toEqual({
    why: 'it could not be installed: go ended with 1: no network',
    type: 'npm run test:runner, when that is mended',
  });
  expect(said).toHaveBeenCalledWith(error);
});
