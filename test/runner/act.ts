import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { killTree } from './kill-tree.ts';

/** One start of a workflow, by what GitHub would have started it with. */
export type WorkflowRun = {
  /** Inside `.github/workflows`. */
  readonly workflow: string;
  readonly event: string;
  readonly payload: unknown;
  /** With what it needs; all that the event starts unless said. */
  readonly job?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
};

export type Ended = { readonly exitCode: number; readonly log: string };

/** Where act finds what it needs. */
export type Place = {
  readonly act: string;
  /** A git repository with the workflows. */
  readonly repository: string;
  /** For act's own files, and as the home of the steps. */
  readonly home: string;
  /** Folders instead of repositories, by `owner/name@ref`. */
  readonly actions: Readonly<Record<string, string>>;
};

const TIME_LIMIT_MS = 120_000;

/**
 * Runs a workflow on this machine without containers; what act itself is told is in no step's environment. When the
 * limit is reached, or this process ends, act ends with all that it has started.
 */
export async function runWorkflow(
  place: Place,
  run: WorkflowRun,
  limit: AbortSignal = AbortSignal.timeout(TIME_LIMIT_MS),
): Promise<Ended> {
  await mkdir(place.home, { recursive: true });
  const file = async (name: string, content: string) => {
    await writeFile(join(place.home, name), content, { mode: 0o600 });
    return join(place.home, name);
  };
  const lines = (values: Readonly<Record<string, string>> = {}) =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
      .join('');
  const args = [
    run.event,
    ...['--directory', place.repository],
    ...['--workflows', join(place.repository, '.github', 'workflows', run.workflow)],
    ...['--eventpath', await file('event.json', JSON.stringify(run.payload))],
    ...['--secret-file', await file('secrets', lines(run.secrets))],
    ...['--var-file', await file('vars', lines(run.vars))],
    ...['--env-file', await file('env', lines(run.env))],
    ...['--platform', 'ubuntu-latest=-self-hosted'],
    ...['--action-cache-path', join(place.home, 'actions')],
    ...['--defaultbranch', 'main'],
    '--no-skip-checkout',
    '--no-cache-server',
    ...Object.entries(place.actions).flatMap(([name, path]) => ['--local-repository', `${name}=${path}`]),
    ...(run.job === undefined ? [] : ['--job', run.job]),
  ];
  // Every step inherits this, so it has nothing of the machine but what programs need to be found.
  const env = {
    PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
    HOME: place.home,
    XDG_CACHE_HOME: place.home,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
  };
  const child = spawn(place.act, args, { cwd: place.repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const kill = () => killTree(child.pid);
  process.once('exit', kill);
  limit.addEventListener('abort', kill);
  try {
    const [code] = await once(child, 'close');
    return { exitCode: typeof code === 'number' ? code : -1, log };
  } finally {
    process.off('exit', kill);
    limit.removeEventListener('abort', kill);
  }
}
