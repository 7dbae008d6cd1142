import { type Front, openFront } from './front.ts';
import { freePort, type Program, startProgram } from './program.ts';
import type { RunningServer } from './server.ts';

/** Where a server is started: what the world sees of it, and what ends with it. */
export type Site = {
  readonly origin: string;
  readonly traffic: Front['traffic'];
  /** Of 127.0.0.1, for the server to listen on. */
  readonly port: number;
  /** Starts a program that is stopped with the server, and lets through what comes to the front. */
  readonly run: (program: Parameters<typeof startProgram>[0]) => Promise<Program>;
  /** Lets through what comes to the front, to a server that is no program; it is closed with the front. */
  readonly serve: (close: () => Promise<void>) => void;
};

/**
 * Starts a server behind a front of its own. What was opened is closed, the last first, when the server is closed and
 * when its start throws; what does not close keeps nothing else open.
 */
export async function startBehindFront(
  start: (site: Site) => Promise<Omit<RunningServer, 'traffic' | 'close'>>,
): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack();
  const front = await openFront();
  opened.defer(front.close);
  const port = await freePort();
  const serve: Site['serve'] = (close) => {
    opened.defer(close);
    front.forwardTo(port);
  };
  const run: Site['run'] = async (program) => {
    const running = await startProgram(program);
    serve(running.stop);
    return running;
  };
  const server = await start({ origin: front.origin, traffic: front.traffic, port, run, serve });
  const all = opened.move();
  return { ...server, traffic: front.traffic, close: () => all.disposeAsync() };
}
