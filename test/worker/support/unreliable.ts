import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuthorizationServer } from '../../support/authorization-server.ts';
import { REPOSITORY } from './issuer.ts';
import { startWorker, type TestWorker, until } from './worker.ts';

type Clock = { readonly real: number; readonly at: number; readonly speed: number };

export type UnreliableWorker = TestWorker & {
  /** What time it is in the Worker, in epoch milliseconds. */
  readonly now: () => number;
  /** Resolves when nothing is due, and no alarm is at work. */
  readonly idle: () => Promise<void>;
  /** Lets so much time pass at once; what has come due meanwhile is done when it resolves. */
  readonly pass: (ms: number) => Promise<void>;
  /** Evicts the object in the middle of whatever it is doing. */
  readonly breakOff: () => Promise<void>;
  /** Lets time pass so many times faster. */
  readonly hurry: (speed: number) => Promise<void>;
  /** `stale`: what is written is seen a minute later. */
  readonly kvIs: (state: 'good' | 'failing' | 'stale') => Promise<void>;
};

/** The Worker in workerd, in a world whose clock and whose KV a test can change. */
export async function startUnreliableWorker(
  server: AuthorizationServer,
  secrets: Readonly<Record<string, string>> = {},
  vars: Readonly<Record<string, string>> = {},
): Promise<UnreliableWorker> {
  let clock: Clock = { real: 0, at: 0, speed: 1 };
  const now = () => Math.round(clock.at + (Date.now() - clock.real) * clock.speed);
  const config = await makeConfig();
  const worker = await startWorker(server, secrets, vars, { configPath: config.path, now });
  const change = async (conditions: object) => {
    const answer = await worker.harness.fetch('/conditions', { method: 'PUT', body: JSON.stringify(conditions) });
    const told = (await answer.json()) as { readonly clock: Clock; readonly idle: boolean };
    clock = told.clock;
    return told.idle;
  };
  const idle = () => until(() => change({}), 60_000);
  await change({});
  return {
    ...worker,
    now,
    idle,
    pass: async (ms) => {
      await idle();
      // Alarms are set in real time, and are set anew by an object that has just woken.
      await change({ breakOff: REPOSITORY.id });
      await change({ passMs: ms, wake: REPOSITORY.id });
      await idle();
    },
    breakOff: async () => void (await change({ breakOff: REPOSITORY.id })),
    hurry: async (speed) => void (await change({ speed })),
    kvIs: async (kv) => void (await change({ kv })),
    close: async () => {
      await worker.close();
      await config.remove();
    },
  };
}

async function makeConfig(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'oauth-registrar-unreliable-'));
  const path = join(directory, 'wrangler.toml');
  const text = await readFile(new URL('../../../wrangler.toml', import.meta.url), 'utf8');
  const main = fileURLToPath(new URL('unreliable-worker.js', import.meta.url));
  await writeFile(path, text.replace(/^main = .*$/mu, `main = ${JSON.stringify(main)}`));
  return { path, remove: () => rm(directory, { recursive: true, force: true }) };
}
