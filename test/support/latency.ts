import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectBehind, type Front } from './pass-through.ts';

export type LatencyFront = Front & {
  /** Requests as seen on the wire: how often a client spoke after it had been answered, or first. */
  readonly requests: () => number;
  /** What the wire alone has cost, one after the other: a round trip per connection and per request. */
  readonly roundTrips: () => number;
  readonly reset: () => void;
};

/** Puts a server at a distance: each connection and each request takes one round trip more. */
export async function startLatency(options: { readonly roundTripMs: number }): Promise<LatencyFront> {
  const oneWayMs = options.roundTripMs / 2;
  const sockets = new Set<Socket>();
  let target: string | undefined;
  let connections = 0;
  let requests = 0;

  const server = createServer({ allowHalfOpen: true }, (front) => {
    sockets.add(front);
    front.on('close', () => sockets.delete(front));
    connections += 1;
    const behind = connectBehind(target, front);
    if (behind === undefined) return;
    let clientSpeaks = false;
    front.on('data', () => {
      if (!clientSpeaks) requests += 1;
      clientSpeaks = true;
    });
    behind.on('data', () => {
      clientSpeaks = false;
    });
    // The operating system accepts at once; a distant server would have taken a round trip to do so.
    carry({
      from: front,
      to: behind,
      delayMs: oneWayMs,
      notBefore: performance.now() + options.roundTripMs + oneWayMs,
    });
    carry({ from: behind, to: front, delayMs: oneWayMs, notBefore: 0 });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo: (origin) => {
      target = origin;
    },
    connections: () => connections,
    requests: () => requests,
    roundTrips: () => connections + requests,
    reset: () => {
      connections = 0;
      requests = 0;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Passes bytes on in order, each as late as the wire makes it. */
function carry(wire: {
  readonly from: Socket;
  readonly to: Socket;
  readonly delayMs: number;
  readonly notBefore: number;
}): void {
  let last: Promise<void> = Promise.resolve();
  const pass = (act: () => void): void => {
    const due = Math.max(performance.now() + wire.delayMs, wire.notBefore);
    last = last.then(async () => {
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      if (!wire.to.destroyed) act();
    });
  };
  wire.from.on('data', (chunk: Buffer) => pass(() => wire.to.write(chunk)));
  wire.from.on('end', () => pass(() => wire.to.end()));
}
