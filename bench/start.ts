import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain } from '../test/support/run-action.ts';
import type { Measurement } from './figure.ts';
import { inTurns, median, pairwise, spread } from './in-turns.ts';
import { applyNothing, checkoutWith } from './shipped-action.ts';

const ROUNDS = 15;
const LIMIT_MS = 100;
const MANIFEST = `
version: 1
clients:
  web:
    type: confidential
    server: https://fhir.example.org/r4
    ttl: job
    metadata: { redirect_uris: ['https://app.example.org/callback'] }
`;

/** What the step costs before it does anything, over a Node that runs an empty file. */
export const start: Measurement = async () => {
  const nothing = await emptyAction();
  const checkout = await checkoutWith(MANIFEST);
  try {
    const { bare, noOp } = await inTurns(ROUNDS, {
      bare: async () => (await runMain({ directory: nothing })).durationMs,
      noOp: async () => (await applyNothing(checkout)).durationMs,
    });
    const over = pairwise(noOp, bare, (one, other) => one - other);
    const times = pairwise(noOp, bare, (one, other) => one / other);
    return {
      title: `The start (${ROUNDS} rounds in turns; smallest / median / largest)`,
      lines: [
        `Node with an empty file   ${spread(bare)}`,
        `the step, nothing to do   ${spread(noOp)}`,
        `difference                ${spread(over)}`,
        `times bare Node           ${spread(times, { digits: 1, unit: '' })}`,
      ],
      figures: [
        {
          name: 'start over bare Node, median',
          value: `${median(over).toFixed(0)} ms`,
          target: `≤ ${LIMIT_MS} ms`,
          holds: median(over) <= LIMIT_MS,
        },
      ],
    };
  } finally {
    await Promise.all([checkout.remove(), rm(nothing, { recursive: true, force: true })]);
  }
};

async function emptyAction(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-empty-'));
  await writeFile(join(directory, 'action.yml'), 'runs: { using: node24, main: main.mjs }\n');
  await writeFile(join(directory, 'main.mjs'), '');
  return directory;
}
