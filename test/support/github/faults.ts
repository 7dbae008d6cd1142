import { SECONDARY } from './rates.ts';
import type { World } from './world.ts';

/** Which calls are meant; what is left out matches everything. */
export type Matching = {
  readonly method?: string;
  /** The route's template, with members as in `/repos/{owner}/{repo}/git/refs/{+ref}`, or its end. */
  readonly template?: string;
  /** A piece of the decoded path. */
  readonly path?: string | RegExp;
  readonly token?: string;
};

export type Fault = Matching & {
  /** The first matching call to be hit, counted from 1. */
  readonly from?: number;
  /** How many are hit from there on; 1 unless said. */
  readonly times?: number;
  readonly answer:
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly message?: string;
        readonly headers?: Record<string, string>;
      }
    /** The connection ends before anything happened. */
    | { readonly kind: 'cut' }
    /** It happens, and the connection ends without an answer. */
    | { readonly kind: 'lost' }
    /** It happens, and the connection ends in the middle of the answer. */
    | { readonly kind: 'half' }
    /** It happens, and the answer is an error. */
    | { readonly kind: 'done-but'; readonly status: number };
};

export type Incoming = {
  readonly method: string;
  readonly template: string;
  readonly path: string;
  readonly token: string;
};

/** Answers to GETs from the world as it was. */
export type Stale = Matching & { readonly world: World; readonly times: number };

export type Faults = {
  readonly add: (fault: Fault) => void;
  readonly addStale: (stale: Stale) => void;
  readonly next: (call: Incoming) => Fault['answer'] | undefined;
  /** The world to answer from; undefined for the present one. */
  readonly staleWorld: (call: Incoming) => World | undefined;
  readonly clear: () => void;
};

export function makeFaults(): Faults {
  let faults: { fault: Fault; seen: number }[] = [];
  let stale: { entry: Stale; left: number }[] = [];
  return {
    add: (fault) => {
      faults.push({ fault, seen: 0 });
    },
    addStale: (entry) => {
      stale.push({ entry, left: entry.times });
    },
    next: (call) => {
      let answer: Fault['answer'] | undefined;
      for (const entry of faults) {
        if (!matches(entry.fault, call)) {
          continue;
        }
        entry.seen += 1;
        const from = entry.fault.from ?? 1;
        if (answer === undefined && entry.seen >= from && entry.seen < from + (entry.fault.times ?? 1)) {
          answer = entry.fault.answer;
        }
      }
      return answer;
    },
    staleWorld: (call) => {
      const found = stale.find(({ entry, left }) => left > 0 && call.method === 'GET' && matches(entry, call));
      if (found !== undefined) {
        found.left -= 1;
      }
      return found?.entry.world;
    },
    clear: () => {
      faults = [];
      stale = [];
    },
  };
}

export function matches(wanted: Matching, call: Incoming): boolean {
  return (
    (wanted.method === undefined || wanted.method === call.method) &&
    (wanted.template === undefined || call.template.endsWith(wanted.template)) &&
    (wanted.path === undefined ||
      (typeof wanted.path === 'string' ? call.path.includes(wanted.path) : wanted.path.test(call.path))) &&
    (wanted.token === undefined || wanted.token === call.token)
  );
}

/** GitHub's answer over a secondary rate limit. */
export const secondaryLimit = (status: 403 | 429, retryAfterSeconds?: number): Fault['answer'] => ({
  kind: 'status',
  status,
  message: SECONDARY,
  ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
});
