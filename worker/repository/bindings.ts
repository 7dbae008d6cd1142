import type { RepositoryCalls } from './calls.ts';

/** What `wrangler.toml` binds; settings and secrets are read by their own reader. */
export type Bindings = {
  readonly REPOSITORIES: DurableObjectNamespace;
  readonly REGISTRATIONS: KVNamespace;
};

/** The object of a repository, by its numeric id. */
export function repositoryObject({ REPOSITORIES }: Bindings, repositoryId: string): RepositoryCalls {
  return REPOSITORIES.getByName(repositoryId) as unknown as RepositoryCalls;
}
