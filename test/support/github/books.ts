import { blobOf, type Commit, commitOf, filesOf } from './git-objects.ts';
import type { Environment, Level, World } from './world.ts';

/** What is there, for a test to look at. */
export type Books = {
  /** Decrypted, by name; of an environment that does not exist, nothing. */
  readonly secrets: (environment?: string) => Readonly<Record<string, string>>;
  readonly variables: (environment?: string) => Readonly<Record<string, string>>;
  readonly environments: () => readonly Pick<Environment, 'name' | 'settings'>[];
  readonly refs: () => Readonly<Record<string, string>>;
  /** Commits from a ref's tip back along first parents, with their files as text. */
  readonly history: (
    ref: string,
  ) => readonly (Commit & { readonly sha: string; readonly files: Readonly<Record<string, string>> })[];
  /** Everything that a reader of the repository can see: refs, git objects, variables, names of secrets and environments. */
  readonly publicText: () => string;
};

export function makeBooks(world: World): Books {
  const level = (environment: string | undefined): Level | undefined =>
    environment === undefined ? world.level : world.environments.get(environment.toLowerCase())?.level;
  const text = (sha: string): string => Buffer.from(blobOf(world, sha)?.bytes ?? []).toString('utf8');
  return {
    secrets: (environment) =>
      Object.fromEntries([...(level(environment)?.secrets ?? [])].map(([name, entry]) => [name, entry.value])),
    variables: (environment) =>
      Object.fromEntries([...(level(environment)?.variables ?? [])].map(([name, entry]) => [name, entry.value])),
    environments: () => [...world.environments.values()].map(({ name, settings }) => ({ name, settings })),
    refs: () => Object.fromEntries(world.refs),
    history: (ref) => {
      const commits: (Commit & { sha: string; files: Record<string, string> })[] = [];
      for (let sha = world.refs.get(ref); sha !== undefined; ) {
        const commit = commitOf(world, sha);
        if (commit === undefined) {
          break;
        }
        const files = [...filesOf(world, commit.tree)].map(([path, file]) => [path, text(file.sha)] as const);
        commits.push({ ...commit, sha, files: Object.fromEntries(files) });
        sha = commit.parents[0];
      }
      return commits;
    },
    publicText: () =>
      JSON.stringify([
        [...world.refs],
        [...world.objects.values()].map((object) =>
          object.type === 'blob' ? Buffer.from(object.bytes).toString('utf8') : object,
        ),
        [world.level, ...[...world.environments.values()].map((environment) => environment.level)].map((each) => [
          [...each.secrets.keys()],
          [...each.variables.values()],
        ]),
        [...world.environments.values()].map(({ name, settings }) => ({ name, settings })),
      ]),
  };
}
