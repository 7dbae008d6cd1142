import { countUnchangedApplies, LIMITS } from '../test/worker/support/unchanged-applies.ts';
import type { Figure, Measurement } from './figure.ts';
import { ACTION } from './shipped-action.ts';
import { tableLines } from './table-lines.ts';

/** What a deploy through the Worker takes that finds everything as asked. */
export const unchangedApply: Measurement = async () => {
  const { first, production, preview, renewal } = await countUnchangedApplies(ACTION);
  return {
    title: 'An unchanged deploy through the Worker, by the built Action, published by the App',
    lines: tableLines(
      ['the first', 'production', 'a preview', 'its time renewed'],
      LIMITS.map(({ what, count }) => [what, [first, production, preview, renewal].map(count)]),
    ),
    figures: LIMITS.map(({ what, count, most }): Figure => {
      const counted = Math.max(...[production, preview].map(count));
      return { name: what, value: String(counted), target: most === 0 ? '0' : `≤ ${most}`, holds: counted <= most };
    }),
  };
};
