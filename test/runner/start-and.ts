import type { Story } from '../demo/story.ts';
import type { Ended, WorkflowRun } from './act.ts';

export type Started = {
  readonly start: (run: WorkflowRun) => Promise<Ended>;
  /** Everything that must be in no log: secrets that were handed in, and those that servers gave. */
  readonly secretValues: () => readonly string[];
};

/** Starts a workflow, and holds what every run has to keep to; shows the log of one that failed. */
export function startAnd(scene: Started, { check, shows }: Story): (run: WorkflowRun) => Promise<Ended> {
  return async (run) => {
    const began = performance.now();
    const ended = await scene.start(run);
    const what = [run.workflow, run.job ?? '', `on ${run.event}`].filter((word) => word !== '').join(' ');
    shows('act', `${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    check('the run succeeded', ended.exitCode, 0);
    const open = scene.secretValues().filter((value) => ended.log.includes(value));
    check('no secret is in its log', open.length, 0);
    if (ended.exitCode !== 0)
      shows(
        'log',
        open.reduce((log, value) => log.replaceAll(value, '(secret)'), ended.log),
      );
    return ended;
  };
}
