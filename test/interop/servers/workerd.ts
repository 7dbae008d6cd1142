import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { startBehindFront } from '../behind-front.ts';
import { NPM_PACKAGES, npmProgram } from '../npm.ts';
import type { Candidate, HeldClient, RunningServer } from '../server.ts';

const NAME = '@cloudflare/workers-oauth-provider';
const CLIENT = 'client:';

export const workerd: readonly Candidate[] = [
  {
    title: NAME,
    install: async () => {
      const file = await npmProgram('workers-oauth-provider.mjs');
      return { version: NPM_PACKAGES[NAME], start: () => start(file) };
    },
  },
];

async function start(file: string): Promise<RunningServer> {
  return await startBehindFront(async ({ origin, port, serve }) => {
    const script = join(dirname(file), 'worker.mjs');
    await build({
      entryPoints: [file],
      outfile: script,
      bundle: true,
      format: 'esm',
      target: 'es2022',
      external: ['cloudflare:*', 'node:*'],
      conditions: ['workerd', 'worker', 'browser'],
      define: { ORIGIN: JSON.stringify(origin) },
      logLevel: 'error',
    });
    const runtime = new Miniflare(
      convertV4MiniflareOptions({
        modules: [{ type: 'ESModule', path: script }],
        modulesRoot: dirname(file),
        compatibilityDate: '2026-11-01',
        compatibilityFlags: ['nodejs_compat', 'global_fetch_strictly_public'],
        kvNamespaces: ['OAUTH_KV'],
        host: '127.0.0.1',
        port,
      }),
    );
    serve(() => runtime.dispose());
    await runtime.ready;
    const books = await runtime.getKVNamespace('OAUTH_KV');
    return {
      address: origin,
      grants: { codeFlow: {}, clientCredentials: { why: 'it has no such grant' } },
      clients: async () => {
        const { keys } = await books.list({ prefix: CLIENT });
        return Promise.all(keys.map(async ({ name }) => heldClient((await books.get(name, 'text')) ?? '{}')));
      },
    };
  });
}

function heldClient(text: string): HeldClient {
  const { clientId, clientName, redirectUris } = JSON.parse(text) as {
    readonly clientId: string;
    readonly clientName?: string;
    readonly redirectUris: readonly string[];
  };
  return { clientId, name: clientName ?? '', redirectUris };
}
