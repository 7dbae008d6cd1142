import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain } from '../test/support/run-action.ts';
import { costLines, costOf } from './cost.ts';
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
    const { bare, step } = await inTurns(ROUNDS, {
      bare: () => costOf((env) => runMain({ directory: nothing, env })),
      step: () => costOf((env) => applyNothing(checkout, env)),
    });
    const over = (how: 'wall' | 'processor') => pairwise(step[how], bare[how], (one, other) => one - other);
    return {
      title: `The start (${ROUNDS} rounds in turns; smallest / median / largest)`,
      lines: [
        ...costLines('Node with an empty file', bare),
        ...costLines('the step, nothing to do', step),
        `${'difference'.padEnd(28)} ${spread(over('wall'))}, processor ${spread(over('processor'))}`,
      ],
      figures: (['wall', 'processor'] as const).map((how) => ({
        name: `start over bare Node, by ${how === 'wall' ? 'the clock' : 'processor time'}, median`,
        value: `${median(over(how)).toFixed(0)} ms`,
        target: `≤ ${LIMIT_MS} ms`,
        holds: median(over(how)) <= LIMIT_MS,
      })),
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
