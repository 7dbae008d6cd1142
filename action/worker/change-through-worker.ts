import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import type { Binding } from '../binding/bind-run.ts';
import { refuseUnclear } from '../binding/bind-run.ts';
import { bind, gather } from '../gather.ts';
import type { Inputs } from '../inputs.ts';
import type { Done, Work } from '../work.ts';
import { applier } from './apply-through-worker.ts';
import { readView } from './read-answer.ts';
import type { WorkerCalls } from './worker-calls.ts';
import { forEachClient, workerDone } from './worker-done.ts';
import { nameOnly, reportOf } from './worker-report.ts';

/** What the manifest describes, or what the `clients` input names where there is no manifest. */
type Wanted = { readonly clients: readonly Desired[]; readonly described: boolean };

/** Rotates, retires or deletes registrations: those that `clients` names, else those of the manifest. */
export async function runChangeThroughWorker(
  command: 'rotate' | 'retire' | 'delete',
  work: Work,
  calls: WorkerCalls,
): Promise<Done> {
  const { inputs, context, session, network, to } = work;
  const binding = await bind(inputs, context, session.github);
  refuseUnclear(binding);
  const { environment, sentence } = binding;
  const { clients, described } = await wantedClients(command, work, binding);
  const request = requestFor(command, inputs, clients.length);
  to.info(
    `${command} in environment ${environment}, through the Worker: ${clients.map(({ name }) => name).join(', ')}`,
  );
  const apply = applier(work, calls);
  const reports = await forEachClient(clients, async (desired) => {
    try {
      const answer = readView(await calls({ ...request, environment, name: desired.name }));
      const report = reportOf(desired, answer, network.clock.now());
      if (command !== 'rotate' || !described) return report;
      // The new credentials are only ever in the answer to an apply.
      const applied = await apply(desired);
      return { ...applied, events: [...report.events, ...applied.events] };
    } catch (error) {
      const nothingLeft = command === 'delete' && inputs.clients.length === 0;
      if (!nothingLeft || !isRegistrarError(error, 'registration_not_found')) throw error;
      return { desired, events: [] };
    }
  });
  return workerDone({ work, environment, sentence, reports });
}

async function wantedClients(
  command: 'rotate' | 'retire' | 'delete',
  { inputs, context, session }: Work,
  binding: Binding,
): Promise<Wanted> {
  try {
    const { reading } = await gather(inputs, context, binding, session.github);
    return { clients: reading.desired, described: true };
  } catch (error) {
    const named = inputs.clients.length > 0;
    const gone = isRegistrarError(error, 'manifest_missing') || isRegistrarError(error, 'client_unknown');
    // What is confirmed or deleted need not be described: no deploy, so perhaps no URL either.
    const undescribed = command !== 'rotate' && isRegistrarError(error, 'template_invalid');
    if (!named || !(gone || undescribed)) throw error;
    return { clients: inputs.clients.map((name) => nameOnly(binding.environment, name)), described: false };
  }
}

function requestFor(command: 'rotate' | 'retire' | 'delete', { now, clientId, keyId }: Inputs, count: number) {
  switch (command) {
    case 'rotate':
      return { method: 'POST', verb: 'rotate', body: now ? { now } : {} } as const;
    case 'retire':
      return {
        method: 'POST',
        verb: 'retire',
        body: { client_id: oneInUse(clientId, count), ...(keyId !== undefined && { key_id: keyId }) },
      } as const;
    case 'delete':
      return { method: 'DELETE' } as const;
  }
}

function oneInUse(clientId: string | undefined, count: number): string {
  if (clientId === undefined) {
    throw new RegistrarError('input_invalid', {
      message: 'The input client-id is empty.',
      hint: 'Give the client_id that the deployed app uses now.',
    });
  }
  if (count === 1) return clientId;
  throw new RegistrarError('input_invalid', {
    message: `retire is about one client, and the manifest has ${count}.`,
    hint: 'Name it with the input clients.',
  });
}
