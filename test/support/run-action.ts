import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readActionDefinition } from './action-definition.ts';
import { createMasks } from './masks.ts';
import { environmentOf, inputsOf } from './runner-environment.ts';
import { createFiles, readFiles } from './runner-files.ts';
import { DEFAULT_CONTEXT, type Job, type RunOptions } from './runner-job.ts';
import { type Annotation, createStepLog } from './step-log.ts';
import type { WorkflowCommand } from './workflow-commands.ts';

export type Run = {
  /** Undefined when a signal ended the process. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** What the step's mark would be. */
  readonly conclusion: 'success' | 'failure';
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  /** Variables for the steps that follow. */
  readonly env: Readonly<Record<string, string>>;
  /** As written; masks are applied in `shownSummary`. */
  readonly summary: string;
  readonly shownSummary: string;
  /** As written, before any mask. */
  readonly stdout: string;
  readonly stderr: string;
  /** What a person sees: both streams line by line, commands carried out, masks applied from when they were added. */
  readonly log: string;
  /** At most ten of each level, cut to 4096 characters, masked. */
  readonly annotations: readonly Annotation[];
  /** Every workflow command that the runner carried out, whoever's text it was in. */
  readonly commands: readonly WorkflowCommand[];
  readonly masks: readonly string[];
  /** Command line of the process. */
  readonly argv: readonly string[];
  /** Environment of the process when it began. */
  readonly processEnv: Readonly<Record<string, string>>;
  readonly durationMs: number;
  /** Carries over to the post step. */
  readonly job: Job;
};

/** An action under way. */
export type RunningAction = {
  readonly finished: Promise<Run>;
  /** Resolves once this text was written to stdout. */
  readonly printed: (text: string) => Promise<void>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** What the runner does when a job is cancelled: SIGINT, then SIGTERM, then the end. */
  readonly cancel: (grace?: { readonly untilTermMs?: number; readonly untilKillMs?: number }) => void;
};

const TIME_LIMIT_MS = 60_000;
const CANCEL_TERM_MS = 7_500;
const CANCEL_KILL_MS = 2_500;

/** Runs `runs.main` as the runner does: a process of its own that gets inputs and context through its environment. */
export async function runMain(options: RunOptions): Promise<Run> {
  return await (await startMain(options)).finished;
}

/** Runs `runs.post` after a main run, with the state that it saved. */
export async function runPost(
  previous: Run,
  changes: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Run> {
  return await (await startPost(previous, changes)).finished;
}

export async function startMain(options: RunOptions): Promise<RunningAction> {
  const definition = await readActionDefinition(options.directory);
  const temp = await mkdtemp(join(tmpdir(), 'run-action-'));
  removeAtExit(temp);
  const workspace = options.workspace ?? join(temp, 'workspace');
  await mkdir(workspace, { recursive: true });
  const github = { ...DEFAULT_CONTEXT, ...options.github };
  const job: Job = { options, definition, temp, workspace, github };
  return await startStep({
    job,
    script: definition.main,
    state: {},
    env: {},
    masks: [github.token, ...(options.secrets ?? [])],
  });
}

export async function startPost(
  previous: Run,
  changes: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<RunningAction> {
  const { job } = previous;
  if (job.definition.post === undefined) throw new TypeError('this action has no post step');
  return await startStep({
    job,
    script: job.definition.post,
    state: previous.state,
    env: { ...previous.env, ...changes.env },
    masks: previous.masks,
  });
}

const leftovers: string[] = [];

function removeAtExit(directory: string): void {
  if (leftovers.push(directory) > 1) return;
  process.once('exit', () => {
    for (const leftover of leftovers) rmSync(leftover, { recursive: true, force: true });
  });
}

type Step = {
  readonly job: Job;
  readonly script: string;
  readonly state: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly masks: readonly string[];
};

async function startStep(step: Step): Promise<RunningAction> {
  const { job } = step;
  const files = await createFiles(job);
  const inputs = inputsOf(job);
  const env = {
    ...environmentOf(job, files),
    ...job.options.env,
    ...step.env,
    ...inputs.env,
    ...Object.fromEntries(Object.entries(step.state).map(([name, value]) => [`STATE_${name}`, value])),
  };
  const masks = createMasks(step.masks);
  const log = createStepLog(masks);
  if (inputs.unexpected.length > 0) {
    const valid = [...job.definition.inputs.keys()].map((name) => `'${name}'`).join(', ');
    const names = inputs.unexpected.map((name) => `'${name}'`).join(', ');
    log.annotate('warning', `Unexpected input(s) ${names}, valid inputs are [${valid}]`);
  }

  const argv = [job.options.node ?? process.execPath, step.script];
  const startedAt = performance.now();
  const child = spawn(argv[0] ?? '', argv.slice(1), { cwd: job.workspace, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const timers: NodeJS.Timeout[] = [];
  const later = (ms: number, act: () => void): void => {
    timers.push(setTimeout(act, ms));
  };
  let overTime = false;
  later(job.options.timeLimitMs ?? TIME_LIMIT_MS, () => {
    overTime = true;
    child.kill('SIGKILL');
  });

  const raw = { stdout: '', stderr: '' };
  const written = new EventEmitter();
  const streams = (['stdout', 'stderr'] as const).map(async (name) => {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      raw[name] += text;
      written.emit(name);
    });
    for await (const line of createInterface({ input: child[name], crlfDelay: Number.POSITIVE_INFINITY }))
      log.line(line);
  });

  const finish = async (): Promise<Run> => {
    const [[code, signal]] = await Promise.all([once(child, 'close'), ...streams]);
    for (const timer of timers) clearTimeout(timer);
    if (overTime) throw new Error(`the action was still running after its time limit; so far:\n${log.text()}`);
    const results = await readFiles(files, log.annotate);
    const failed = code !== 0 || results.failed || log.failed();
    return {
      exitCode: typeof code === 'number' ? code : undefined,
      signal: typeof signal === 'string' ? (signal as NodeJS.Signals) : undefined,
      conclusion: failed ? 'failure' : 'success',
      outputs: Object.fromEntries([...log.set.outputs, ...results.outputs]),
      state: { ...step.state, ...Object.fromEntries([...log.set.state, ...results.state]) },
      env: { ...step.env, ...Object.fromEntries(results.env) },
      summary: results.summary,
      shownSummary: masks.apply(results.summary),
      stdout: raw.stdout,
      stderr: raw.stderr,
      log: log.text(),
      annotations: log.annotations(),
      commands: log.commands(),
      masks: masks.values,
      argv,
      processEnv: env,
      durationMs: performance.now() - startedAt,
      job,
    };
  };

  return {
    finished: finish(),
    printed: async (text) => {
      while (!raw.stdout.includes(text)) await once(written, 'stdout');
    },
    signal: (name) => {
      child.kill(name);
    },
    cancel: ({ untilTermMs = CANCEL_TERM_MS, untilKillMs = CANCEL_KILL_MS } = {}) => {
      child.kill('SIGINT');
      later(untilTermMs, () => child.kill('SIGTERM'));
      later(untilTermMs + untilKillMs, () => child.kill('SIGKILL'));
    },
  };
}
