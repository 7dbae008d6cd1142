import type { Fetch } from '../../shared/ports/ports.ts';
import type { Config } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { type GitHubApp, openGitHubApp } from '../github-app/open-github-app.ts';
import { clock } from './platform.ts';

/** What the Worker is told by its operator, and what follows from it. Contains secrets. */
export type Settings = {
  readonly config: Config;
  readonly github: GitHubApp | undefined;
};

/** Reads the settings from the bindings. Rejects with `config_invalid`. */
export async function openSettings(env: object, fetch: Fetch): Promise<Settings> {
  const config = await readConfig(env as Readonly<Record<string, unknown>>);
  const github = openGitHubApp({
    appId: config.app?.id,
    privateKey: config.app?.privateKey,
    apiUrl: config.githubApiUrl,
    fetch,
    clock,
  });
  return { config, github };
}
