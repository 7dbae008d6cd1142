import type { Orphan } from '../../shared/record/record.ts';
import type { Answer } from '../../shared/registration/answer.ts';
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
    if ((await api.remove(orphan.access)).kind !== 'removed') continue;
    const answer = await api.read(orphan.access);
    const orphans = record.orphans.flatMap((other) => (other === orphan ? stillThere(orphan, answer) : [other]));
    const gone = orphans.length < record.orphans.length;
    record = { ...record, orphans };
    await createRecordStore(home, key, { ...loaded, stored: record }).save(record);
    if (!gone) continue;
    orphanEnded(sql, key, orphan.clientId, clock.now());
    addEvents(sql, [{ kind: 'orphan_deleted', clientId: orphan.clientId }], { at: clock.now(), registration: key });
  }
}

/** There are servers that say yes and keep the client; reading it may have replaced the token. */
function stillThere(orphan: Orphan, answer: Answer): readonly Orphan[] {
  switch (answer.kind) {
    case 'refused':
    case 'missing':
      return [];
    case 'client': {
      const { registrationAccessToken: token } = answer.information;
      const access = orphan.access && token ? { ...orphan.access, registrationAccessToken: token } : orphan.access;
      return [{ ...orphan, ...(access && { access }) }];
    }
    default:
      return [orphan];
  }
}
