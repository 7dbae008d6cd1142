import { fileURLToPath } from 'node:url';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { REPOSITORY } from '../worker/support/issuer.ts';
import { startWorker, type TestWorker } from '../worker/support/worker.ts';
import type { AlarmBooks, Books, Filling } from './worker/books.ts';

const CONFIG = fileURLToPath(new URL('worker/wrangler.toml', import.meta.url));
const POLICY = { owners: [{ id: REPOSITORY.ownerId, name: 'acme', all_repositories: true }] };
const REPOSITORIES = 1_000;
const FIRST_ID = 500_000;
/** Objects asked for their books at once. */
const PIECE = 50;
const PATIENCE_MS = 180_000;

/** The Worker in workerd, whose objects tell what they hold, and an authorization server. */
export type LoadScene = {
  readonly worker: TestWorker;
  readonly server: AuthorizationServer;
  /** Ids of repositories that may use the Worker, besides the one that every run is of unless it says otherwise. */
  readonly repositories: readonly string[];
  readonly books: (repositories: readonly string[]) => Promise<readonly Books[]>;
  /** The books of these repositories, once they are as they should be or have not come to be so for long. */
  readonly booksWhen: (
    repositories: readonly string[],
    asTheyShould: (books: Books) => boolean,
  ) => Promise<readonly Books[]>;
  /** What alarms took since the last time this was asked. */
  readonly alarms: () => Promise<AlarmBooks>;
  /** Ids of the repositories that were woken since the last time this was asked. */
  readonly woken: () => Promise<readonly string[]>;
  readonly fill: (filling: Filling) => Promise<void>;
  readonly close: () => Promise<void>;
};

export async function openLoadScene(): Promise<LoadScene> {
  const server = await startAuthorizationServer();
  const worker = await startWorker(server, {}, { POLICY: JSON.stringify(POLICY) }, { configPath: CONFIG });
  const post = async (path: string, body?: unknown): Promise<string> => {
    const answer = await worker.harness.fetch(path, { method: 'POST', body: JSON.stringify(body ?? null) });
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
    return await answer.text();
  };
  const books: LoadScene['books'] = async (repositories) => {
    const found: Books[] = [];
    for (let from = 0; from < repositories.length; from += PIECE) {
      found.push(...(JSON.parse(await post('/load/books', repositories.slice(from, from + PIECE))) as Books[]));
    }
    return found;
  };
  return {
    worker,
    server,
    repositories: Array.from({ length: REPOSITORIES }, (_, index) => String(FIRST_ID + index)),
    books,
    booksWhen: async (repositories, asTheyShould) => {
      const end = Date.now() + PATIENCE_MS;
      for (;;) {
        const found = await books(repositories);
        if (found.every(asTheyShould) || Date.now() > end) return found;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
    alarms: async () => JSON.parse(await post('/load/alarms')) as AlarmBooks,
    woken: async () => JSON.parse(await post('/load/woken')) as readonly string[],
    fill: async (filling) => void (await post('/load/fill', filling)),
    close: async () => {
      await worker.close();
      await server.close();
    },
  };
}
