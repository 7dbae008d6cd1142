import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StandaloneStore } from '../../../action/standalone/git-store.ts';
import type { RegistrationRecord } from '../../../shared/record/record.ts';
import { plainRecord } from '../../record/sample-record.ts';
import { SEED } from '../../support/seed.ts';
import { type Bench, keysOf, outcomeOf, startBench } from './store-bench.ts';

/** Lets one call at a time through, of the run that the schedule names. */
type Gate = {
  readonly before: (call: { readonly token: string }) => Promise<void>;
  /** Runs all to their end, call by call. */
  readonly drive: (
    runs: Readonly<Record<string, Promise<unknown>>>,
    choose: (waiting: number) => number,
  ) => Promise<void>;
};

function makeGate(): Gate {
  const waiting = new Map<string, () => void>();
  let arrived: () => void = () => undefined;
  let open = true;
  return {
    before: ({ token }) =>
      open
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.set(token, resolve);
            arrived();
          }),
    drive: async (runs, choose) => {
      open = false;
      const unfinished = new Set(Object.keys(runs));
      for (const [name, run] of Object.entries(runs)) {
        const end = () => {
          unfinished.delete(name);
          arrived();
        };
        run.then(end, end);
      }
      while (unfinished.size > 0) {
        while (waiting.size < unfinished.size) {
          await new Promise<void>((resolve) => {
            arrived = resolve;
          });
        }
        const names = [...waiting.keys()].sort();
        const chosen = names[choose(names.length) % Math.max(names.length, 1)];
        const release = waiting.get(chosen ?? '');
        waiting.delete(chosen ?? '');
        release?.();
      }
      open = true;
    },
  };
}

/**
 * What a run does with one registration: read it, save the intent, then the client. Every save adds a row to what the
 * run knows, so whatever is overwritten or lost is missing in the end. Resolves with the rows that were saved, and with
 * what ended it.
 */
async function journey(store: StandaloneStore, run: string, key: string) {
  const { registrations } = await store.load();
  let record: RegistrationRecord = registrations[key] ?? plainRecord(key);
  const saved: string[] = [];
  for (const step of ['intent', 'client']) {
    const row = { clientId: `${run} ${step}`, server: 's', madeAt: 0 };
    record = { ...record, ledger: [...record.ledger, row] };
    const outcome = await outcomeOf(store.save(record));
    if (outcome !== 'saved') {
      return { saved, end: outcome };
    }
    saved.push(row.clientId);
  }
  return { saved, end: 'saved' as const };
}

const rowsOf = async (bench: Bench, key: string): Promise<readonly string[]> =>
  ((await bench.store().load()).registrations[key]?.ledger ?? []).map(({ clientId }) => clientId);

/** No row of one run between two of another. */
const isOneByOne = (rows: readonly string[]): boolean =>
  rows.every((row, index) => !row.endsWith('client') || rows[index - 1] === row.replace('client', 'intent'));

async function withBench<Result>(
  use: (bench: Bench, gate: Gate) => Promise<Result>,
  options: Parameters<typeof startBench>[0] = {},
): Promise<Result> {
  const gate = makeGate();
  const bench = await startBench({ ...options, before: (call) => gate.before(call) });
  try {
    return await use(bench, gate);
  } finally {
    await bench.github.close();
  }
}

const schedules = fc.array(fc.nat(1), { minLength: 24, maxLength: 24 });
const chooser = (schedule: readonly number[]) => {
  let step = 0;
  return () => schedule[step++ % schedule.length] ?? 0;
};

describe('two runs at once, call by call', { timeout: 60_000 }, () => {
  it('on one registration: one goes on, the other is told to run again unless it began after the first', async () => {
    const ends = new Set<string>();
    await fc.assert(
      fc.asyncProperty(schedules, fc.boolean(), fc.boolean(), async (schedule, begun, branch) => {
        await withBench(
          async (bench, gate) => {
            if (begun) {
              await bench.store().save(plainRecord('pr-1/web'));
            }
            const a = journey(bench.store({ token: 'job-a' }), 'job-a', 'pr-1/web');
            const b = journey(bench.store({ token: 'job-b' }), 'job-b', 'pr-1/web');
            await gate.drive({ 'job-a': a, 'job-b': b }, chooser(schedule));
            const [one, two] = [await a, await b];
            const rows = await rowsOf(bench, 'pr-1/web');
            expect([...rows].sort()).toEqual([...one.saved, ...two.saved].sort());
            expect(isOneByOne(rows)).toBe(true);
            expect([one.end, two.end]).toContain('saved');
            expect(['saved', 'run_again']).toEqual(expect.arrayContaining([one.end, two.end]));
            ends.add(`${one.end} ${two.end}`);
          },
          branch ? { refPolicy: 'branches-and-tags' } : {},
        );
      }),
      { numRuns: 20, seed: SEED },
    );
    expect(ends).toContain('saved run_again');
    expect(ends).toContain('run_again saved');
  });

  it('on different registrations: both go on and nothing is lost, not even while the state is sealed anew', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, fc.boolean(), async (schedule, older) => {
        await withBench(async (bench, gate) => {
          await bench.store({ keys: await keysOf(older ? 2 : 1) }).save(plainRecord('pr-1/kept'));
          const keys = await keysOf(1, 2);
          const a = journey(bench.store({ token: 'job-a', keys }), 'job-a', 'pr-1/a');
          const b = journey(bench.store({ token: 'job-b', keys }), 'job-b', 'pr-1/b');
          await gate.drive({ 'job-a': a, 'job-b': b }, chooser(schedule));
          expect([(await a).end, (await b).end]).toEqual(['saved', 'saved']);
          expect(await rowsOf(bench, 'pr-1/a')).toEqual(['job-a intent', 'job-a client']);
          expect(await rowsOf(bench, 'pr-1/b')).toEqual(['job-b intent', 'job-b client']);
          expect((await bench.store().load()).registrations).toHaveProperty(['pr-1/kept']);
        });
      }),
      { numRuns: 20, seed: SEED },
    );
  });

  it('with stale reads and lost answers: nothing that is said to be saved is lost or overwritten', async () => {
    const faults = fc.array(
      fc.record({
        kind: fc.constantFrom('lost', 'cut', 'stale', 'failed'),
        from: fc.integer({ min: 1, max: 6 }),
        template: fc.constantFrom('/git/refs', '/git/refs/{+ref}', '/git/ref/{+ref}', '/git/commits'),
      }),
      { maxLength: 5 },
    );
    const ends: string[] = [];
    await fc.assert(
      fc.asyncProperty(schedules, faults, fc.boolean(), async (schedule, faultList, same) => {
        await withBench(async (bench, gate) => {
          for (const { kind, from, template } of faultList.filter((each) => each.kind !== 'stale')) {
            const answer =
              kind === 'failed'
                ? { kind: 'done-but' as const, status: 502 }
                : ({ kind: kind === 'cut' ? 'cut' : 'lost' } as const);
            bench.github.fault({ template, from, answer });
          }
          const choose = chooser(schedule);
          let step = 0;
          const keyOfB = same ? 'pr-1/a' : 'pr-1/b';
          const a = journey(bench.store({ token: 'job-a' }), 'job-a', 'pr-1/a');
          const b = journey(bench.store({ token: 'job-b' }), 'job-b', keyOfB);
          await gate.drive({ 'job-a': a, 'job-b': b }, () => {
            step += 1;
            for (const { from } of faultList.filter((each) => each.kind === 'stale' && each.from * 2 === step)) {
              bench.github.staleReads({ template: '/git/ref/{+ref}', times: from });
            }
            return choose();
          });
          bench.github.clearFaults();
          const rows = [...(await rowsOf(bench, 'pr-1/a')), ...(same ? [] : await rowsOf(bench, keyOfB))];
          const [one, two] = [await a, await b];
          expect(rows).toEqual(expect.arrayContaining([...one.saved, ...two.saved]));
          expect(new Set(rows).size).toBe(rows.length);
          expect(isOneByOne(rows)).toBe(true);
          ends.push(one.end, two.end);
        });
      }),
      { numRuns: 40, seed: SEED },
    );
    expect([...new Set(ends)].sort()).toEqual(expect.arrayContaining(['run_again', 'saved']));
    expect(ends.filter((end) => end === 'saved').length).toBeGreaterThan(ends.length / 2);
  });
});

describe('an old run', () => {
  it('that was stopped between reading and saving does not undo what came after', async () => {
    await withBench(async (bench) => {
      await bench.store().save(plainRecord('pr-1/web'));
      const old = bench.store({ token: 'job-a' });
      await old.load();
      await bench.store({ token: 'job-b' }).save({ ...plainRecord('pr-1/web'), expiresAt: 1 });
      await bench.store({ token: 'job-b' }).save(plainRecord('pr-1/job'));
      expect(await outcomeOf(old.save({ ...plainRecord('pr-1/web'), expiresAt: 2 }))).toBe('run_again');
      expect(await outcomeOf(old.save({ ...plainRecord('pr-1/web'), expiresAt: 3 }))).toBe('run_again');
      expect(await outcomeOf(old.remove('pr-1/web'))).toBe('run_again');
      expect(await outcomeOf(old.save({ ...plainRecord('pr-1/job'), expiresAt: 2 }))).toBe('run_again');
      expect(await outcomeOf(old.save(plainRecord('pr-1/new')))).toBe('saved');
      const { registrations } = await bench.store().load();
      expect(registrations).toEqual({
        'pr-1/web': { ...plainRecord('pr-1/web'), expiresAt: 1 },
        'pr-1/job': plainRecord('pr-1/job'),
        'pr-1/new': plainRecord('pr-1/new'),
      });
      await old.load();
      expect(await outcomeOf(old.save({ ...plainRecord('pr-1/web'), expiresAt: 4 }))).toBe('saved');
    });
  });

  it('that lost one registration still saves the others of the same commit', async () => {
    await withBench(async (bench) => {
      const old = bench.store({ token: 'job-a' });
      await old.load();
      await bench.store({ token: 'job-b' }).save(plainRecord('pr-1/web'));
      const mine = { ...plainRecord('pr-1/web'), expiresAt: 2 };
      const saves = [old.save(mine), old.save(plainRecord('pr-1/job')), old.save(plainRecord('pr-1/new'))];
      expect(await Promise.all(saves.map(outcomeOf))).toEqual(['run_again', 'saved', 'saved']);
      expect(Object.keys((await bench.store().load()).registrations)).toEqual(['pr-1/web', 'pr-1/job', 'pr-1/new']);
    });
  });

  it('that reads the past goes on from the present', async () => {
    await withBench(async (bench) => {
      bench.github.staleReads({ template: '/git/ref/{+ref}', times: 2 });
      await bench.store().save(plainRecord('pr-1/web'));
      const store = bench.store({ token: 'job-a' });
      bench.github.staleReads({ template: '/git/ref/{+ref}', times: 3 });
      await bench.store({ token: 'job-b' }).save({ ...plainRecord('pr-1/web'), expiresAt: 1 });
      await store.save(plainRecord('pr-1/job'));
      expect(await outcomeOf(store.save({ ...plainRecord('pr-1/web'), expiresAt: 2 }))).toBe('run_again');
      bench.github.staleReads({ template: '/git/ref/{+ref}', times: 2 });
      await bench.store({ token: 'job-b' }).save(plainRecord('pr-1/more'));
      await store.save({ ...plainRecord('pr-1/job'), expiresAt: 3 });
      expect((await bench.store().load()).registrations).toEqual({
        'pr-1/web': { ...plainRecord('pr-1/web'), expiresAt: 1 },
        'pr-1/job': { ...plainRecord('pr-1/job'), expiresAt: 3 },
        'pr-1/more': plainRecord('pr-1/more'),
      });
    });
  });

  it('that reads what was before its own save is not told to run again', async () => {
    await withBench(async (bench) => {
      await bench.store().save(plainRecord('pr-1/web'));
      const store = bench.store({ token: 'job-a' });
      await store.load();
      bench.github.staleReads({ template: '/git/ref/{+ref}', token: 'job-a', times: 3 });
      await store.save({ ...plainRecord('pr-1/web'), expiresAt: 1 });
      await bench.store({ token: 'job-b' }).save(plainRecord('pr-1/job'));
      expect(await outcomeOf(store.save({ ...plainRecord('pr-1/web'), expiresAt: 2 }))).toBe('saved');
      expect(Object.keys((await bench.store().load()).registrations)).toEqual(['pr-1/web', 'pr-1/job']);
    });
  });

  it('is told to run again when reads never catch up', async () => {
    await withBench(async (bench) => {
      await bench.store().save(plainRecord('pr-1/web'));
      const store = bench.store({ token: 'job-a' });
      await store.load();
      bench.github.staleReads({ template: '/git/ref/{+ref}', token: 'job-a', times: 99 });
      await bench.store({ token: 'job-b' }).save(plainRecord('pr-1/job'));
      expect(await outcomeOf(store.save(plainRecord('pr-1/new')))).toBe('run_again');
      expect(bench.clock.slept()).toBeLessThan(60_000);
    });
  });
});
