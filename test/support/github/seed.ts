import { environmentNamed } from './environments.ts';
import { commitOf, type File, filesOf, keep, keepText, keepTree } from './git-objects.ts';
import { newKey } from './levels.ts';
import type { Level, Pull, Repository, World } from './world.ts';

/** What a test puts there, besides what the API can do. */
export type Seed = {
  readonly seedSecret: (name: string, value: string, environment?: string) => void;
  readonly seedVariable: (name: string, value: string, environment?: string) => void;
  readonly seedEnvironment: (name: string, settings?: Record<string, unknown>) => void;
  /** A commit on a branch, over what is there; returns its name. */
  readonly commit: (commit: {
    readonly branch: string;
    readonly files: Readonly<Record<string, string>>;
    readonly message?: string;
  }) => string;
  readonly setRef: (ref: string, sha: string | undefined) => void;
  readonly pull: (pull: {
    readonly number: number;
    readonly head: { readonly ref: string; readonly sha: string; readonly repository?: Pull['head']['repository'] };
    readonly base?: string;
    readonly state?: Pull['state'];
    readonly merged?: boolean;
  }) => void;
  /** Gives the repository or environment another public key, as GitHub may at any time. */
  readonly rotateKey: (environment?: string) => void;
};

export function makeSeed(world: World, repository: Repository, now: () => Date): Seed {
  const level = (environment: string | undefined): Level =>
    environment === undefined ? world.level : environmentNamed(world, environment).level;
  const stamp = () => ({ createdAt: now().toISOString(), updatedAt: now().toISOString() });
  return {
    seedSecret: (name, value, environment) => {
      level(environment).secrets.set(name.toUpperCase(), { value, ...stamp() });
    },
    seedVariable: (name, value, environment) => {
      level(environment).variables.set(name.toUpperCase(), { name: name.toUpperCase(), value, ...stamp() });
    },
    seedEnvironment: (name, settings = {}) => {
      environmentNamed(world, name).settings = settings;
    },
    commit: ({ branch, files, message = 'Change' }) => {
      const parent = world.refs.get(`refs/heads/${branch}`) ?? world.refs.get(`refs/heads/${repository.defaultBranch}`);
      const all = new Map<string, File>(
        parent === undefined ? [] : filesOf(world, commitOf(world, parent)?.tree ?? ''),
      );
      for (const [path, text] of Object.entries(files)) {
        all.set(path, { mode: '100644', sha: keepText(world, text) });
      }
      const who = { name: 'Dev', email: 'dev@example.org', date: `${now().toISOString().slice(0, 19)}Z` };
      const parents = parent === undefined ? [] : [parent];
      const sha = keep(world, {
        type: 'commit',
        tree: keepTree(world, all),
        parents,
        author: who,
        committer: who,
        message,
      });
      world.refs.set(`refs/heads/${branch}`, sha);
      return sha;
    },
    setRef: (ref, sha) => {
      if (sha === undefined) {
        world.refs.delete(ref);
      } else {
        world.refs.set(ref, sha);
      }
    },
    pull: ({ number, head, base = repository.defaultBranch, state = 'open', merged = false }) => {
      const own = { id: repository.id, owner: repository.owner, name: repository.name };
      world.pulls.set(number, {
        number,
        state,
        merged,
        head: { ref: head.ref, sha: head.sha, repository: head.repository === undefined ? own : head.repository },
        base: { ref: base, sha: world.refs.get(`refs/heads/${base}`) ?? '' },
      });
    },
    rotateKey: (environment) => {
      Object.assign(level(environment), newKey());
    },
  };
}
