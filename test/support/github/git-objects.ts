import { createHash } from 'node:crypto';
import type { World } from './world.ts';

export type TreeEntry = { readonly path: string; readonly mode: string; readonly sha: string };
export type Person = { readonly name: string; readonly email: string; readonly date: string };
export type GitObject =
  | { readonly type: 'blob'; readonly bytes: Uint8Array }
  | { readonly type: 'tree'; readonly entries: readonly TreeEntry[] }
  | {
      readonly type: 'commit';
      readonly tree: string;
      readonly parents: readonly string[];
      readonly author: Person;
      readonly committer: Person;
      readonly message: string;
    };

export type Blob = Extract<GitObject, { type: 'blob' }>;
export type Tree = Extract<GitObject, { type: 'tree' }>;
export type Commit = Extract<GitObject, { type: 'commit' }>;

/** A file by its path from the root. */
export type File = { readonly mode: string; readonly sha: string };

const DIRECTORY = '040000';

/** Keeps an object under the name git gives it. */
export function keep(world: World, object: GitObject): string {
  const content = encode(object);
  const sha = createHash('sha1').update(`${object.type} ${content.length}\0`).update(content).digest('hex');
  if (!world.objects.has(sha)) {
    world.objects.set(sha, object);
  }
  return sha;
}

export const keepText = (world: World, text: string): string => keep(world, { type: 'blob', bytes: Buffer.from(text) });

function encode(object: GitObject): Buffer {
  switch (object.type) {
    case 'blob':
      return Buffer.from(object.bytes);
    case 'tree':
      return Buffer.concat(
        object.entries.flatMap((entry) => [
          Buffer.from(`${entry.mode.replace(/^0/, '')} ${entry.path}\0`),
          Buffer.from(entry.sha, 'hex'),
        ]),
      );
    case 'commit':
      return Buffer.from(
        [
          `tree ${object.tree}`,
          ...object.parents.map((parent) => `parent ${parent}`),
          `author ${signature(object.author)}`,
          `committer ${signature(object.committer)}`,
          '',
          object.message,
        ].join('\n'),
      );
  }
}

function signature(person: Person): string {
  return `${person.name} <${person.email}> ${Math.floor(Date.parse(person.date) / 1000)} +0000`;
}

export function commitOf(world: World, sha: string): Commit | undefined {
  const object = world.objects.get(sha);
  return object?.type === 'commit' ? object : undefined;
}

export function treeOf(world: World, sha: string): Tree | undefined {
  const object = world.objects.get(sha);
  return object?.type === 'tree' ? object : undefined;
}

export function blobOf(world: World, sha: string): Blob | undefined {
  const object = world.objects.get(sha);
  return object?.type === 'blob' ? object : undefined;
}

/** Trees for a set of files with paths from the root; returns the root's name. */
export function keepTree(world: World, files: ReadonlyMap<string, File>): string {
  const here = new Map<string, TreeEntry>();
  const below = new Map<string, Map<string, File>>();
  for (const [path, file] of files) {
    const slash = path.indexOf('/');
    if (slash < 0) {
      here.set(path, { path, mode: file.mode, sha: file.sha });
      continue;
    }
    const directory = path.slice(0, slash);
    const rest = below.get(directory) ?? new Map<string, File>();
    below.set(directory, rest.set(path.slice(slash + 1), file));
  }
  for (const [path, rest] of below) {
    here.set(path, { path, mode: DIRECTORY, sha: keepTree(world, rest) });
  }
  const order = (entry: TreeEntry): string => (entry.mode === DIRECTORY ? `${entry.path}/` : entry.path);
  const entries = [...here.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return keep(world, { type: 'tree', entries });
}

/** All files below a tree, by path. */
export function filesOf(world: World, sha: string, prefix = ''): Map<string, File> {
  const files = new Map<string, File>();
  for (const entry of treeOf(world, sha)?.entries ?? []) {
    if (entry.mode === DIRECTORY) {
      for (const [path, file] of filesOf(world, entry.sha, `${prefix}${entry.path}/`)) {
        files.set(path, file);
      }
    } else {
      files.set(prefix + entry.path, { mode: entry.mode, sha: entry.sha });
    }
  }
  return files;
}

/** True when `ancestor` can be reached from `sha`, or is it. */
export function reaches(world: World, sha: string, ancestor: string): boolean {
  const seen = new Set<string>();
  const open = [sha];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === ancestor) {
      return true;
    }
    if (!seen.has(next)) {
      seen.add(next);
      open.push(...(commitOf(world, next)?.parents ?? []));
    }
  }
  return false;
}
