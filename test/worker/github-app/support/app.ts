import { generateKeyPairSync } from 'node:crypto';
import type { Fetch } from '../../../../shared/ports/ports.ts';
import { type GitHubApp, openGitHubApp } from '../../../../worker/github-app/open-github-app.ts';
import { type GitHub, type GitHubOptions, startGitHub } from '../../../support/github/server.ts';
import type { Installation } from '../../../support/github/world.ts';

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const APP_ID = '123456';
export const PUBLIC_KEY = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
/** As GitHub hands it out. */
export const PKCS1 = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
export const PKCS8 = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
export const REPOSITORY = { id: '4242', fullName: 'octo/app', ownerId: '77' };

export const NOW = Date.parse('2026-11-25T12:00:00Z');

export const INSTALLATION: Installation = {
  id: 991,
  account: { id: 77, login: 'octo' },
  permissions: { secrets: 'write', actions_variables: 'write', environments: 'write', pull_requests: 'read' },
  repositories: [4242, 4243],
};

export type Scene = { readonly github: GitHub; readonly app: GitHubApp; readonly clock: { ms: number } };

/** The stand-in with an installed App, and the App as a Worker has it; their clock is moved by hand. */
export async function startScene({
  installation = {},
  installations,
  app = {},
  options = {},
  key = PKCS1,
  fetch = globalThis.fetch as Fetch,
}: {
  readonly installation?: Partial<Installation>;
  readonly installations?: readonly Installation[];
  readonly app?: Partial<NonNullable<GitHubOptions['app']>>;
  readonly options?: Partial<GitHubOptions>;
  readonly key?: string;
  readonly fetch?: Fetch;
} = {}): Promise<Scene> {
  const clock = { ms: NOW };
  const github = await startGitHub({
    tokens: {},
    now: () => clock.ms,
    app: {
      id: APP_ID,
      publicKey: PUBLIC_KEY,
      installations: installations ?? [{ ...INSTALLATION, ...installation }],
      ...app,
    },
    ...options,
  });
  const opened = openGitHubApp({
    appId: APP_ID,
    privateKey: key,
    apiUrl: github.url,
    fetch,
    clock: { now: () => clock.ms },
  });
  if (opened === undefined) throw new TypeError('there is no App');
  return { github, app: opened, clock };
}
