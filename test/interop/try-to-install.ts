import { saidOf } from './said-of.ts';
import type { Missing } from './server.ts';

/** What a registry, a network or a compiler does not give is missing; it says nothing about what was to be tested. */
export async function tryToInstall<T>(install: () => Promise<T | Missing>, command: string): Promise<T | Missing> {
  try {
    return await install();
  } catch (error) {
    console.error(error);
    return { why: `it could not be installed: ${saidOf(error)}`, type: `${command}, when that is mended` };
  }
}
