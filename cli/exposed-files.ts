import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { RegistrationRecord } from '../shared/record/record.ts';
import type { StateFile } from './state-file.ts';

/** The files left with secrets in them that lie in a git work tree and are not ignored there. */
export async function exposedFiles(state: StateFile): Promise<readonly string[]> {
  const folder = dirname(resolve(state.path));
  const published = [...state.records().values()].flatMap(envFiles).map((path) => resolve(folder, path));
  const paths = [...new Set([resolve(state.path), ...published])];
  const exposed = await Promise.all(paths.map(async (path) => (await exists(path)) && (await wouldBeAdded(path))));
  return paths.filter((_, index) => exposed[index]);
}

/** The env file sink has the path of a file in the place of an environment. */
function envFiles({ published }: RegistrationRecord): readonly string[] {
  return published.flatMap(({ target: { environment } }) => environment ?? []);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Git ends with 0 for what is ignored, 128 outside a work tree; without git there is nothing to be added to. */
function wouldBeAdded(path: string): Promise<boolean> {
  const cwd = dirname(path);
  return new Promise((done) => {
    execFile('git', ['check-ignore', '--quiet', '--', basename(path)], { cwd }, (error) => done(error?.code === 1));
  });
}
