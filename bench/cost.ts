import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';
import { type Costs, median, pairwise, type Samples, spread } from './in-turns.ts';

/** What one run took: by the clock, and of all processors together. */
export type Cost = { readonly wallMs: number; readonly processorMs: number };

const PRELOAD = fileURLToPath(new URL('processor-time.cjs', import.meta.url));

/** Runs a step whose process says how much processor time it took. */
export async function costOf(
  run: (env: Readonly<Record<string, string>>) => Promise<{ readonly durationMs: number }>,
): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-cost-'));
  const file = join(folder, 'processor-time');
  try {
    const { durationMs } = await run({ NODE_OPTIONS: `--require=${PRELOAD}`, BENCH_PROCESSOR_TIME: file });
    return { wallMs: durationMs, processorMs: Number(await readFile(file, 'utf8')) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export type Ratios = { readonly wall: Samples; readonly processor: Samples };

/**
 * What a step took over the least it can take, round by round: the same step with nothing to do, and the round trips
 * that cannot be saved. By the clock, and as it would be if processor time were all that adds to the round trips, which
 * other work on the machine distorts less.
 */
export function overLeast(step: Costs, nothing: Costs, wireMs: number): Ratios {
  return {
    wall: pairwise(step.wall, nothing.wall, (one, other) => one / (other + wireMs)),
    processor: pairwise(step.processor, nothing.processor, (one, other) => (one + wireMs) / (other + wireMs)),
  };
}

export function costLines(name: string, { wall, processor }: Costs): readonly string[] {
  return [`${name.padEnd(28)} ${spread(wall)}, processor ${spread(processor)}`];
}

export function ratioLines({ wall, processor }: Ratios): readonly string[] {
  const digits = { digits: 2, unit: '' };
  return [
    `${'ratio by the clock'.padEnd(28)} ${spread(wall, digits)}`,
    `${'ratio by processor time'.padEnd(28)} ${spread(processor, digits)}`,
  ];
}

export function ratioFigures(name: string, { wall, processor }: Ratios, limit: number): readonly Figure[] {
  return [['by the clock', wall] as const, ['by processor time', processor] as const].map(([how, samples]) => ({
    name: `${name}, ${how}, median`,
    value: median(samples).toFixed(2),
    target: `≤ ${limit}`,
    holds: median(samples) <= limit,
  }));
}
