import { isRegistrarError, RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import {
  adoptSuspect,
  askRotation,
  confirmUse,
  forgetSuspects,
  type HandedOver,
} from '../shared/reconcile/requests.ts';
import { endRegistration } from '../shared/reconcile/transitions.ts';
import type { Applier, RegistrationRecord } from '../shared/record/record.ts';
import { bringToRest } from './bring-to-rest.ts';
import type { Inputs } from './inputs.ts';
import type { ClientReport } from './report.ts';

export type ChangeCommand = 'rotate' | 'retire' | 'delete' | 'resolve';

/** Changes what is wanted of registrations that exist, then brings each of them to rest. */
export async function changeRegistrations({
  command,
  inputs,
  records,
  ports,
  stopping,
  run,
  by,
}: {
  readonly command: ChangeCommand;
  readonly inputs: Inputs;
  readonly records: readonly RegistrationRecord[];
  readonly ports: Ports;
  readonly stopping: () => boolean;
  readonly run: string;
  readonly by: Applier;
}): Promise<readonly ClientReport[]> {
  const change = changeFor(command, inputs, { run, by, count: records.length });
  return Promise.all(
    records.map(async (record): Promise<ClientReport> => {
      try {
        const changed = change(record, ports.clock.now());
        return await bringToRest({ record: changed, kept: record, ports, stopping });
      } catch (error) {
        if (!isRegistrarError(error)) throw error;
        return { desired: record.desired, record, events: [], problem: error };
      }
    }),
  );
}

function changeFor(
  command: ChangeCommand,
  inputs: Inputs,
  { run, by, count }: { readonly run: string; readonly by: Applier; readonly count: number },
): (record: RegistrationRecord, now: number) => RegistrationRecord {
  switch (command) {
    case 'rotate':
      return (record, now) =>
        askRotation(record, {
          reason: inputs.now ? 'leak' : 'asked',
          strategy: record.desired.rotation?.strategy ?? 'replace',
          startedAt: now,
          run,
        });
    case 'retire': {
      const clientId = needed(inputs.clientId, 'client-id', 'the client_id that the deployed app uses now');
      oneOnly(count, 'retire');
      return (record) => confirmUse(record, clientId, inputs.keyId);
    }
    case 'delete':
      // The wish of this run counts, so that an older one that is still queued does not undo it.
      return (record, now) => ({ ...endRegistration(record, now, 'somebody asked for it').record, appliedBy: by });
    case 'resolve': {
      const resolution = needed(inputs.resolution, 'resolution', 'forget or adopt');
      if (resolution === 'forget') return (record) => forgetSuspects(record);
      oneOnly(count, 'resolve');
      const given = handedOver(inputs);
      return (record, now) => adoptSuspect(record, given, now, run);
    }
  }
}

/** The client that somebody hands over with the inputs. */
export function handedOver(inputs: Inputs): HandedOver {
  const clientId = needed(inputs.clientId, 'client-id', 'the client_id at the server');
  const { clientSecret, registrationAccessToken, registrationClientUri } = inputs;
  if ((registrationAccessToken === undefined) !== (registrationClientUri === undefined)) {
    throw new RegistrarError('input_invalid', {
      message: 'Of registration-access-token and registration-client-uri only one is given.',
      hint: 'Give both to have the client managed, or none to have it watched.',
    });
  }
  return {
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    ...(registrationAccessToken !== undefined &&
      registrationClientUri !== undefined && { access: { registrationAccessToken, registrationClientUri } }),
  };
}

function needed<T>(value: T | undefined, name: string, what: string): T {
  if (value !== undefined) return value;
  throw new RegistrarError('input_invalid', { message: `The input ${name} is empty.`, hint: `Give ${what}.` });
}

function oneOnly(count: number, command: string): void {
  if (count === 1) return;
  throw new RegistrarError('input_invalid', {
    message: `${command} is about one client, and the environment has ${count}.`,
    hint: 'Name it with the input clients.',
  });
}
