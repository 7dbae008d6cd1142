import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseCommandFile } from './command-files.ts';
import type { Job } from './runner-job.ts';

/** The files of one step, by their paths. */
export type Files = {
  readonly output: string;
  readonly state: string;
  readonly env: string;
  readonly path: string;
  readonly summary: string;
  readonly event: string;
};

export async function createFiles(job: Job): Promise<Files> {
  const commands = await mkdtemp(join(job.temp, 'commands-'));
  const files: Files = {
    output: join(commands, 'set_output'),
    state: join(commands, 'save_state'),
    env: join(commands, 'set_env'),
    path: join(commands, 'add_path'),
    summary: join(commands, 'step_summary'),
    event: join(commands, 'event.json'),
  };
  for (const file of [files.output, files.state, files.env, files.path, files.summary]) await writeFile(file, '');
  await writeFile(files.event, JSON.stringify(job.options.event?.payload ?? {}));
  return files;
}

/** What the step wrote into them; removes them. */
export async function readFiles(files: Files, annotate: (level: 'error', message: string) => void) {
  let failed = false;
  const read = async (name: 'output' | 'state' | 'env'): Promise<ReadonlyMap<string, string>> => {
    try {
      return parseCommandFile(await readFile(files[name], 'utf8'));
    } catch (error) {
      failed = true;
      annotate('error', `Unable to process file command '${name}' successfully.`);
      annotate('error', error instanceof Error ? error.message : String(error));
      return new Map();
    }
  };
  const [outputs, state, env] = [await read('output'), await read('state'), new Map(await read('env'))];
  if (env.delete('NODE_OPTIONS')) {
    failed = true;
    annotate('error', "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
  }
  const summary = await readFile(files.summary, 'utf8');
  await rm(dirname(files.output), { recursive: true });
  return { outputs, state, env, summary, failed };
}
