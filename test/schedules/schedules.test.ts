import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { SEED } from '../support/seed.ts';
import { onStage } from './on-stage.ts';
import type { Deed, Schedule } from './play.ts';
import { DAY, HOUR, KEYS, KINDS } from './wishes.ts';

vi.mock('../../shared/publish/fingerprint.ts', async () => ({
  fingerprint: (await import('./stage.ts')).quickFingerprint,
}));
vi.mock('../../shared/publish/sealed-box.ts', async () => ({ sealedBox: (await import('./stage.ts')).plainBox }));
vi.mock('../../shared/registration/make-key.ts', async (original) => {
  const { quickKeyPair, quickSign } = await import('./stage.ts');
  return { ...(await original<object>()), makeKeyPair: quickKeyPair, signWith: quickSign };
});

onStage();
const { play } = await import('./play.ts');

/** `npm run test:soak` plays a hundred times as many. */
const SCHEDULES = Number(process.env.SCHEDULES ?? 2000);

const key = fc.constantFrom(...KEYS);
const weighted = (weight: number, arbitrary: fc.Arbitrary<Deed>) => ({ weight, arbitrary });

const deed: fc.Arbitrary<Deed> = fc.oneof(
  weighted(
    40,
    fc.record({
      do: fc.constant('step' as const),
      index: fc.nat(4),
      fate: fc.oneof(
        { weight: 6, arbitrary: fc.constant('goes on' as const) },
        {
          weight: 1,
          arbitrary: fc.constantFrom('never arrives' as const, 'answer lost' as const, 'answered 500' as const),
        },
      ),
    }),
  ),
  weighted(
    12,
    fc.record({
      do: fc.constant('apply' as const),
      key,
      variant: fc.nat(3),
      late: fc.constantFrom(0, 0, 0, 2),
      again: fc.constantFrom(false, false, false, true),
    }),
  ),
  weighted(4, fc.record({ do: fc.constant('rotate' as const), key, leak: fc.boolean() })),
  weighted(
    4,
    fc.record({
      do: fc.constant('retire' as const),
      key,
      which: fc.constantFrom('current' as const, 'published' as const, 'old' as const),
    }),
  ),
  weighted(1, fc.record({ do: fc.constant('delete' as const), key })),
  weighted(
    3,
    fc.record({
      do: fc.constant('pull request' as const),
      is: fc.constantFrom('closed' as const, 'reopened' as const),
    }),
  ),
  weighted(
    2,
    fc.record({
      do: fc.constant('happens' as const),
      what: fc.constantFrom('archived' as const, 'unarchived' as const, 'teardown' as const, 'rotation' as const),
    }),
  ),
  weighted(6, fc.record({ do: fc.constant('webhook' as const), index: fc.nat(5) })),
  weighted(
    14,
    fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1000, 30_000, 10 * 60_000, HOUR, DAY, 8 * DAY, 31 * DAY),
      lively: fc.constantFrom(true, true, true, false),
      loses: fc.constantFrom(0, 0, 2, 4, 6, 10),
    }),
  ),
  weighted(4, fc.record({ do: fc.constant('evict' as const) })),
  weighted(
    2,
    fc.record({
      do: fc.constant('clock goes back' as const),
      ms: fc.constantFrom(1000, 30_000, 10 * 60_000, HOUR),
    }),
  ),
  weighted(
    3,
    fc.record({
      do: fc.constant('outage' as const),
      of: fc.constantFrom('server' as const, 'github' as const, 'kv' as const),
      is: fc.constantFrom(true, false, false),
    }),
  ),
  weighted(2, fc.record({ do: fc.constant('operator' as const), key })),
  weighted(
    1,
    fc.record({
      do: fc.constant('lose' as const),
      behind: fc.array(fc.constantFrom(0, 0, 1000, 60_000, HOUR, 2 * DAY), { minLength: 1, maxLength: 4 }),
      held: fc.boolean(),
    }),
  ),
  weighted(1, fc.record({ do: fc.constant('cron' as const) })),
);

const schedule: fc.Arbitrary<Schedule> = fc.record({
  circumstances: fc
    .record({
      kind: fc.constantFrom(...(Object.keys(KINDS) as (keyof typeof KINDS)[])),
      retire: fc.constantFrom('confirmed' as const, 'after-overlap' as const),
      deployed: fc.boolean(),
      update: fc.constantFrom('ask' as const, 'interrupt' as const, 'replace' as const),
      publishes: fc.constantFrom('app' as const, 'app' as const, 'app' as const, 'job' as const, 'nobody' as const),
      branch: fc.boolean(),
      keys: fc.constantFrom(false, false, true),
      shares: fc.constantFrom(false, false, false, false, true),
    })
    .map(({ publishes, ...rest }) => ({ ...rest, app: publishes === 'app', byJob: publishes === 'job' })),
  deeds: fc.array(deed, { minLength: 5, maxLength: 40 }),
});

type Regression = Schedule & { readonly shows: string };
const regressions = JSON.parse(readFileSync(new URL('regressions.json', import.meta.url), 'utf8')) as Regression[];

it.each(regressions)('a schedule that once broke a rule: $shows', async (kept) => {
  await play(kept);
});

it('keeps the rules in whatever order things happen', { timeout: 12 * 3_600_000 }, async () => {
  // What fails is played again from the printed schedule; until then, where errors come from only takes time.
  Error.stackTraceLimit = 0;
  const began = performance.now();
  const ends = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(schedule, async (one) => {
      for (const code of await play(one)) ends.set(code, (ends.get(code) ?? 0) + 1);
    }),
    { numRuns: SCHEDULES, seed: SEED, endOnFailure: process.env.SHRINK === 'no' },
  );
  const runs = [...ends.values()].reduce((sum, count) => sum + count, 0);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.info(`${SCHEDULES} schedules with ${runs} runs in ${seconds} s (seed ${SEED})`);
  console.info(
    [...ends]
      .sort((a, b) => b[1] - a[1])
      .map(([code, count]) => `${code} ${count}`)
      .join(', '),
  );
  if (SCHEDULES >= 2000)
    expect([...ends.keys()]).toEqual(expect.arrayContaining(['done', 'lost', 'owner_ended', 'registration_unknown']));
});
