import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { connectBehind, type Front } from './pass-through.ts';

export type TlsFront = Front & {
  readonly port: number;
};

/** For NODE_EXTRA_CA_CERTS: the CA that signed the front's certificate. */
export const CA_FILE = fileURLToPath(new URL('fixtures/tls/ca.pem', import.meta.url));

/**
 * TLS on this machine in front of a plain server. The certificate is for 127.0.0.1, localhost and *.example.org, so
 * that a proxy can bring clients here by a name.
 */
export async function startTlsFront(options: { readonly host?: string } = {}): Promise<TlsFront> {
  const file = (name: string): Promise<string> => readFile(new URL(`fixtures/tls/${name}`, import.meta.url), 'utf8');
  const sockets = new Set<Socket>();
  let target: string | undefined;
  let connections = 0;

  const server = createServer({ cert: await file('server.pem'), key: await file('server-key.pem') }, (front) => {
    connections += 1;
    const behind = connectBehind(target, front);
    if (behind === undefined) return;
    front.pipe(behind);
    behind.pipe(front);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    origin: options.host === undefined ? `https://127.0.0.1:${port}` : `https://${options.host}`,
    port,
    forwardTo: (origin) => {
      target = origin;
    },
    connections: () => connections,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
