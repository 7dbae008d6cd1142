import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { startBehindFront } from '../behind-front.ts';
import { folder } from '../folder.ts';
import { pythonPackages } from '../python.ts';
import type { Candidate, HeldClient, RunningServer } from '../server.ts';

const VERSION = '1.9.10';
const PACKAGES = [`authlib==${VERSION}`, 'flask==3.1.3', 'gunicorn==27.0.1'];
const APP = fileURLToPath(new URL('authlib/', import.meta.url));

export const authlib: readonly Candidate[] = [variant('strict', true), variant('lenient')];

function variant(name: 'strict' | 'lenient', faults = false): Candidate {
  return {
    title: `Authlib: ${name}`,
    faults,
    install: async () => {
      const bin = await pythonPackages('authlib', PACKAGES);
      return typeof bin === 'string' ? { version: VERSION, start: () => start(bin, name) } : bin;
    },
  };
}

async function start(bin: string, variant: string): Promise<RunningServer> {
  const database = join(await folder('data'), `authlib-${variant}.sqlite`);
  await rm(database, { force: true });
  return await startBehindFront(async ({ origin, port, run }) => {
    await run({
      command: [join(bin, 'gunicorn'), '--workers', '1', '--threads', '4', '--bind', `127.0.0.1:${port}`, 'app:app'],
      cwd: APP,
      env: { ORIGIN: origin, DATABASE: database, VARIANT: variant, PYTHONDONTWRITEBYTECODE: '1' },
      ready: `http://127.0.0.1:${port}/.well-known/oauth-authorization-server`,
    });
    return {
      address: origin,
      grants: { codeFlow: {}, clientCredentials: {} },
      clients: async () => readBooks(database),
    };
  });
}

function readBooks(file: string): readonly HeldClient[] {
  const books = new DatabaseSync(file, { readOnly: true });
  const rows = books.prepare('SELECT id, metadata FROM clients').all();
  books.close();
  return rows.map(({ id, metadata }) => {
    const { client_name: name = '', redirect_uris: redirectUris = [] } = JSON.parse(String(metadata)) as {
      readonly client_name?: string;
      readonly redirect_uris?: readonly string[];
    };
    return { clientId: String(id), name, redirectUris };
  });
}
