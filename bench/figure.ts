/** One number with what it should be. */
export type Figure = {
  readonly name: string;
  readonly value: string;
  readonly target: string;
  readonly holds: boolean;
};

/** What came of a measurement. */
export type Measured = {
  readonly title: string;
  readonly lines: readonly string[];
  readonly figures: readonly Figure[];
};

export type Measurement = () => Promise<Measured>;
