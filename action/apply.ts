import { discoverServer } from '../shared/discovery/discover-server.ts';
import type { Server } from '../shared/discovery/server.ts';
import { isRegistrarError, RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Http } from '../shared/http/http.ts';
import type { Desired, ServerReference } from '../shared/manifest/desired.ts';
import { nextStep } from '../shared/reconcile/next-step.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import { type Applier, serverRecord, wantClient } from '../shared/reconcile/want.ts';
import type { RegistrationRecord, Traits } from '../shared/record/record.ts';
import { bringToRest } from './bring-to-rest.ts';
import type { ClientReport } from './report.ts';
import { refuseTakenNames } from './taken-names.ts';

export type ApplyRequest = {
  readonly wanted: readonly Desired[];
  /** What is remembered, by registration key. */
  readonly records: ReadonlyMap<string, RegistrationRecord>;
  readonly http: Http;
  readonly portsFor: (desired: Desired) => Ports;
  readonly by: Applier;
  readonly stopping: () => boolean;
};

/** Brings every client of the manifest to what it asks for; one that fails does not keep the others from it. */
export async function applyClients(request: ApplyRequest): Promise<readonly ClientReport[]> {
  const discover = discoverOnce(request.http);
  return Promise.all(
    request.wanted.map(async (desired): Promise<ClientReport> => {
      const record = request.records.get(desired.key);
      try {
        return await applyOne(desired, record, discover, request);
      } catch (error) {
        return { desired, events: [], problem: forClient(error, desired), ...(record && { record }) };
      }
    }),
  );
}

async function applyOne(
  desired: Desired,
  record: RegistrationRecord | undefined,
  discover: (reference: ServerReference) => Promise<Server>,
  { records, portsFor, by, stopping }: ApplyRequest,
): Promise<ClientReport> {
  refuseTakenNames(desired, records);
  const ports = portsFor(desired);
  const now = ports.clock.now();
  const known = record && wantedWithoutAsking(record, desired, now, by);
  const server = known === undefined ? await discover(desired.server) : undefined;
  const where = server && serverRecord(server);
  const wanted =
    known ??
    wantClient({
      record,
      desired,
      server: where as NonNullable<typeof where>,
      now,
      by,
      traits: traitsSeen(records, where?.registrationEndpoint),
    });
  const report = await bringToRest({ record: wanted, kept: record, ports, stopping });
  return { ...report, ...(server && { server }) };
}

/** The record as wanted now, where everything is as asked already: then the server need not be discovered again. */
function wantedWithoutAsking(
  record: RegistrationRecord,
  desired: Desired,
  now: number,
  by: Applier,
): RegistrationRecord | undefined {
  if (JSON.stringify(record.desired.server) !== JSON.stringify(desired.server)) return undefined;
  const wanted = wantClient({ record, desired, server: record.server, now, by });
  return nextStep(wanted, now).kind === 'done' ? wanted : undefined;
}

/** Discovers each server once per run, however many clients it has. */
export function discoverOnce(http: Http): (reference: ServerReference) => Promise<Server> {
  const found = new Map<string, Promise<Server>>();
  return (reference) => {
    const name = JSON.stringify(reference);
    const server = found.get(name) ?? discoverServer(reference, http);
    found.set(name, server);
    return server;
  };
}

function traitsSeen(
  records: ReadonlyMap<string, RegistrationRecord>,
  registrationEndpoint: string | undefined,
): Traits {
  const same = [...records.values()].filter(({ server }) => server.registrationEndpoint === registrationEndpoint);
  return Object.assign({}, ...same.map(({ traits }) => traits));
}

/** An error as the failure of one client. */
export function forClient(error: unknown, { name }: Desired): RegistrarError {
  const known = isRegistrarError(error)
    ? error
    : new RegistrarError('internal', { message: 'An unexpected failure.', cause: error });
  return new RegistrarError(known.code, {
    message: known.message,
    hint: known.hint,
    client: known.client ?? name,
    problems: known.problems,
    cause: known,
    ...(known.server !== undefined && { server: known.server }),
    ...(known.retryAfterSeconds !== undefined && { retryAfterSeconds: known.retryAfterSeconds }),
  });
}
