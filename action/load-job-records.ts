import { readKept } from '../shared/record/read-kept.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { recordSchema } from '../shared/record/record-schema.ts';
import { JOB_STATE } from './job-store.ts';

/** What main left for the post step. */
export type JobRecords = {
  readonly records: readonly RegistrationRecord[];
  /** Names of what is no record, or not there: another step or a tool of the runner wrote over it, or cut it off. */
  readonly unreadable: readonly string[];
};

/** What the runner makes of a name in GITHUB_STATE, in one spelling only. Windows does not keep the case of a variable apart. */
const VARIABLE = new RegExp(`^STATE_${JOB_STATE}(0|[1-9]\\d{0,8})$`, process.platform === 'win32' ? 'i' : '');

/**
 * Reads what main left in GITHUB_STATE, from the environment variables that the runner makes of it. Whatever of it is
 * lost, the rest is read. Never throws.
 */
export function loadJobRecords(env: NodeJS.ProcessEnv): JobRecords {
  const records: RegistrationRecord[] = [];
  const unreadable: string[] = [];
  let expected = 0;
  for (const { index, text } of slotsIn(env)) {
    if (index > expected) unreadable.push(gap(expected, index - 1));
    expected = index + 1;
    const record = readKept<RegistrationRecord>(recordSchema, text);
    if (record === undefined) unreadable.push(`${JOB_STATE}${index}`);
    else records.push(record);
  }
  return { records, unreadable };
}

function slotsIn(env: NodeJS.ProcessEnv): readonly { readonly index: number; readonly text: string }[] {
  return Object.entries(env)
    .flatMap(([name, text = '']) => {
      const index = VARIABLE.exec(name)?.[1];
      return index === undefined ? [] : [{ index: Number(index), text }];
    })
    .sort((one, other) => one.index - other.index);
}

function gap(from: number, to: number): string {
  return from === to ? `${JOB_STATE}${from}` : `${JOB_STATE}${from} to ${JOB_STATE}${to}`;
}
