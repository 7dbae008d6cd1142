import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Place, runWorkflow, type WorkflowRun } from './act.ts';

type Job = { readonly needs?: string | readonly string[]; readonly environment?: string | { readonly name: string } };
type Workflow = { readonly on: unknown; readonly jobs: Readonly<Record<string, Job>> };

/**
 * The GitHub environment of the jobs that a run may start, empty for none: act takes no notice of it, but it says which
 * secrets they have. Throws where they have several, because act reads secrets once.
 */
export async function environmentOf(place: Place, run: WorkflowRun): Promise<string> {
  const file = join(place.repository, '.github', 'workflows', run.workflow);
  const workflow = parse(await readFile(file, 'utf8')) as Workflow;
  const names = run.job === undefined ? Object.keys(workflow.jobs) : withNeeds(workflow, run.job);
  const said = new Set(names.map((name) => saidBy(workflow.jobs[name])));
  const [environment = '', ...others] = said;
  if (others.length > 0) {
    throw new Error(
      `${run.workflow}: jobs in several environments (${[...said].map((name) => name || 'none').join(', ')}) cannot start together`,
    );
  }
  return environment.includes('${{')
    ? await evaluate(place, run, { on: workflow.on, expression: environment })
    : environment;
}

function withNeeds(workflow: Workflow, job: string): readonly string[] {
  const needed = [workflow.jobs[job]?.needs ?? []].flat();
  return [job, ...needed.flatMap((name) => withNeeds(workflow, name))];
}

const saidBy = ({ environment = '' }: Job = {}): string =>
  typeof environment === 'string' ? environment : environment.name;

/** What act itself makes of an expression, in a workflow of its own with the same triggers and the same event. */
async function evaluate(
  place: Place,
  { event, payload }: WorkflowRun,
  { on, expression }: { readonly on: unknown; readonly expression: string },
): Promise<string> {
  const repository = join(place.home, 'evaluate');
  const answer = join(place.home, 'evaluated');
  await mkdir(join(repository, '.github', 'workflows'), { recursive: true });
  const step = { run: 'printf %s "$VALUE" > "$ANSWER"', env: { VALUE: expression, ANSWER: answer } };
  await writeFile(
    join(repository, '.github', 'workflows', 'evaluate.yml'),
    stringify({ on, jobs: { evaluate: { 'runs-on': 'ubuntu-latest', steps: [step] } } }),
  );
  const { exitCode, log } = await runWorkflow({ ...place, repository }, { workflow: 'evaluate.yml', event, payload });
  if (exitCode !== 0) throw new Error(`${expression} cannot be evaluated:\n${log}`);
  return await readFile(answer, 'utf8');
}
