import * as z from 'zod';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import { readKept } from '../../shared/record/read-kept.ts';
import type { Inputs } from '../inputs.ts';
import { openNetwork } from '../ports.ts';
import { readRunContext } from '../run-context.ts';
import type { core } from '../toolkit.ts';
import { openWorker, type WorkerAddress, workerAddress } from './open-worker.ts';
import { readView } from './read-answer.ts';

/** Name of the state that the post step finds. */
const STATE = 'worker-clients';

type Kept = WorkerAddress & {
  readonly insecureLoopback: boolean;
  readonly clients: readonly { readonly environment: string; readonly name: string }[];
};

const keptSchema: z.ZodType<Kept> = z.object({
  worker: z.url(),
  audience: z.string(),
  insecureLoopback: z.boolean(),
  clients: z.array(z.object({ environment: z.string(), name: z.string() })),
});
const TITLE = { title: 'oauth-registrar: left behind' };

/** Leaves to the post step what it has to end: clients with `ttl: job`. Nothing of it is secret. */
export function keepForPost(to: Pick<typeof core, 'saveState'>, desired: readonly Desired[], inputs: Inputs): void {
  const clients = desired.filter(({ ttl }) => ttl === 'job').map(({ environment, name }) => ({ environment, name }));
  if (clients.length === 0) return;
  const { insecureLoopback } = inputs;
  to.saveState(STATE, JSON.stringify({ ...workerAddress(inputs), insecureLoopback, clients } satisfies Kept));
}

/** Has the Worker delete what it made for this job; what fails is said, and the Worker ends it by itself a day later. */
export async function endAtWorker(state: string, env: NodeJS.ProcessEnv, to: typeof core): Promise<void> {
  const kept = readKept(keptSchema, state);
  if (kept === undefined) {
    const line =
      'What the main step left in GITHUB_STATE cannot be read, so the Worker was not asked to delete the clients of this job. It does so by itself within a day.';
    to.warning(line, TITLE);
    return;
  }
  const { clients, insecureLoopback, ...address } = kept;
  const network = await openNetwork({ env, insecureLoopback, verify: false });
  const calls = openWorker(address, { context: readRunContext(env), network, stopping: () => false });
  await Promise.all(
    clients.map(async ({ environment, name }) => {
      try {
        const { registration } = readView(await calls({ method: 'DELETE', environment, name }));
        to.info(`${name}: ${registration.status === 'ended' ? 'gone' : 'the Worker goes on deleting it'}`);
      } catch (error) {
        if (isRegistrarError(error, 'registration_not_found')) return;
        const why = isRegistrarError(error) ? error.message : 'an unexpected failure.';
        const line = `${name}: the Worker could not be asked to delete it, and does so by itself within a day: ${why}`;
        to.warning(line, TITLE);
      }
    }),
  );
}
