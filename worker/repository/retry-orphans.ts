import type { Access } from '../../shared/registration/answer.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { addEvents } from './event-rows.ts';
import type { Home } from './home.ts';
import { orphanEnded } from './ledger-rows.ts';
import { loadRecord } from './load-record.ts';
import { createRecordStore } from './record-store.ts';
import { settleRow } from './registration-rows.ts';
import { orphansDue } from './settle.ts';

/** Tries once more to delete the clients of a registration that could not be deleted, when a month has passed. */
export async function retryOrphans(home: Home, key: string): Promise<void> {
  const { clock, http, order, sql } = home;
  const loaded = await loadRecord(home, key);
  const now = clock.now();
  if (loaded === undefined || orphansDue(loaded.record, loaded.row.orphans_tried) > now) return;
  settleRow(sql, key, { orphans_tried: now });
  const api = createRegistrationApi({ http, clock, order });
  let { record } = loaded;
  for (const orphan of record.orphans) {
    if (orphan.access === undefined) continue;
    const answer = await api.remove(orphan.access as Access);
    if (answer.kind !== 'removed') continue;
    record = { ...record, orphans: record.orphans.filter((other) => other !== orphan) };
    await createRecordStore(home, key, { ...loaded, stored: record }).save(record);
    orphanEnded(sql, key, orphan.clientId, clock.now());
    addEvents(sql, [{ kind: 'orphan_deleted', clientId: orphan.clientId }], { at: clock.now(), registration: key });
  }
}
