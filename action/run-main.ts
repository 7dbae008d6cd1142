import { isRegistrarError, RegistrarError } from '../shared/errors/registrar-error.ts';
import { runWithoutSecrets } from './binding/without-secrets.ts';
import { firstDayLines } from './first-day.ts';
import { type Inputs, readInputs, secretInputs } from './inputs.ts';
import { environmentOf, outputsOf } from './outputs.ts';
import { mask } from './platform.ts';
import { openNetwork } from './ports.ts';
import { hasChanged } from './report.ts';
import { runApply } from './run-apply.ts';
import { runAdopt, runChange } from './run-change.ts';
import { type RunContext, readRunContext } from './run-context.ts';
import { runPlan } from './run-plan.ts';
import { runSweep } from './run-sweep.ts';
import { openSession } from './session.ts';
import { errorSummary } from './summary.ts';
import { tellErrors, tellReports } from './tell.ts';
import type { core } from './toolkit.ts';
import type { Done, Work } from './work.ts';

/** The main step: inputs, then the command, then outputs and summary. Returns the exit code. */
export async function runMain(env: NodeJS.ProcessEnv, to: typeof core): Promise<number> {
  let manifest: string | undefined;
  try {
    const inputs = readInputs(to.getInput);
    mask(secretInputs(inputs));
    manifest = inputs.manifest;
    return await runCommand(inputs, readRunContext(env), env, to);
  } catch (error) {
    return fail(error, to, manifest);
  }
}

async function runCommand(
  inputs: Inputs,
  context: RunContext,
  env: NodeJS.ProcessEnv,
  to: typeof core,
): Promise<number> {
  const network = await openNetwork({ env, ...inputs, run: context.run });
  const session = openSession(inputs, context, network);
  const work: Work = { inputs, context, network, session, to, stopping: stopOnSignals() };
  const without = runWithoutSecrets(context);
  let done: Done;
  try {
    done = await (inputs.workerUrl === undefined ? COMMANDS[inputs.command](work) : throughWorker(work));
  } catch (error) {
    if (without !== undefined && isUnavailable(error)) return unavailable(without, error, work);
    throw error;
  }
  const others = done.others ?? [];
  const all = [...done.reports, ...others];
  const problems = [...done.problems, ...all.flatMap(({ problem }) => (problem === undefined ? [] : [problem]))];
  const noneWorks = done.reports.every(({ problem }) => problem !== undefined);
  if (without !== undefined && problems.length > 0 && noneWorks && problems.every(isUnavailable)) {
    return unavailable(without, problems[0], work);
  }
  for (const line of done.warnings) to.warning(line, { title: 'oauth-registrar' });
  tellReports(to, all);
  for (const line of firstDayLines(done.reports)) to.warning(line, { title: 'oauth-registrar' });
  for (const [name, value] of outputsOf(done.reports, others)) to.setOutput(name, value);
  if (inputs.exportEnv) for (const [name, value] of environmentOf(done.reports)) to.exportVariable(name, value);
  tellErrors(to, problems, done.file);
  await to.writeSummary(done.summary);
  return problems.length === 0 ? 0 : 1;
}

const COMMANDS: Readonly<Record<Inputs['command'], (work: Work) => Promise<Done>>> = {
  apply: runApply,
  plan: runPlan,
  adopt: runAdopt,
  sweep: runSweep,
  rotate: (work) => runChange('rotate', work),
  retire: (work) => runChange('retire', work),
  delete: (work) => runChange('delete', work),
  resolve: (work) => runChange('resolve', work),
  doctor: askDoctor,
};

/** Loaded when it is needed, so that everything else starts sooner. */
async function throughWorker(work: Work): Promise<Done> {
  const { runThroughWorker } = await import('./worker/run-through-worker.ts');
  return runThroughWorker(work);
}

async function askDoctor(work: Work): Promise<Done> {
  const { runDoctor } = await import('./run-doctor.ts');
  return runDoctor(work);
}

/** What fails in a run without secrets because a secret is missing. */
function isUnavailable(error: unknown): boolean {
  const codes = [
    'registration_refused',
    'state_key_missing',
    'publish_forbidden',
    'state_unwritable',
    'identity_refused',
  ];
  return isRegistrarError(error) && codes.includes(error.code);
}

async function unavailable(without: 'fork' | 'dependabot', error: unknown, { inputs, to }: Work): Promise<number> {
  const who = without === 'fork' ? 'for a fork' : 'by Dependabot';
  const message = `A run ${who} gets no secrets, and one is needed here: ${(error as RegistrarError).message}`;
  if (inputs.ifUnavailable === 'fail') return fail(new RegistrarError('unavailable', { message, cause: error }), to);
  to.setOutput('skipped', 'true');
  to.setOutput('changed', String(hasChanged([])));
  to.notice(`Passed over. ${message}`, { title: 'oauth-registrar' });
  return 0;
}

async function fail(error: unknown, to: typeof core, manifest?: string): Promise<number> {
  const known = isRegistrarError(error)
    ? error
    : new RegistrarError('internal', {
        message: `An unexpected failure: ${error instanceof Error ? error.name : 'unknown'}.`,
        cause: error,
      });
  tellErrors(to, [known], manifest);
  await to.writeSummary(errorSummary(known));
  return 1;
}

/** On the first signal nothing new is begun; calls under way still get their answers saved. */
function stopOnSignals(): () => boolean {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopping = true;
    });
  }
  return () => stopping;
}
