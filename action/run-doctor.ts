import { examineServer } from '../shared/discovery/examine-server.ts';
import { describeDiagnosis, diagnosisLines, type Section } from '../shared/doctor/describe-diagnosis.ts';
import { type Diagnosis, diagnose, problemsOf } from '../shared/doctor/diagnose.ts';
import { probeClient } from '../shared/doctor/probe-client.ts';
import { probeServer } from '../shared/doctor/probe-server.ts';
import type { ServerReference } from '../shared/manifest/desired.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import { bind, gather } from './gather.ts';
import { createJobStore } from './job-store.ts';
import { code, table, text } from './markdown.ts';
import { noAnnouncing, noPublishing } from './no-publishing.ts';
import type { Done, Work } from './work.ts';

/**
 * Explains the server of the inputs, or every server of the manifest, one after the other. A throw-away client is kept
 * where the post step finds it, which deletes it if this step could not.
 */
export async function runDoctor(work: Work): Promise<Done> {
  const { inputs, network, to, stopping } = work;
  to.saveState('insecure-loopback', String(inputs.insecureLoopback));
  const ports: Ports = { ...network, sink: noPublishing, announce: noAnnouncing, store: createJobStore(to.saveState) };
  const diagnoses: Diagnosis[] = [];
  for (const [index, reference] of (await serversOf(work)).entries()) {
    const examination = await examineServer(reference, network.http);
    const { server } = examination;
    const { redirectUris, scope } = inputs;
    const wish = { name: `probe-${index + 1}`, redirectUris, ...(scope !== undefined && { scope }) };
    const probe =
      inputs.probe && server !== undefined
        ? await probeServer({ server, desired: probeClient(server, wish), ports, stopping })
        : undefined;
    const diagnosis = diagnose(examination, probe);
    diagnoses.push(diagnosis);
    to.info(diagnosis.address);
    for (const line of diagnosisLines(diagnosis)) to.info(line);
  }
  return {
    reports: [],
    problems: diagnoses.flatMap(problemsOf),
    warnings: [],
    summary: diagnoses.map(doctorSummary).join(''),
  };
}

async function serversOf({ inputs, context, session }: Work): Promise<readonly ServerReference[]> {
  if (inputs.server !== undefined) return [{ address: inputs.server, configurationEndpointOrigins: [] }];
  const binding = await bind(inputs, context, session.github);
  const { reading } = await gather(inputs, context, binding, session.github);
  const references = reading.desired.map(({ server }) => [JSON.stringify(server), server] as const);
  return [...new Map(references).values()];
}

function doctorSummary(diagnosis: Diagnosis): string {
  const sections = describeDiagnosis(diagnosis).map(sectionMarkdown);
  return [`### What ${code(diagnosis.address)} offers`, ...sections].join('\n\n').concat('\n\n');
}

function sectionMarkdown({ title, rows }: Section): string {
  const single = rows.every((row) => row.length === 1);
  const body = single
    ? rows.map(([line = '']) => `- ${text(line)}`).join('\n')
    : table(
        (rows[0] ?? []).map(() => ''),
        rows.map((row) => row.map(text)),
      );
  return `**${title}**\n\n${body}`;
}
