import type { Desired } from '../../shared/manifest/desired.ts';
import { atMost } from '../../shared/publish/at-most.ts';
import { forClient } from '../apply.ts';
import type { Binding } from '../binding/bind-run.ts';
import { bindingSentence } from '../binding/binding-sentence.ts';
import { summaryOf } from '../summary.ts';
import type { Done, Work } from '../work.ts';
import type { WorkerReport } from './worker-report.ts';
import { workerSummary } from './worker-summary.ts';

/** Requests to the Worker at one time. */
const AT_ONCE = 6;

/** Runs for every client; one that fails does not keep the others from it. */
export async function forEachClient(
  wanted: readonly Desired[],
  run: (desired: Desired) => Promise<WorkerReport>,
): Promise<readonly WorkerReport[]> {
  const queue = atMost(AT_ONCE);
  return Promise.all(
    wanted.map((desired) =>
      queue(async (): Promise<WorkerReport> => {
        try {
          return await run(desired);
        } catch (error) {
          return { desired, events: [], problem: forClient(error, desired) };
        }
      }),
    ),
  );
}

/** What a command through the Worker came to. */
export function workerDone({
  work,
  environment,
  sentence,
  reports,
  warnings = [],
  file,
}: {
  readonly work: Work;
  readonly environment: string;
  readonly sentence: string;
  readonly reports: readonly WorkerReport[];
  readonly warnings?: readonly string[];
  readonly file?: string | undefined;
}): Done {
  const now = work.network.clock.now();
  const kept = workerSummary(reports);
  const summary = summaryOf({ environment, sentence, reports, warnings, now, kept });
  return { reports, problems: [], warnings, summary, ...(file !== undefined && { file }) };
}

/** What becomes of the clients, as one sentence. */
export function sentenceFor(desired: readonly Desired[], { owner }: Binding): string {
  const names = desired.map(({ name }) => name).join(', ');
  return desired.every(({ ttl }) => ttl === 'job')
    ? `${names}: deleted when this job ends`
    : bindingSentence(names, owner);
}
