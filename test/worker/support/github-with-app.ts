import { type GitHub, type GitHubOptions, startGitHub } from '../../support/github/server.ts';
import type { Installation } from '../../support/github/world.ts';
import { APP_ID, INSTALLATION, PKCS1, PUBLIC_KEY } from '../github-app/support/app.ts';
import { REPOSITORY } from './issuer.ts';

/** Everything that the Worker can make use of. */
export const ALL_RIGHTS: Installation['permissions'] = {
  secrets: 'write',
  actions_variables: 'write',
  environments: 'write',
  actions: 'read',
  administration: 'write',
  contents: 'write',
  pull_requests: 'read',
  metadata: 'read',
};

/** The stand-in for GitHub with the Worker's repository in it, where the App is installed. */
export function startGitHubWithApp({
  permissions = INSTALLATION.permissions,
  ...options
}: Partial<GitHubOptions> & { readonly permissions?: Installation['permissions'] } = {}): Promise<GitHub> {
  const [owner = '', name = ''] = REPOSITORY.name.split('/');
  return startGitHub({
    tokens: {},
    repository: { owner, name, id: Number(REPOSITORY.id), ownerId: Number(REPOSITORY.ownerId) },
    app: {
      id: APP_ID,
      publicKey: PUBLIC_KEY,
      installations: [
        {
          ...INSTALLATION,
          permissions,
          account: { id: Number(REPOSITORY.ownerId), login: owner },
          repositories: [Number(REPOSITORY.id)],
        },
      ],
    },
    ...options,
  });
}

/** The Worker's settings for that App. */
export function appSettings({ url }: Pick<GitHub, 'url'>): Readonly<Record<string, string>> {
  return { GH_APP_ID: APP_ID, GH_APP_PRIVATE_KEY: PKCS1, GH_API_URL: url };
}
