import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { closeServer, listenOnLoopback } from './listen.ts';
import { joinEnds } from './pass-through.ts';

export type Proxy = {
  /** For HTTPS_PROXY; with the credentials, where the proxy demands them. */
  readonly url: string;
  /** `host:port` of every CONNECT that was let through, in order. */
  readonly targets: readonly string[];
  /** How many were sent away. */
  readonly refused: () => number;
  readonly close: () => Promise<void>;
};

/** A proxy for HTTPS_PROXY. Only what has a route, or is on this machine, is let through: tests reach no network. */
export async function startProxy(
  options: {
    /** Where names lead: `fhir.example.org` (port 443) or `fhir.example.org:8443` to a port of this machine. */
    readonly routes?: Readonly<Record<string, number>>;
    readonly credentials?: { readonly user: string; readonly password: string };
  } = {},
): Promise<Proxy> {
  const targets: string[] = [];
  const tunnels = new Set<Socket>();
  let refused = 0;

  const portOf = (target: string): number | undefined => {
    const routed = options.routes?.[target] ?? options.routes?.[target.replace(/:443$/, '')];
    if (routed !== undefined) return routed;
    const [host, port] = target.split(':');
    return host === '127.0.0.1' || host === 'localhost' ? Number(port) : undefined;
  };

  const server = createServer((_req, res) => {
    refused += 1;
    res.writeHead(501).end();
  });
  server.on('connect', (req: IncomingMessage, client: Socket, head: Buffer) => {
    tunnels.add(client);
    client.on('close', () => tunnels.delete(client));
    client.on('error', () => client.destroy());
    const refuse = (answer: string): void => {
      refused += 1;
      client.end(`HTTP/1.1 ${answer}\r\n\r\n`);
    };
    if (options.credentials !== undefined && req.headers['proxy-authorization'] !== basic(options.credentials)) {
      refuse('407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"');
      return;
    }
    const target = req.url ?? '';
    const port = portOf(target);
    if (port === undefined) {
      refuse('403 Forbidden');
      return;
    }
    targets.push(target);
    const behind = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      behind.write(head);
      client.pipe(behind);
      behind.pipe(client);
    });
    joinEnds(client, behind);
  });

  const origin = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  const url = new URL(origin);
  url.username = options.credentials?.user ?? '';
  url.password = options.credentials?.password ?? '';
  return {
    url: url.href.replace(/\/$/, ''),
    targets,
    refused: () => refused,
    close: async () => {
      for (const tunnel of tunnels) tunnel.destroy();
      await closeServer(server);
    },
  };
}

function basic(credentials: { readonly user: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
}
