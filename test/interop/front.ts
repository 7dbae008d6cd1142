import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '../support/listen.ts';
import { createTraffic, type Traffic } from '../support/traffic.ts';

/** Stands in front of a server that is a process of its own: the server takes this origin for its own. */
export type Front = {
  readonly origin: string;
  readonly traffic: Traffic;
  readonly forwardTo: (port: number) => void;
  readonly close: () => Promise<void>;
};

export async function openFront(): Promise<Front> {
  const traffic = createTraffic();
  let behind: number | undefined;
  const server = createServer(traffic.listener((req, res) => pass(req, res, behind)));
  return {
    origin: `http://127.0.0.1:${await listenOnLoopback(server)}`,
    traffic,
    forwardTo: (port) => {
      behind = port;
    },
    close: () => closeServer(server),
  };
}

/** Passes one exchange on, bytes and headers as they are. */
function pass(req: IncomingMessage, res: ServerResponse, port: number | undefined): void {
  if (port === undefined) {
    res.writeHead(503).end();
    return;
  }
  const onward = request(
    { host: '127.0.0.1', port, method: req.method, path: req.url, headers: { ...req.headers, connection: 'close' } },
    (answer) => {
      const { connection: _c, 'transfer-encoding': _t, 'keep-alive': _k, ...headers } = answer.headers;
      res.statusCode = answer.statusCode ?? 502;
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) res.setHeader(name, value);
      answer.on('data', (chunk: Buffer) => res.write(chunk));
      answer.on('end', () => res.end());
      answer.on('error', () => req.socket.destroy());
    },
  );
  onward.on('error', () => {
    if (res.headersSent) req.socket.destroy();
    else res.writeHead(502).end();
  });
  req.pipe(onward);
}
