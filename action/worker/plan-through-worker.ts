import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { bind, gather } from '../gather.ts';
import type { Done, Work } from '../work.ts';
import { readView } from './read-answer.ts';
import type { WorkerCalls } from './worker-calls.ts';
import { forEachClient, sentenceFor, workerDone } from './worker-done.ts';
import { reportOf, type WorkerReport } from './worker-report.ts';

/** Shows how the clients of the manifest stand at the Worker; changes nothing. */
export async function runPlanThroughWorker(work: Work, calls: WorkerCalls): Promise<Done> {
  const { inputs, context, session, network, to } = work;
  const binding = await bind(inputs, context, session.github);
  const { environment } = binding;
  const { reading, file, warnings } = await gather(inputs, context, binding, session.github);
  const reports = await forEachClient(reading.desired, async (desired) => {
    try {
      const answer = readView(await calls({ method: 'GET', environment, name: desired.name }));
      return reportOf(desired, answer, network.clock.now());
    } catch (error) {
      if (isRegistrarError(error, 'registration_not_found')) return { desired, events: [] };
      throw error;
    }
  });
  const sentence = sentenceFor(reading.desired, binding);
  to.info(`Environment ${environment}, at the Worker. ${sentence}.`);
  for (const report of reports)
    if (report.problem === undefined) to.info(`${report.desired.name}: ${standing(report)}`);
  const problems = reports.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  // Nothing was done, so nothing is handed out.
  return { ...workerDone({ work, environment, sentence, reports, warnings, file }), reports: [], problems };
}

function standing({ view }: WorkerReport): string {
  if (view === undefined || view.status === 'ended') return 'would be registered';
  return `is there (${view.status}): client ${view.client_id ?? 'not made yet'}`;
}
