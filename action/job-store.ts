import type { Store } from '../shared/reconcile/ports.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';

const STATE = 'registration_';

/**
 * Keeps the records of clients that end with the job in GITHUB_STATE, where only the post step of this step reads them.
 * The last line written for a name counts, so a killed main step leaves the newest state.
 */
export function createJobStore(saveState: (name: string, value: string) => void): Store {
  const slots = new Map<string, string>();
  return {
    save: async (record) => {
      const slot = slots.get(record.key) ?? `${STATE}${slots.size}`;
      slots.set(record.key, slot);
      saveState(slot, JSON.stringify(record));
    },
  };
}

/** What main left for the post step. */
export function loadJobRecords(getState: (name: string) => string): readonly RegistrationRecord[] {
  const records: RegistrationRecord[] = [];
  for (let index = 0; ; index += 1) {
    const saved = getState(`${STATE}${index}`);
    if (saved === '') return records;
    records.push(JSON.parse(saved) as RegistrationRecord);
  }
}
