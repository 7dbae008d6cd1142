import { randomUUID } from 'node:crypto';
import { examineServer } from '../shared/discovery/examine-server.ts';
import { diagnosisLines } from '../shared/doctor/describe-diagnosis.ts';
import { type Diagnosis, diagnose, problemsOf } from '../shared/doctor/diagnose.ts';
import { describeLeftBehind, leftBehind } from '../shared/doctor/left-behind.ts';
import { PROBE_ENVIRONMENT, probeClient } from '../shared/doctor/probe-client.ts';
import { endProbe, probeServer } from '../shared/doctor/probe-server.ts';
import { hintFor } from './hints.ts';
import type { Asked } from './options.ts';
import type { NetworkPorts } from './ports.ts';
import { eventLines } from './present.ts';
import type { Screen } from './screen.ts';
import { isAlive, type Work } from './work.ts';

/** Explains a server; without `work` nothing is registered and no file is touched. */
export async function doctor(
  { asked, screen, network }: { readonly asked: Asked; readonly screen: Screen; readonly network: NetworkPorts },
  work?: Work,
): Promise<number> {
  const reference = { address: asked.url ?? '', configurationEndpointOrigins: [] };
  if (work !== undefined) await endEarlierProbes(work);
  const examination = await examineServer(reference, network.http);
  const { server } = examination;
  const scope = asked.text('scope');
  const name = `probe-${randomUUID().slice(0, 8)}`;
  const wish = { name, redirectUris: asked.list('redirect-uri'), ...(scope !== undefined && { scope }) };
  const probe =
    work === undefined || server === undefined
      ? undefined
      : await probeServer({ server, desired: probeClient(server, wish), ports: work.ports, stopping: work.stopping });
  if (probe !== undefined && probe.left_behind.length === 0) await work?.state.forget(`${PROBE_ENVIRONMENT}/${name}`);
  const diagnosis = withOwnHint(diagnose(examination, probe));
  tell(diagnosis, asked, screen);
  return problemsOf(diagnosis).length === 0 ? 0 : 1;
}

/** What to do about a problem, as it is done here. */
function withOwnHint(diagnosis: Diagnosis): Diagnosis {
  const [problem] = problemsOf(diagnosis);
  if (diagnosis.problem === undefined || problem === undefined) return diagnosis;
  return { ...diagnosis, problem: { ...diagnosis.problem, hint: hintFor(problem) } };
}

function tell(diagnosis: Diagnosis, asked: Asked, screen: Screen): void {
  if (asked.flag('json')) {
    screen.result(JSON.stringify(diagnosis, null, 2));
    return;
  }
  for (const line of [diagnosis.address, ...diagnosisLines(diagnosis)]) screen.result(line);
  // What has a section of its own was told there.
  if (diagnosis.problem !== undefined) return;
  for (const problem of problemsOf(diagnosis)) screen.note(`error: ${problem.message}`);
}

/** A probe that was killed left its client in the state file. */
async function endEarlierProbes({ state, ports, screen }: Work): Promise<void> {
  const earlier = [...state.records().values()].filter(({ desired }) => desired.environment === PROBE_ENVIRONMENT);
  for (const record of earlier.filter(({ clients, intent }) => clients.length > 0 || intent !== undefined)) {
    screen.note(`${record.key}: an earlier probe was not finished; cleaning up.`);
    const ended = await endProbe(record, ports);
    for (const line of eventLines(record, ended.events)) screen.note(line);
    for (const left of leftBehind(ended.record)) screen.note(describeLeftBehind(left));
    if (!isAlive(ended.record)) await state.forget(record.key);
  }
}
