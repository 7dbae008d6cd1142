/** One safety taken away: a text of one file replaced, and the tests that have to notice. */
export type Mutation = {
  readonly safety: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
  readonly tests: readonly string[];
};
