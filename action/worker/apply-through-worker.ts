import type { ApplyBody } from '../../shared/api/worker-api.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import type { Sink } from '../../shared/publish/sink.ts';
import { forClient } from '../apply.ts';
import { refuseUnclear } from '../binding/bind-run.ts';
import { bind, gather } from '../gather.ts';
import type { Inputs } from '../inputs.ts';
import type { Done, Work } from '../work.ts';
import { keepForPost } from './end-with-job.ts';
import { openSink, publishByJob } from './publish-by-job.ts';
import { readApply } from './read-answer.ts';
import type { WorkerCalls } from './worker-calls.ts';
import { forEachClient, sentenceFor, workerDone } from './worker-done.ts';
import { reportOf, type WorkerReport } from './worker-report.ts';

/** Asks the Worker to bring every client of the manifest to what it asks for, and publishes where the Worker cannot. */
export async function runApplyThroughWorker(work: Work, calls: WorkerCalls): Promise<Done> {
  const { inputs, context, session, to } = work;
  const binding = await bind(inputs, context, session.github);
  refuseUnclear(binding);
  const { environment } = binding;
  const { reading, file, warnings } = await gather(inputs, context, binding, session.github);
  const { desired } = reading;
  if (binding.ownerEnded === true) {
    throw new RegistrarError('owner_ended', {
      message: `Nothing is registered for ${environment}: its pull request is closed.`,
      hint: 'Nothing is left to do: the Worker removes what the pull request owned.',
    });
  }
  const sentence = sentenceFor(desired, binding);
  to.info(`Environment ${environment}, through the Worker. ${sentence}.`);
  keepForPost(to, desired, inputs);
  const reports = await forEachClient(desired, applier(work, calls));
  const withheld = reports.flatMap((report) => (report.withheld === undefined ? [] : [report.withheld]));
  const told = [...warnings, ...verifyWarning(inputs), ...withheld];
  return workerDone({ work, environment, sentence, reports, warnings: told, file });
}

/** Applies one client: the Worker makes it, and the job publishes what the Worker cannot. */
export function applier(work: Work, calls: WorkerCalls): (desired: Desired) => Promise<WorkerReport> {
  let opened: Promise<Sink> | undefined;
  const sink = (): Promise<Sink> => {
    opened ??= openSink(work);
    return opened;
  };
  return async (desired) => {
    const { key, name, environment, owner, ...rest } = desired;
    const body: ApplyBody = { desired: rest, ...(owner && { owner }) };
    const answer = readApply(await calls({ method: 'PUT', environment, name, body }));
    const { withheld } = answer;
    const report: WorkerReport = {
      ...reportOf(desired, answer, work.network.clock.now()),
      ...(withheld !== undefined && { withheld }),
    };
    const { edition } = answer.credentials;
    const tell = async (stage: 'claimed' | 'written'): Promise<void> => {
      const receipt = { edition, ...(stage === 'claimed' && { stage }) };
      await calls({ method: 'POST', environment, name, verb: 'published', body: receipt });
    };
    try {
      const published = await publishByJob({ answer, sink, tell });
      return { ...report, events: [...report.events, ...published] };
    } catch (error) {
      return { ...report, problem: forClient(error, desired) };
    }
  };
}

function verifyWarning({ verify }: Inputs): readonly string[] {
  return verify
    ? []
    : ['The input verify has no effect with worker-url: the Worker tries credentials before it publishes them.'];
}
