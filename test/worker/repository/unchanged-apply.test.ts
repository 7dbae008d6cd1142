import { beforeAll, describe, expect, test } from 'vitest';
import { builtAction } from '../../action/worker/support/through-worker.ts';
import { type Asked, countUnchangedApplies, LIMITS, type UnchangedApplies } from '../support/unchanged-applies.ts';

let applies: UnchangedApplies;

beforeAll(async () => {
  applies = await countUnchangedApplies(await builtAction());
}, 180_000);

const counts = (asked: Asked) => Object.fromEntries(LIMITS.map(({ what, count }) => [what, count(asked)]));

test('a first deploy takes something of everything', () => {
  expect(Object.entries(counts(applies.first)).filter(([, count]) => count === 0)).toEqual([]);
});

describe.each(['production', 'preview'] as const)('an unchanged deploy of %s', (which) => {
  test.each(LIMITS)('takes at most $most: $what', ({ count, most }) => {
    expect(count(applies[which])).toBeLessThanOrEqual(most);
  });
});

test('a deploy that renews a preview takes one request, and neither KV nor a call', () => {
  expect(counts(applies.renewal)).toMatchObject({
    'requests from the job to the Worker': 1,
    'KV writes': 0,
    'calls to GitHub and its issuer': 0,
    'calls to the authorization server': 0,
  });
});
