import { connect, type Socket } from 'node:net';

/** What stands in front of another server: it has an address before that server exists, and passes bytes on. */
export type Front = {
  /** What the server behind has to call itself. */
  readonly origin: string;
  /** From now on connections go to this origin (http on this machine). */
  readonly forwardTo: (origin: string) => void;
  /** How many connections were made to it. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
};

/** Connects to a loopback origin, or ends the socket that wanted it. */
export function connectBehind(target: string | undefined, front: Socket): Socket | undefined {
  if (target === undefined) {
    front.destroy();
    return undefined;
  }
  const { hostname, port } = new URL(target);
  const behind = connect(Number(port), hostname);
  behind.setNoDelay(true);
  front.setNoDelay(true);
  joinEnds(front, behind);
  return behind;
}

/** When one end is gone, so is the other. */
export function joinEnds(one: Socket, other: Socket): void {
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.on('error', () => peer.destroy());
    socket.on('close', () => peer.destroy());
  }
}
