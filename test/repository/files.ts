import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the repository, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const NOT_OURS = /(?:^|\/)(?:node_modules|\.git|\.wrangler|\.interop|coverage|(?:action|cli)\/dist)(?:\/|$)/u;

/** Paths of the files under a folder or of the file itself, relative to the root, without what is installed or built. */
export function filesUnder(path: string, ending = ''): string[] {
  const entries = readdirSync(`${ROOT}${path}`, { withFileTypes: true });
  const paths = entries.flatMap((entry) => {
    const child = path === '' ? entry.name : `${path}/${entry.name}`;
    if (NOT_OURS.test(child)) return [];
    return entry.isDirectory() ? filesUnder(child, ending) : [child];
  });
  return paths.filter((child) => child.endsWith(ending)).sort();
}

export function read(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8');
}

/** A source without block comments that stand alone and without line comments. */
export function withoutComments(source: string): string {
  return source.replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gmu, '').replace(/(?<=^|\s)\/\/.*$/gmu, '');
}
