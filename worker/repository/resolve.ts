import { adoptClient, adoptSuspect, forgetSuspects, type HandedOver } from '../../shared/reconcile/requests.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { keyOf, notFound, refuseHeld } from './admit.ts';
import { viewOf } from './answers.ts';
import type { ResolveCall, Viewed } from './calls.ts';
import { addEvents } from './event-rows.ts';
import { finishing } from './finishing.ts';
import type { Home } from './home.ts';
import { loadRecord } from './load-record.ts';
import { logLine } from './platform.ts';
import { createRecordStore } from './record-store.ts';
import { settleRow, statusOf } from './registration-rows.ts';
import type { Reply } from './reply.ts';
import { endedDue } from './settle.ts';

/** Who the ledger says a client came from. */
const OPERATOR = 'operator';

/**
 * The operator says what became of a client that may exist, or hands over one that was made by hand. Only the record is
 * changed; the alarm does at once what follows from it.
 *
 * Rejects with `registration_not_found`, `input_invalid`, `configuration_endpoint_elsewhere`, and while nothing may be done.
 */
export function resolve(home: Home, call: ResolveCall): Promise<Reply<Pick<Viewed, 'registration'>>> {
  const key = keyOf(call);
  if (!home.isKept()) throw notFound(key);
  return home.turns.take(key, () => finishing(home, key, () => resolveInTurn(home, key, call)));
}

async function resolveInTurn(home: Home, key: string, call: ResolveCall): Promise<Reply<Pick<Viewed, 'registration'>>> {
  const loaded = await loadRecord(home, key);
  if (loaded === undefined) throw notFound(key);
  refuseHeld(home, key, loaded.row.owner);
  const now = home.clock.now();
  const record = call.resolution === 'forget' ? forgetSuspects(loaded.record) : adopt(loaded.record, call.given, now);
  await createRecordStore(home, key, loaded).save(record);
  const due = statusOf(record) === 'ended' ? endedDue(record, now) : now;
  home.storage.transactionSync(() => {
    settleRow(home.sql, key, {
      due: Number.isFinite(due) ? due : null,
      failures: 0,
      problem: null,
      inventory_due: now,
    });
    addEvents(home.sql, [{ kind: 'resolved', resolution: call.resolution, ...clientOf(call) }], {
      at: now,
      registration: key,
      run: OPERATOR,
    });
  });
  logLine({ at: 'resolve', repository: home.repositoryId, registration: key, resolution: call.resolution });
  return { kind: 'done', value: { registration: viewOf(record) } };
}

function adopt(record: RegistrationRecord, given: HandedOver, now: number): RegistrationRecord {
  // Another token for a client that is known says nothing of one that may exist beside it.
  const isKnown = record.clients.some(({ clientId }) => clientId === given.clientId);
  if (record.suspects.length > 0 && !isKnown) return adoptSuspect(record, given, now, OPERATOR);
  if (record.ending !== undefined && !isKnown) throw notFound(record.key);
  return adoptClient(record, given, now, OPERATOR);
}

function clientOf(call: ResolveCall): { readonly clientId?: string } {
  return call.resolution === 'adopt' ? { clientId: call.given.clientId } : {};
}
