import type { PublishTarget } from '../../shared/manifest/desired.ts';
import type { GitHubRequest } from '../../shared/publish/github-request.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { RepositoryRef } from '../github-app/installations.ts';
import type { GitHubApp, RepositoryAccess } from '../github-app/open-github-app.ts';
import { type Rights, rightsToPublish } from '../github-app/rights.ts';
import type { Home } from './home.ts';
import { getMeta } from './meta.ts';

/** How the Worker itself reaches a repository at GitHub: its App is installed there; or that cannot be found out now. */
export type Publisher =
  | { readonly kind: 'app'; readonly app: GitHubApp; readonly repository: RepositoryRef }
  | { readonly kind: 'unreachable'; readonly error: unknown };

/** The repository as last heard of. */
export function repositoryRef({ sql, repositoryId }: Pick<Home, 'sql' | 'repositoryId'>): RepositoryRef {
  const fullName = getMeta(sql, 'repository_name');
  const ownerId = getMeta(sql, 'owner_id');
  return {
    id: repositoryId,
    ...(fullName !== undefined && { fullName }),
    ...(ownerId !== undefined && { ownerId }),
  };
}

/**
 * What publishes for a registration; undefined where that is left to the job. The App is asked for nothing when there is
 * nothing to publish, to announce or to remove. Never rejects: what does not need GitHub goes on without it.
 */
export async function publisherFor(home: Home, record: RegistrationRecord): Promise<Publisher | undefined> {
  const app = home.settings.github;
  const concerned = targetsOf(record).length > 0 || record.desired.announce !== undefined;
  if (app === undefined || !concerned) return undefined;
  const repository = repositoryRef(home);
  try {
    return (await app.rightsAt(repository)) === undefined ? undefined : { kind: 'app', app, repository };
  } catch (error) {
    return { kind: 'unreachable', error };
  }
}

/** Calls with the rights that these publications need; asked for when the first call is made. */
export function requestToPublish(
  { app, repository }: Extract<Publisher, { readonly kind: 'app' }>,
  record: RegistrationRecord,
): GitHubRequest {
  let access: Promise<RepositoryAccess> | undefined;
  const rights = neededFor(record);
  return async (route, parameters) => {
    access ??= app.requestFor(repository, rights);
    const { request, owner, repo } = await access;
    return request(route, { ...parameters, owner, repo });
  };
}

/** No right that these publications do not need. */
function neededFor(record: RegistrationRecord): Rights {
  return rightsToPublish(targetsOf(record));
}

function targetsOf({ desired, published }: RegistrationRecord): readonly PublishTarget[] {
  return [
    ...desired.publish,
    ...published.map(
      ({ target, item, environmentMadeByUs }): PublishTarget => ({
        ...target,
        createEnvironment: environmentMadeByUs === true,
        items: [item],
      }),
    ),
  ];
}
