import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startBehindFront } from '../behind-front.ts';
import { folder } from '../folder.ts';
import { NPM_PACKAGES, npmProgram } from '../npm.ts';
import type { Candidate, Grants, HeldClient, RunningServer } from '../server.ts';

type Program = {
  readonly title: string;
  readonly file: string;
  readonly version: string;
  /** Where its metadata is announced from, after the origin. */
  readonly path: string;
  readonly ready: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly grants: Grants;
  readonly books: (database: DatabaseSync) => readonly HeldClient[];
};

/** Servers that are Node programs. */
export const npmServers: readonly Candidate[] = [
  candidate({
    title: 'better-auth',
    file: 'better-auth.mjs',
    version: NPM_PACKAGES['better-auth'],
    path: '/api/auth',
    ready: '/api/auth/ok',
    grants: { codeFlow: { scope: 'openid' }, clientCredentials: { why: 'it is not for anonymous registrations' } },
    books: (database) =>
      database
        .prepare('SELECT clientId, name, redirectUris FROM oauthClient')
        .all()
        .map(({ clientId, name, redirectUris }) => ({
          clientId: String(clientId),
          name: String(name),
          redirectUris: JSON.parse(String(redirectUris)) as string[],
        })),
  }),
  candidate({
    title: '@modelcontextprotocol/sdk',
    file: 'mcp.mjs',
    version: NPM_PACKAGES['@modelcontextprotocol/sdk'],
    // Its issuer ends with a slash.
    path: '/',
    ready: '/ready',
    grants: { codeFlow: {}, clientCredentials: { why: 'it has no such grant' } },
    // The only way that its token endpoint takes a secret.
    metadata: { token_endpoint_auth_method: 'client_secret_post' },
    books: (database) =>
      database
        .prepare('SELECT id, metadata FROM clients')
        .all()
        .map(({ id, metadata }) => {
          const { client_name: name, redirect_uris: redirectUris } = JSON.parse(String(metadata)) as {
            readonly client_name: string;
            readonly redirect_uris: readonly string[];
          };
          return { clientId: String(id), name, redirectUris };
        }),
  }),
];

function candidate(program: Program): Candidate {
  return {
    title: program.title,
    install: async () => {
      const file = await npmProgram(program.file);
      return { version: program.version, start: () => start(program, file) };
    },
  };
}

async function start(program: Program, file: string): Promise<RunningServer> {
  const database = join(await folder('data'), `${program.file}.sqlite`);
  for (const suffix of ['', '-wal', '-shm']) await rm(database + suffix, { force: true });
  return await startBehindFront(async ({ origin, port, run }) => {
    await run({
      command: [process.execPath, file],
      cwd: dirname(file),
      env: { PORT: String(port), ORIGIN: origin, DATABASE: database },
      ready: `http://127.0.0.1:${port}${program.ready}`,
    });
    return {
      address: `${origin}${program.path}`,
      grants: program.grants,
      ...(program.metadata && { metadata: program.metadata }),
      clients: async () => {
        const books = new DatabaseSync(database, { readOnly: true });
        const clients = program.books(books);
        books.close();
        return clients;
      },
    };
  });
}
