import { printable } from '../shared/errors/printable.ts';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Event } from '../shared/reconcile/event.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import { type Outcome, reconcile } from '../shared/reconcile/reconcile.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import type { ClientReport } from './report.ts';
import { when } from './when.ts';

/** How long one registration waits in all: for a server that asks to come back later, and for the calls of a run that was killed to be over. */
const PATIENCE = { patienceMs: 30_000, inFlightPatienceMs: 150_000 } as const;

/** Brings one registration to rest and reports it; one that has to wait longer than a job may is a problem to tell. */
export async function bringToRest({
  record,
  kept,
  ports,
  stopping,
  before = [],
}: {
  readonly record: RegistrationRecord;
  /** The record as it is in the store. */
  readonly kept: RegistrationRecord | undefined;
  readonly ports: Ports;
  readonly stopping: () => boolean;
  /** What happened to it in this run already. */
  readonly before?: readonly Event[];
}): Promise<ClientReport & { readonly record: RegistrationRecord }> {
  const outcome = await reconcile(record, ports, { ...PATIENCE, kept, stopping });
  const problem = outcome.problem ?? notYet(outcome);
  return {
    desired: outcome.record.desired,
    record: outcome.record,
    events: [...before, ...outcome.events],
    ...(problem && { problem }),
  };
}

function notYet({ rest, until, record }: Outcome): RegistrarError | undefined {
  if (rest !== 'waiting' || until === undefined) return undefined;
  return new RegistrarError('not_yet', {
    message: `${record.key} goes on at ${when(until)}: ${whyWaiting(record)}.`,
    client: record.key,
    server: record.server.address,
  });
}

function whyWaiting({ intent, call, backOff, clients }: RegistrationRecord): string {
  if (intent !== undefined || call !== undefined) return 'a call of an earlier run may still be under way';
  if (backOff !== undefined) return 'what failed before is not tried again sooner';
  const [leaving] = clients.filter(({ removal }) => removal !== undefined);
  return `client ${printable(leaving?.clientId ?? '')} could not be deleted yet (${leaving?.removal?.reason ?? 'no answer'})`;
}
