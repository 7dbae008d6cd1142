/** What the platform counts and charges for. */
export type Counts = {
  /** Calls of an object, and alarms that went off. */
  readonly objectRequests: number;
  readonly alarms: number;
  /** For which the object was at work, by the clock of the runtime. */
  readonly objectMs: number;
  /** As the platform counts them: entries of indexes and settings of the alarm are rows too. */
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly kvLists: number;
  readonly kvDeletes: number;
};

const NOTHING: Counts = {
  objectRequests: 0,
  alarms: 0,
  objectMs: 0,
  rowsRead: 0,
  rowsWritten: 0,
  kvReads: 0,
  kvWrites: 0,
  kvLists: 0,
  kvDeletes: 0,
};

/** Counts as they grow. */
export type Tally = { readonly add: (name: keyof Counts, count?: number) => void; readonly counts: () => Counts };

export function createTally(): Tally {
  const counts = { ...NOTHING };
  return {
    add: (name, count = 1) => {
      counts[name] += count;
    },
    counts: () => ({ ...counts }),
  };
}
