import { isRegistrarError } from '../shared/errors/registrar-error.ts';
import { whatToLookFor } from '../shared/reconcile/marker.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import { reconcile } from '../shared/reconcile/reconcile.ts';
import { endRegistration } from '../shared/reconcile/transitions.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { describeEvent } from './describe-event.ts';
import { createJobStore } from './job-store.ts';
import { loadJobRecords } from './load-job-records.ts';
import { noAnnouncing, noPublishing } from './no-publishing.ts';
import { mask } from './platform.ts';
import { openNetwork } from './ports.ts';
import { secretsOf } from './secrets-of.ts';
import { leftOverSummary } from './summary.ts';
import type { core } from './toolkit.ts';

/** How long the post step tries in all; GitHub ends a cancelled job after five minutes. */
const PATIENCE_MS = 90_000;

/** Deletes what the main step made for this job. Never fails the job: what is left behind is named. */
export async function runPost(env: NodeJS.ProcessEnv, to: typeof core): Promise<void> {
  const atWorker = to.getState('worker-clients');
  if (atWorker !== '') await (await import('./worker/end-with-job.ts')).endAtWorker(atWorker, env, to);
  const { records, unreadable } = loadJobRecords(env);
  if (records.length + unreadable.length === 0) return;
  mask(records.flatMap(secretsOf));
  const network = await openNetwork({
    env,
    insecureLoopback: to.getState('insecure-loopback') === 'true',
    verify: true,
  });
  const ports: Ports = { ...network, sink: noPublishing, announce: noAnnouncing, store: createJobStore(to.saveState) };
  const left = [
    ...unreadable.map(notRead),
    ...(await Promise.all(records.map((record) => endOrName(record, ports, to)))).flat(),
  ];
  for (const line of left) to.warning(line, { title: 'oauth-registrar: left behind' });
  await to.writeSummary(leftOverSummary(left));
}

/** What it says may be secret, so nothing of it is shown. */
function notRead(name: string): string {
  return `${name}: what the main step left in GITHUB_STATE under this name cannot be read, so a client of this job may not have been deleted. The log of the main step names it: ask the operator of its server to delete it.`;
}

/** What cannot even be tried is named all the same. */
async function endOrName(record: RegistrationRecord, ports: Ports, to: typeof core): Promise<readonly string[]> {
  try {
    return await endRecord(record, ports, to);
  } catch (error) {
    return leftBehind(record, error);
  }
}

/** Ends one registration and says what is left of it. */
async function endRecord(record: RegistrationRecord, ports: Ports, to: typeof core): Promise<readonly string[]> {
  const ending = endRegistration(withoutOldTiming(record), ports.clock.now(), 'the job has ended').record;
  const outcome = await reconcile(ending, ports, { patienceMs: PATIENCE_MS });
  const { name } = record.desired;
  for (const event of outcome.events) {
    if (event.kind === 'deleted') to.info(`${name}: ${describeEvent(event).text}`);
  }
  return leftBehind(outcome.record, outcome.problem);
}

function leftBehind(record: RegistrationRecord, problem: unknown): readonly string[] {
  const { name } = record.desired;
  const at = record.server.address;
  const intents = record.intent === undefined ? [] : [{ ...record.intent, reason: 'the answer never came' }];
  return [
    ...record.orphans.map(
      ({ clientId, reason }) => `${name}: client ${clientId} stays at ${at}: ${reason}. Ask its operator to delete it.`,
    ),
    ...record.clients.map(({ clientId, removal }) => {
      const why = removal?.reason || (isRegistrarError(problem) ? problem.message : 'its deletion was not finished');
      return `${name}: client ${clientId} may still be at ${at}: ${why}. Ask its operator to delete it.`;
    }),
    ...[...record.suspects, ...intents].map(
      (suspect) =>
        `${name}: a client was requested and may exist at ${at}: ${suspect.reason}. Ask its operator to look for ${whatToLookFor(record, suspect)}, and to delete it.`,
    ),
  ];
}

/** The main step is over, so none of its calls is under way any more, unless it was killed while one was. */
function withoutOldTiming(record: RegistrationRecord): RegistrationRecord {
  const { backOff: _b, ...rest } = record;
  return rest;
}
