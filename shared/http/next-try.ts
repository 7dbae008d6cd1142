import type { Purpose } from './http.ts';

/** How one try ended, as far as it matters for another one. */
export type Ending =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: 'not-sent' | 'untrusted' | 'unclear' | 'timed-out' };

export type TryState = {
  readonly purpose: Purpose;
  /** Tries made so far, this one included. */
  readonly tries: number;
  /** Time spent waiting between tries so far. */
  readonly waitedMs: number;
  /** From 0 up to, not including, 1. */
  readonly jitter: number;
};

/** Longest time one call waits between its tries, all waits together. */
export const WAIT_BUDGET_MS = 60_000;
const MOST_TRIES: Readonly<Record<Purpose, number>> = { discovery: 4, configure: 4, register: 3, token: 1 };
/** A try that ran into the time limit has been patient already. */
const MOST_TRIES_TIMED_OUT = 2;
const FIRST_BACK_OFF_MS = 1000;
const PASSING = new Set([429, 500, 502, 503, 504]);
const ASKING_TO_WAIT = new Set([429, 503]);

/**
 * Milliseconds to wait before the next try, or undefined when the ending stands.
 *
 * Only reading metadata is repeated freely. At a configuration endpoint a repeat needs proof that nothing happened:
 * nothing sent, or the server's own "later". A registration is repeated only when nothing was sent, since a second
 * POST makes a second client. Full jitter over 1, 2, 4 s; the server's own time where it gives one.
 */
export function waitBeforeNextTry(ending: Ending, state: TryState): number | undefined {
  if (!mayRepeat(ending, state)) return undefined;
  const backOff = Math.floor(state.jitter * FIRST_BACK_OFF_MS * 2 ** (state.tries - 1));
  const asked = ending.kind === 'answer' ? (ending.retryAfterSeconds ?? 0) * 1000 : 0;
  const wait = Math.max(backOff, asked);
  return state.waitedMs + wait <= WAIT_BUDGET_MS ? wait : undefined;
}

function mayRepeat(ending: Ending, { purpose, tries }: TryState): boolean {
  if (tries >= MOST_TRIES[purpose]) return false;
  switch (ending.kind) {
    case 'not-sent':
      return true;
    case 'untrusted':
      return false;
    case 'unclear':
      return purpose === 'discovery';
    case 'timed-out':
      return purpose === 'discovery' && tries < MOST_TRIES_TIMED_OUT;
    case 'answer':
      if (purpose === 'discovery') return PASSING.has(ending.status);
      return purpose === 'configure' && ASKING_TO_WAIT.has(ending.status) && ending.retryAfterSeconds !== undefined;
  }
}
