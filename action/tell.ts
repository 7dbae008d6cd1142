import type { RegistrarError } from '../shared/errors/registrar-error.ts';
import { describeProblem } from '../shared/manifest/problems.ts';
import { describeEvent } from './describe-event.ts';
import { type ClientReport, labelOf } from './report.ts';
import type { core } from './toolkit.ts';

/** Annotations a step can have of one level; the rest would be lost. */
const ANNOTATIONS = 10;

/** One annotation per error: what failed, every problem, what to do. */
export function tellErrors(to: typeof core, errors: readonly RegistrarError[], file?: string): void {
  const shown = errors.length > ANNOTATIONS ? ANNOTATIONS - 1 : errors.length;
  for (const error of errors.slice(0, shown)) {
    const line = error.problems.find((problem) => problem.line !== undefined)?.line;
    to.error(errorText(error), {
      title: `oauth-registrar: ${error.code}`,
      ...(file !== undefined && line !== undefined && { file, startLine: line }),
    });
  }
  const rest = errors.slice(shown);
  if (rest.length === 0) return;
  for (const error of rest) to.info(errorText(error));
  to.error(`${rest.length} more errors are in the log of this step.`, { title: 'oauth-registrar' });
}

/** What failed, for which client, at which server, every problem, what to do. */
function errorText(error: RegistrarError): string {
  const { message, client, server, hint } = error;
  return [
    client === undefined || message.includes(client) ? message : `${client}: ${message}`,
    ...problemLines(error).map((line) => `  ${line}`),
    ...(server === undefined || message.includes(server) ? [] : [`Server: ${server}`]),
    `What to do: ${hint}`,
  ].join('\n');
}

/** Every problem on a line; none for a single one, which the message says already. */
export function problemLines({ problems }: RegistrarError): readonly string[] {
  return problems.length < 2 ? [] : problems.map((problem) => describeProblem(problem));
}

/** What was done with each client, line by line. */
export function tellReports(to: typeof core, reports: readonly ClientReport[]): void {
  for (const report of reports) {
    const { events, problem } = report;
    const name = labelOf(report);
    if (problem !== undefined) to.info(`${name}: failed (${problem.code})`);
    else if (events.length === 0) to.info(`${name}: unchanged`);
    for (const event of events) {
      const { text, warning } = describeEvent(event);
      if (warning) to.warning(`${name}: ${text}`, { title: 'oauth-registrar' });
      else to.info(`${name}: ${text}`);
    }
  }
}
