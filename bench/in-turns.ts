import type { Cost } from './cost.ts';

/** One number per round. */
export type Samples = readonly number[];

/** Milliseconds, one of each per round. */
export type Costs = { readonly wall: Samples; readonly processor: Samples };

/**
 * Runs each candidate once per round, in turns, so that whatever else the machine does meets all of them alike. The
 * first round warms the file cache and is thrown away.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  candidates: Readonly<Record<Name, () => Promise<Cost>>>,
): Promise<Readonly<Record<Name, Costs>>> {
  const names = Object.keys(candidates) as Name[];
  const costs = Object.fromEntries(names.map((name) => [name, [] as Cost[]])) as Record<Name, Cost[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const cost = await candidates[name]();
      if (round > 0) costs[name].push(cost);
    }
  }
  const samples = (all: readonly Cost[]): Costs => ({
    wall: all.map(({ wallMs }) => wallMs),
    processor: all.map(({ processorMs }) => processorMs),
  });
  return Object.fromEntries(names.map((name) => [name, samples(costs[name])])) as Record<Name, Costs>;
}

/** Combines the samples of two candidates round by round. */
export function pairwise(one: Samples, other: Samples, combine: (one: number, other: number) => number): Samples {
  return one.map((value, round) => combine(value, other[round] ?? Number.NaN));
}

export function median(samples: Samples): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}

/** Smallest, median and largest, such as `31 / 35 / 52 ms`. */
export function spread(samples: Samples, { digits = 0, unit = ' ms' } = {}): string {
  const shown = [Math.min(...samples), median(samples), Math.max(...samples)].map((value) => value.toFixed(digits));
  return `${shown.join(' / ')}${unit}`;
}
