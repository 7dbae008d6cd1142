/** Time, handed in so that tests can move it. */
export type Clock = {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when `signal` aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** Randomness, handed in so that tests can repeat it. */
export type Random = {
  /** `length` unpredictable bytes. */
  readonly bytes: (length: number) => Uint8Array<ArrayBuffer>;
};

/** Lines for people. Everything passed in must already be free of secrets and printable. */
export type Log = {
  readonly info: (line: string) => void;
  readonly warning: (line: string) => void;
  readonly debug: (line: string) => void;
};

/** The web's fetch as far as it is used here. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [member: string]: Json };
