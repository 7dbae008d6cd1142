/** One number with what it should be. */
export type Figure = {
  readonly name: string;
  readonly value: string;
  readonly target: string;
  readonly holds: boolean;
};

/** Measures one thing and says what came of it. */
export type Measurement = () => Promise<{
  readonly title: string;
  readonly lines: readonly string[];
  readonly figures: readonly Figure[];
}>;
