import { beginCall } from '../../shared/reconcile/call.ts';
import type { Orphan } from '../../shared/record/record.ts';
import type { Answer } from '../../shared/registration/answer.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { addEvents } from './event-rows.ts';
import type { Home } from './home.ts';
import { orphanEnded } from './ledger-rows.ts';
import { createRecordStore, type Loaded } from './record-store.ts';
import { settleRow } from './registration-rows.ts';
import { orphansDue } from './settle.ts';

/**
 * Tries once more to delete the clients of a registration that could not be deleted, when a month has passed. Each call is
 * saved before it is sent, as the engine does; while one from before an eviction may be under way, nothing is sent.
 * Resolves with whether anything was.
 */
export async function retryOrphans(home: Home, loaded: Loaded): Promise<boolean> {
  const { clock, http, order, sql } = home;
  const { key } = loaded.row;
  const now = clock.now();
  if (orphansDue(loaded.record, loaded.row.orphans_tried) > now || loaded.record.call !== undefined) return false;
  settleRow(sql, key, { orphans_tried: now });
  const api = createRegistrationApi({ http, clock, order });
  const store = createRecordStore(home, key, loaded);
  let { record } = loaded;
  for (const orphan of record.orphans) {
    const { access, clientId } = orphan;
    if (access === undefined) continue;
    const ports = { clock, store };
    let answer = await beginCall(record, orphan, 'remove', ports).then(() => api.remove(access));
    if (answer.kind === 'removed') {
      const look = () => beginCall(record, orphan, 'read', ports).then(() => api.read(access));
      answer = await look();
      // A refusal that comes once is no proof, here as for the engine.
      if (isRefusal(answer)) answer = await look();
      const seen = answer;
      const orphans = record.orphans.flatMap((other) => (other === orphan ? stillThere(orphan, seen) : [other]));
      record = { ...record, orphans };
    }
    // It may still be under way: the engine forgets it once its time is over.
    if (answer.kind === 'unknown' && !answer.answered) return true;
    const gone = !record.orphans.some((other) => other.clientId === clientId);
    await store.save(record, () => {
      if (!gone) return;
      orphanEnded(sql, key, clientId, clock.now());
      addEvents(sql, [{ kind: 'orphan_deleted', clientId }], { at: clock.now(), registration: key });
    });
  }
  return true;
}

/** There are servers that say yes and keep the client; reading it may have replaced the token. */
function stillThere(orphan: Orphan, answer: Answer): readonly Orphan[] {
  if (isRefusal(answer)) return [];
  if (answer.kind !== 'client') return [orphan];
  const { registrationAccessToken: token } = answer.information;
  const access = orphan.access && token ? { ...orphan.access, registrationAccessToken: token } : orphan.access;
  return [{ ...orphan, ...(access && { access }) }];
}

function isRefusal({ kind }: Answer): boolean {
  return kind === 'refused' || kind === 'missing';
}
