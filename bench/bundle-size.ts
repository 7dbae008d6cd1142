import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Measurement } from './figure.ts';
import { ACTION } from './shipped-action.ts';

const LIMIT_BYTES = 1_000_000;
const STATIC_IMPORT = /(?:\bfrom|\bimport)\s*["']\.\/(?<file>[^"']+)["']/gu;

/** What a job downloads, and how much of it a step reads before it begins. */
export const bundleSize: Measurement = async () => {
  const folder = join(ACTION, 'action', 'dist');
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (file) => [file, (await stat(join(folder, file))).size] as const),
  );
  const size = (files: Iterable<string>): number =>
    [...files].reduce((sum, file) => sum + (new Map(sizes).get(file) ?? 0), 0);
  const all = size(sizes.map(([file]) => file));
  const scripts = size(sizes.map(([file]) => file).filter((file) => file.endsWith('.js')));
  const main = size(await loadedBy(join(folder, 'main.js')));
  const post = size(await loadedBy(join(folder, 'post.js')));
  return {
    title: 'The bundle',
    lines: [
      `code ${kilobytes(scripts)}, licences and the rest ${kilobytes(all - scripts)}`,
      `read at start: main ${kilobytes(main)}, post ${kilobytes(post)}`,
    ],
    figures: [
      { name: 'all files of action/dist', value: kilobytes(all), target: '≤ 1000 kB', holds: all <= LIMIT_BYTES },
    ],
  };
};

/** A script and everything that it imports statically. */
async function loadedBy(path: string, seen: Set<string> = new Set()): Promise<ReadonlySet<string>> {
  const file = basename(path);
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { groups } of (await readFile(path, 'utf8')).matchAll(STATIC_IMPORT)) {
    if (groups?.file !== undefined) await loadedBy(join(path, '..', groups.file), seen);
  }
  return seen;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`;
}
