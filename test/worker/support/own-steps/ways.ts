/**
 * How an object ends at one of its own steps: before it; right after it, when the platform has not confirmed yet what was
 * written; or once that is confirmed, before it does anything else or hears an answer.
 */
export type Way = 'before' | 'unconfirmed' | 'confirmed';

const BOTH_ENDS: readonly Way[] = ['before', 'confirmed'];
const WRITTEN: readonly Way[] = ['before', 'unconfirmed', 'confirmed'];

/** What an object does by itself, and the ways in which it can end there. */
export const WAYS = {
  transaction: WRITTEN,
  statement: WRITTEN,
  setAlarm: WRITTEN,
  deleteAlarm: WRITTEN,
  getAlarm: BOTH_ENDS,
  'KV get': BOTH_ENDS,
  'KV list': BOTH_ENDS,
  'KV put': BOTH_ENDS,
  'alarm begins': ['before'],
  'alarm ends': ['unconfirmed', 'confirmed'],
} as const satisfies Readonly<Record<string, readonly Way[]>>;

export type Step = keyof typeof WAYS;

export type Plan = { readonly step: number; readonly way: Way };

/** What an object has done since a plan was made, and the step it ended at. */
export type Seen = { readonly steps: readonly Step[]; readonly endedAt?: Step };

/** What a test asks of the world around the object. */
export type Asked = { readonly repository: string } & (
  | { readonly kind: 'rest' | 'lose' | 'forget inventory' | 'count no more' }
  | { readonly kind: 'pass'; readonly ms: number }
  /** The object is made anew with these encryption keys. */
  | { readonly kind: 'keys'; readonly keys: string }
  | { readonly kind: 'count'; readonly plan?: Plan }
);
