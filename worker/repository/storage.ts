type Value = string | number | null;

/** SQL of an object: synchronous, and what is written without waiting in between is kept together or not at all. */
export type Sql = {
  readonly exec: <Row extends Record<string, Value>>(
    query: string,
    ...bindings: Value[]
  ) => { readonly toArray: () => Row[]; readonly rowsWritten: number };
};

/** The storage of an object as far as it is used here. */
export type ObjectStorage = {
  readonly sql: Sql;
  /** Takes everything back when `work` throws. `work` must not be asynchronous: it would be committed at its first wait. */
  readonly transactionSync: <T>(work: () => T) => T;
  readonly getAlarm: () => Promise<number | null>;
  readonly setAlarm: (at: number) => Promise<void>;
  readonly deleteAlarm: () => Promise<void>;
};
