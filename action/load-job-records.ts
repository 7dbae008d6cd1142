import { readKept } from '../shared/record/read-kept.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { recordSchema } from '../shared/record/record-schema.ts';
import { JOB_STATE } from './job-store.ts';

/** What main left for the post step. */
export type JobRecords = {
  readonly records: readonly RegistrationRecord[];
  /** Names of what is there and is no record: another step or a tool of the runner wrote over it, or cut it off. */
  readonly unreadable: readonly string[];
};

/** Reads what main left in GITHUB_STATE. Never throws. */
export function loadJobRecords(getState: (name: string) => string): JobRecords {
  const records: RegistrationRecord[] = [];
  const unreadable: string[] = [];
  for (let index = 0; ; index += 1) {
    const name = `${JOB_STATE}${index}`;
    const saved = getState(name);
    if (saved === '') return { records, unreadable };
    const record = readKept<RegistrationRecord>(recordSchema, saved);
    if (record === undefined) unreadable.push(name);
    else records.push(record);
  }
}
