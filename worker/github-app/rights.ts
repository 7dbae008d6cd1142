import type { PublishTarget } from '../../shared/manifest/desired.ts';
import { PERMISSIONS, type Permission } from '../../shared/publish/github-permissions.ts';

/** Rights by the names of GitHub's API, such as `actions_variables: write`. */
export type Rights = Readonly<Record<string, 'read' | 'write' | 'admin'>>;

const RANK = { read: 1, write: 2, admin: 3 } as const;

/** Those of `needed` that are not granted, as GitHub writes them: `secrets: write`. */
export function missingRights(needed: Rights, granted: Rights): readonly string[] {
  return Object.entries(needed)
    .filter(([name, access]) => RANK[granted[name] ?? 'read'] < RANK[access] || granted[name] === undefined)
    .map(([name, access]) => `${name}: ${access}`);
}

/** What publishing to these targets takes, and taking it back again. */
export function rightsToPublish(targets: readonly PublishTarget[]): Rights {
  const needed = targets.flatMap(({ environment, createEnvironment, items }): readonly Permission[] =>
    environment === undefined
      ? items.map(({ kind }) => (kind === 'secret' ? PERMISSIONS.secrets : PERMISSIONS.variables))
      : [PERMISSIONS.environments, ...(createEnvironment ? [PERMISSIONS.administration, PERMISSIONS.actions] : [])],
  );
  return Object.fromEntries(needed.map(({ app, access }) => [app, access]));
}
