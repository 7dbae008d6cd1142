import { vi } from 'vitest';
import { SEED } from '../../support/seed.ts';

// As many inputs as there are take as long as they take.
vi.setConfig({ testTimeout: 3_600_000 });

/** Inputs per property; `HOSTILE_RUNS=20000 npx vitest run test/hostile` looks longer. */
const RUNS = Number(process.env.HOSTILE_RUNS ?? '100');

/** Settings of a property. */
export function runs(share = 1): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: Math.max(10, Math.ceil(RUNS * share)), seed: SEED };
}
