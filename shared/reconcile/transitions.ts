import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Client, LedgerRow, RegistrationRecord } from '../record/record.ts';
import { replaceClient } from './adopt-answer.ts';
import type { Event } from './event.ts';
import type { Performed } from './perform.ts';
import { currentClient, hasBegunRotation, learn } from './record-queries.ts';
import type { Step, StopCode } from './step.ts';
import { stopError } from './stop-error.ts';

/** After a next client that was given up, its like is not made again for this long. */
export const HOLD_MS = 86_400_000;

/** The registration is to end: from now on everything of it is removed. */
export function endRegistration(record: RegistrationRecord, now: number, reason: string): Performed {
  const { rotation: _r, backOff: _b, ...rest } = record;
  return { record: { ...rest, ending: { since: now, reason } }, events: [{ kind: 'ending', reason }] };
}

/** The next client becomes current; the one before retires, or leaves at once when its credentials leaked. */
export function promoteClient(record: RegistrationRecord, client: Client, now: number): Performed {
  const before = currentClient(record);
  const leaked = record.rotation?.reason === 'leak';
  const { rotation: _r, rotationHeldUntil: _h, ...rest } = record;
  const clients = record.clients.map((candidate): Client => {
    if (candidate === client) return { ...candidate, role: 'current' };
    if (candidate !== before) return candidate;
    return leaked ? { ...candidate, role: 'leaving' } : { ...candidate, role: 'retiring', retiringSince: now };
  });
  return {
    record: { ...rest, clients, rotatedAt: now },
    events: [{ kind: 'promoted', clientId: client.clientId, ...(before && { retiring: before.clientId }) }],
  };
}

/** The client's turn is over. One that failed also ends its rotation for a day and is a problem. */
export function retireClient(
  record: RegistrationRecord,
  { client, reason, failed = false }: Pick<Extract<Step, { readonly kind: 'retire' }>, 'client' | 'reason' | 'failed'>,
  now: number,
): Performed {
  const leaving: Client = { ...client, role: 'leaving' };
  const retired = { ...record, clients: replaceClient(record.clients, client, leaving) };
  const events: readonly Event[] = [{ kind: 'retired', clientId: client.clientId, reason }];
  if (!failed) return { record: retired, events };
  const { rotation: _r, ...rest } = retired;
  return {
    record: {
      ...rest,
      rotationHeldUntil: now + HOLD_MS,
      ...(client.purpose === 'replacement' && { backOff: { failures: 1, until: now + HOLD_MS } }),
    },
    events,
    problem: new RegistrarError('credentials_refused', {
      message: `The new credentials of ${record.key} were not put to use: ${reason}. What is published stays as it is.`,
      client: record.key,
      server: client.server.address,
    }),
  };
}

/** Only a person can decide how to go on. A rotation that is not possible is not asked for any more. */
export function stopRegistration(record: RegistrationRecord, code: StopCode, client: Client | undefined): Performed {
  const problem = stopError(record, code, client);
  if (!endsRotation(record, code, client)) return { record, events: [], problem };
  const { rotation: _r, ...rest } = record;
  return { record: rest, events: [], problem };
}

function endsRotation(record: RegistrationRecord, code: StopCode, client: Client | undefined): boolean {
  // One that waits to be tried is still what it was asked for: after a leak the old credentials leave at once.
  if (code === 'rotation_untried') return !hasBegunRotation(record);
  const notBegun = record.rotation?.strategy === 'keys' && client?.nextKey === undefined && code !== 'suspect_found';
  return record.rotation?.strategy === 'in-place' || code === 'rotation_not_allowed' || notBegun;
}

/** The client cannot be deleted by us: it is listed with what a person needs. */
export function orphanClient(record: RegistrationRecord, client: Client, now: number, reason: string): Performed {
  const { clientId, server, marker, access } = client;
  return {
    record: {
      ...record,
      clients: record.clients.filter((candidate) => candidate !== client),
      orphans: [...record.orphans, { clientId, server, marker, reason, since: now, ...(access && { access }) }],
      ledger: endRow(record.ledger, clientId, now, 'orphan'),
    },
    events: [{ kind: 'orphaned', clientId, reason: printable(reason) }],
  };
}

/** The client is known not to exist any more. */
export function endClient(
  record: RegistrationRecord,
  client: Client,
  now: number,
  ended: 'deleted' | 'gone',
  reason: string,
): Performed {
  return {
    record: {
      ...record,
      clients: record.clients.filter((candidate) => candidate !== client),
      ledger: endRow(record.ledger, client.clientId, now, ended),
      traits: ended === 'deleted' ? learn(record, client, { removes: 'supported' }) : record.traits,
    },
    events: [{ kind: 'deleted', clientId: client.clientId, reason }],
  };
}

function endRow(
  ledger: readonly LedgerRow[],
  clientId: string,
  now: number,
  ended: NonNullable<LedgerRow['ended']>,
): readonly LedgerRow[] {
  return ledger.map((row) =>
    row.clientId === clientId && row.endedAt === undefined ? { ...row, endedAt: now, ended } : row,
  );
}
