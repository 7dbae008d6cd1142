import type { Ended, WorkflowRun } from './act.ts';
import type { Session } from './session.ts';

type Start = (run: WorkflowRun) => Promise<Ended>;

/** Starts a workflow, and holds what every run has to keep to; shows the log of one that failed. */
export function startAnd(start: Start, { story, secrets, started }: Session): Start {
  const { check, shows } = story;
  return async (run) => {
    started.add(run.workflow);
    const began = performance.now();
    const ended = await start(run);
    const what = [run.workflow, run.job ?? '', `on ${run.event}`].filter((word) => word !== '').join(' ');
    shows('act', `${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    check('the run succeeded', ended.exitCode, 0);
    check('no secret is in its log', secrets.within(ended.log).length, 0);
    if (ended.exitCode !== 0) shows('log', ended.log);
    return ended;
  };
}
