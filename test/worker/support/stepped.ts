import { fileURLToPath } from 'node:url';
import type { AuthorizationServer } from '../../support/authorization-server.ts';
import { REPOSITORY } from './issuer.ts';
import type { Asked, Plan, Seen } from './own-steps/ways.ts';
import { startWorker, type TestWorker } from './worker.ts';

const CONFIG = fileURLToPath(new URL('own-steps/wrangler.toml', import.meta.url));

export type SteppedWorker = TestWorker & {
  /** What time it is in the Worker, in epoch milliseconds. */
  readonly now: () => number;
  /** Resolves when nothing goes on and nothing is due. */
  readonly rest: () => Promise<void>;
  /** Lets so much time pass at once, and resolves when what has come due meanwhile is done. */
  readonly pass: (ms: number) => Promise<void>;
  /** The object has kept nothing any more. */
  readonly lose: () => Promise<void>;
  readonly forgetInventory: () => Promise<void>;
  /** The object is made anew with these encryption keys. */
  readonly withKeys: (...keys: readonly string[]) => Promise<void>;
  /** From now on the object's own steps are counted, and it ends at the planned one. */
  readonly count: (plan?: Plan) => Promise<void>;
  readonly countNoMore: () => Promise<Seen>;
};

/** The Worker in workerd, whose object can be ended at each of its own steps. */
export async function startSteppedWorker(
  server: Pick<AuthorizationServer, 'issuer'>,
  secrets: Readonly<Record<string, string>> = {},
  vars: Readonly<Record<string, string>> = {},
): Promise<SteppedWorker> {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const worker = await startWorker(server, secrets, vars, { configPath: CONFIG, now });
  const ask = async <T>(asked: WithoutRepository<Asked>): Promise<T> => {
    const body = JSON.stringify({ repository: REPOSITORY.id, ...asked });
    const answer = await worker.harness.fetch('/own-steps', { method: 'PUT', body });
    if (!answer.ok) throw new Error(`${asked.kind}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const rest = async () => void (await ask({ kind: 'rest' }));
  return {
    ...worker,
    now,
    rest,
    pass: async (ms) => {
      await rest();
      await ask({ kind: 'pass', ms });
      ahead += ms;
      await rest();
    },
    lose: async () => void (await ask({ kind: 'lose' })),
    forgetInventory: async () => void (await ask({ kind: 'forget inventory' })),
    withKeys: async (...keys) => void (await ask({ kind: 'keys', keys: keys.join('\n') })),
    count: async (plan) => void (await ask({ kind: 'count', ...(plan && { plan }) })),
    countNoMore: () => ask({ kind: 'count no more' }),
  };
}

type WithoutRepository<T> = T extends unknown ? Omit<T, 'repository'> : never;
