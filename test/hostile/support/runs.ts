import { vi } from 'vitest';

// As many inputs as there are take as long as they take.
vi.setConfig({ testTimeout: 3_600_000 });

/** Inputs per property; `HOSTILE_RUNS=20000 npx vitest run test/hostile` looks longer. */
const RUNS = Number(process.env.HOSTILE_RUNS ?? '100');

/** Settings of a property. With `HOSTILE_SEED` the inputs of a failure come again. */
export function runs(share = 1): { readonly numRuns: number; readonly seed?: number } {
  const seed = process.env.HOSTILE_SEED;
  return { numRuns: Math.max(10, Math.ceil(RUNS * share)), ...(seed !== undefined && { seed: Number(seed) }) };
}
