import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, write } from '../action/build.ts';

// What a package is packed with; it is not committed, because nobody runs it from a checkout.
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
await write(await bundle(root, ['cli/main.ts']), join(root, 'cli/dist'));
