import { describeServer } from '../shared/discovery/describe-server.ts';
import type { Server } from '../shared/discovery/server.ts';
import type { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Event } from '../shared/reconcile/event.ts';
import { describeEvent } from './describe-event.ts';
import { firstDayLines } from './first-day.ts';
import { keptSummary } from './kept-summary.ts';
import { advice, code, table, text } from './markdown.ts';
import { type ClientReport, clientInUse, labelOf } from './report.ts';
import { problemLines } from './tell.ts';

/** The page a person sees under the job: clients, what was done, where endpoints were read, asked and granted, what to look at. */
export function summaryOf({
  environment,
  sentence,
  reports,
  warnings,
  now,
  kept = keptSummary(reports, now),
}: {
  readonly environment: string;
  readonly sentence: string;
  readonly reports: readonly ClientReport[];
  readonly warnings: readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** How what outlives the job stands, as Markdown; read from the records unless given. */
  readonly kept?: string;
}): string {
  const failed = reports.filter(({ problem }) => problem !== undefined).length;
  const state = failed === 0 ? '' : `: ${failed} of ${reports.length} failed`;
  return [
    `### OAuth clients for ${code(environment)}${state}`,
    text(sentence),
    reports.length === 0
      ? 'There was nothing to do.'
      : table(
          ['Client', 'client_id', 'Server', 'What was done'],
          reports.map((report) => clientRow(report, labelOf(report))),
        ),
    problems(reports),
    differences(reports),
    lookAt(reports, [...warnings, ...firstDayLines(reports)]),
    kept,
    servers(reports),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n\n');
}

/** What is left after the job, for people; empty when everything is gone. */
export function leftOverSummary(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `### OAuth clients left behind\n\n${lines.map(leftOverLine).join('\n')}\n\n`;
}

/** The name of the client comes first. */
function leftOverLine(line: string): string {
  const [name = '', ...rest] = line.split(': ');
  return `- **${text(name)}**: ${text(rest.join(': '))}`;
}

/** An error as one block of Markdown: what failed, every problem, what to do. */
export function errorSummary(error: RegistrarError): string {
  const list = problemLines(error).map((line) => `- ${text(line)}`);
  return [
    `### OAuth clients: nothing was done`,
    text(error.message),
    list.join('\n'),
    `**What to do:** ${advice(error.hint)}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n\n');
}

function clientRow(report: ClientReport, label: string): readonly string[] {
  const client = clientInUse(report);
  const done = report.problem === undefined ? whatWasDone(report.events) : `failed (${code(report.problem.code)})`;
  const { server } = report.desired;
  return [
    text(label),
    client === undefined ? '' : code(client.clientId),
    code(server.address ?? server.registrationEndpoint ?? ''),
    done,
  ];
}

function whatWasDone(events: readonly Event[]): string {
  const kinds = events
    .filter(({ kind }) => kind !== 'verified' && kind !== 'differs')
    .map(({ kind }) => kind.replaceAll('_', ' '));
  const verified = events.find((event) => event.kind === 'verified');
  const tried =
    verified === undefined
      ? []
      : [verified.outcome === 'works' ? 'credentials work' : `credentials ${verified.outcome}`];
  const all = [...new Set([...kinds, ...tried])];
  return all.length === 0 ? 'unchanged' : all.join(', ');
}

function problems(reports: readonly ClientReport[]): string {
  return reports
    .flatMap(({ problem, desired }) =>
      problem === undefined
        ? []
        : [`- **${text(desired.name)}**: ${text(problem.message)}<br>**What to do:** ${advice(problem.hint)}`],
    )
    .join('\n');
}

function differences(reports: readonly ClientReport[]): string {
  const rows = reports.flatMap(({ desired, events }) =>
    events.flatMap((event) =>
      event.kind === 'differs'
        ? event.differences.map(({ member, asked, granted }) => [
            text(desired.name),
            code(member),
            code(JSON.stringify(asked)),
            code(JSON.stringify(granted ?? null)),
          ])
        : [],
    ),
  );
  return rows.length === 0
    ? ''
    : `**Asked and granted differ**\n\n${table(['Client', 'Member', 'Asked', 'Granted'], rows)}`;
}

function lookAt(reports: readonly ClientReport[], warnings: readonly string[]): string {
  const lines = reports.flatMap(({ desired, events }) =>
    events
      .map(describeEvent)
      .filter(({ warning }) => warning)
      .map((line) => `${desired.name}: ${line.text}`),
  );
  const all = [...warnings, ...lines];
  return all.length === 0 ? '' : `**Worth a look**\n\n${all.map((line) => `- ${text(line)}`).join('\n')}`;
}

function servers(reports: readonly ClientReport[]): string {
  const seen = new Map<string, Server>();
  for (const { server } of reports) if (server !== undefined) seen.set(server.registration.url, server);
  return [...seen.values()]
    .map((server) => {
      const lines = describeServer(server).map((line) => `- ${text(line)}`);
      return `<details><summary>Where the endpoints of ${text(server.address)} were read</summary>\n\n${lines.join('\n')}\n\n</details>`;
    })
    .join('\n\n');
}
