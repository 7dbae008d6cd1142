import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { closeServer, listenOnLoopback } from '../support/listen.ts';

/** What fhirclient wants to know before a launch. */
type Settings = {
  readonly iss: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
};

/** A static app on this machine. */
export type App = {
  readonly origin: string;
  /** Puts the settings where the app reads them; without them it cannot launch. */
  readonly deploy: (settings: Settings) => void;
  readonly close: () => Promise<void>;
};

const page = (name: string): string => fileURLToPath(new URL(`app/${name}`, import.meta.url));

/** Serves the app: `launch.html` starts a launch, and `app` is where the browser is sent back to. */
export async function serveApp(fhirClient: string): Promise<App> {
  const files: Readonly<Record<string, readonly [type: string, body: Buffer]>> = {
    '/launch.html': ['text/html', await readFile(page('launch.html'))],
    '/app': ['text/html', await readFile(page('index.html'))],
    '/fhir-client.js': ['text/javascript', await readFile(fhirClient)],
  };
  let settings: Settings | undefined;
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://127.0.0.1').pathname;
    const deployed = settings && (['application/json', JSON.stringify(settings)] as const);
    const [type, body] = (path === '/settings.json' ? deployed : files[path]) ?? [];
    if (type === undefined) res.writeHead(404).end();
    else res.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  });
  return {
    origin: `http://127.0.0.1:${await listenOnLoopback(server)}`,
    deploy: (given) => {
      settings = given;
    },
    close: () => closeServer(server),
  };
}
