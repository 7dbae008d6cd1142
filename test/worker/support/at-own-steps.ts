import { expect } from 'vitest';
import { type Plan, type Step, WAYS } from './own-steps/ways.ts';
import type { SteppedWorker } from './stepped.ts';

/** Longer than any call, and any lease, lasts. */
const LONG_MS = 300_000;
/** Of the points of a journey, in `npm test`. */
const SAMPLE = 16;

export type Journey = {
  readonly title: string;
  /** How many there were when this was written; not to become fewer unnoticed. */
  readonly points: number;
  /** What comes before; the object does not end in it. */
  readonly before: () => Promise<void>;
  /** What the object ends in. Somebody who is told that it ended may ask again; the cron and alarms do the rest. */
  readonly work: () => Promise<void>;
  /** What has to be true then, wherever it ended. */
  readonly afterwards: (at: string) => Promise<void>;
};

type Point = Plan & { readonly at: Step };

/** Plays a journey to its end; then once more for each of the object's own steps and ways to end there, or for some of them. */
export async function atOwnSteps(worker: SteppedWorker, { title, points: expected, ...journey }: Journey) {
  const play = async (plan: Point | undefined): Promise<readonly Step[]> => {
    const at = plan === undefined ? 'undisturbed' : `ended at step ${plan.step}, ${plan.at}: ${plan.way}`;
    await journey.before();
    await worker.rest();
    await worker.count(plan);
    await journey.work();
    await worker.pass(LONG_MS);
    const { steps, endedAt } = await worker.countNoMore();
    expect(endedAt, at).toBe(plan?.at);
    // The platform's cron finds what has no alarm.
    await worker.cron();
    await worker.rest();
    await journey.afterwards(at);
    return steps;
  };

  const steps = await play(undefined);
  const points = steps.flatMap((at, step) => WAYS[at].map((way): Point => ({ step, at, way })));
  const chosen = process.env.ALL_STEPS === undefined ? spread(points, SAMPLE) : points;
  for (const point of chosen) await play(point);
  const left = points.length - chosen.length;
  const others = left === 0 ? '' : `; the ${left} others with ALL_STEPS=1`;
  console.info(`${title}: ${steps.length} own steps, ${points.length} points, ${chosen.length} tried${others}`);
  expect(points.length).toBeGreaterThanOrEqual(expected);
}

/** So many of a list, from all over it. */
function spread<T>(list: readonly T[], most: number): readonly T[] {
  const every = Math.max(1, list.length / most);
  return list.filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every));
}
