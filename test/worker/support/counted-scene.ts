import { fileURLToPath } from 'node:url';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import type { GitHub } from '../../support/github/server.ts';
import type { Counts } from './counted/counts.ts';
import { appSettings, startGitHubWithApp } from './github-with-app.ts';
import { startWorker, type TestWorker } from './worker.ts';

const CONFIG = fileURLToPath(new URL('counted/wrangler.toml', import.meta.url));
/** Longer than the second for which what goes to the inventory is held back. */
const PAUSE_MS = 1_200;
/** Of the 14 days that a preview lives. */
const HALF_AND_MORE_MS = 8 * 86_400_000;

/** What work came to: what the platform counts, and calls that left the Worker, by the stand-ins' own logs. */
export type Work = Counts & {
  readonly toServer: number;
  readonly toGitHub: number;
  readonly toIssuer: number;
};

/** The Worker in workerd with everything counted, an authorization server, and GitHub with the App installed. */
export type CountedScene = {
  readonly worker: TestWorker;
  readonly server: AuthorizationServer;
  readonly github: GitHub;
  /** Half of a registration's time to live and more passes: the next deploy renews it. */
  readonly age: (key: string) => Promise<void>;
  /** Does something once nothing goes on any more, waits until that is so again, and tells what came of it. */
  readonly counted: (work: () => Promise<unknown>) => Promise<Work>;
  readonly close: () => Promise<void>;
};

export async function openCountedScene(): Promise<CountedScene> {
  const server = await startAuthorizationServer();
  const github = await startGitHubWithApp();
  const worker = await startWorker(server, appSettings(github), {}, { configPath: CONFIG });
  const seen = async (): Promise<Work> => {
    const object = (await worker.object()) as unknown as { readonly counts: () => Promise<Counts> };
    return {
      ...(await object.counts()),
      toServer: server.requests.length,
      toGitHub: github.calls.length,
      toIssuer: worker.issuer.asked(),
    };
  };
  const atRest = async (): Promise<Work> => {
    for (let before = await seen(); ; ) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const now = await seen();
      if (JSON.stringify(now) === JSON.stringify(before)) return now;
      before = now;
    }
  };
  return {
    worker,
    server,
    github,
    age: (key) => worker.edit(key, (record) => ({ ...record, expiresAt: (record.expiresAt ?? 0) - HALF_AND_MORE_MS })),
    counted: async (work) => {
      const before = await atRest();
      await work();
      return difference(await atRest(), before);
    },
    close: async () => {
      await worker.close();
      await Promise.all([github.close(), server.close()]);
    },
  };
}

function difference(after: Work, before: Work): Work {
  const names = Object.keys(after) as (keyof Work)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as Work;
}
