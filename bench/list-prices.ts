import type { Work } from '../test/worker/support/counted-scene.ts';

/** What is charged for, with what is free. */
export type Charged = Work & { readonly requests: number };

export type Price = {
  readonly what: string;
  readonly count: (work: Charged) => number;
  /** Dollars for a million, beyond what the paid plan includes. */
  readonly perMillion: number;
};

/** Stand-ins answer at once; an object waits in memory for what is on the internet. */
const CALL_MS = 200;

/** 128 MB for a second, at 12.50 dollars for a million gigabyte-seconds. */
const DOLLARS_PER_MILLION_MS = 12.5 / 8 / 1000;

/**
 * Cloudflare's list prices of November 2026. Not in them: processor time, of which ten milliseconds cost as much as 0.2
 * rows written, and what is stored.
 *
 * https://developers.cloudflare.com/workers/platform/pricing/
 * https://developers.cloudflare.com/durable-objects/platform/pricing/
 */
export const LIST_PRICES: readonly Price[] = [
  { what: 'requests to the Worker', count: ({ requests }) => requests, perMillion: 0.3 },
  { what: 'calls and alarms of the object', count: ({ objectRequests }) => objectRequests, perMillion: 0.15 },
  { what: 'rows read', count: ({ rowsRead }) => rowsRead, perMillion: 0.001 },
  { what: 'rows written', count: ({ rowsWritten }) => rowsWritten, perMillion: 1 },
  { what: 'KV writes', count: ({ kvWrites }) => kvWrites, perMillion: 5 },
  { what: 'KV reads', count: ({ kvReads }) => kvReads, perMillion: 0.5 },
  { what: 'KV lists and deletes', count: ({ kvLists, kvDeletes }) => kvLists + kvDeletes, perMillion: 5 },
  { what: 'calls to the authorization server', count: ({ toServer }) => toServer, perMillion: 0 },
  { what: 'calls to GitHub and its issuer', count: ({ toGitHub, toIssuer }) => toGitHub + toIssuer, perMillion: 0 },
  {
    what: `ms in memory, ${CALL_MS} for each of these calls`,
    count: ({ objectMs, toServer, toGitHub }) => objectMs + CALL_MS * (toServer + toGitHub),
    perMillion: DOLLARS_PER_MILLION_MS,
  },
];
