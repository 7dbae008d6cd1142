import { dirname, relative, resolve } from 'node:path';
import { secretsOf } from '../action/secrets-of.ts';
import { isRegistrarError, RegistrarError } from '../shared/errors/registrar-error.ts';
import { apply } from './apply.ts';
import { register, remove, rotate, show, update } from './by-hand.ts';
import { doctor } from './doctor.ts';
import { createEnvFileSink } from './env-file-sink.ts';
import { exposedFiles } from './exposed-files.ts';
import { type Asked, helpText, readArguments, UsageError } from './options.ts';
import { type Environment, openNetwork } from './ports.ts';
import { errorJson, errorLines } from './present.ts';
import { openScreen, type Screen } from './screen.ts';
import { DEFAULT_STATE_FILE, openStateFile, type StateFile } from './state-file.ts';
import { VERSION } from './version.ts';
import type { Work } from './work.ts';

const FAILED = 1;
const MISUSED = 2;

/** Does what the arguments ask for; returns the exit code: 0 done, 1 failed, 2 not understood. */
export async function runCli(argv: readonly string[], env: Environment): Promise<number> {
  const screen = openScreen(process.stdout, process.stderr);
  try {
    const asked = readArguments(argv);
    if (!('kind' in asked)) return await runCommand(asked, env, screen);
    screen.result(asked.kind === 'version' ? VERSION : helpText(asked.command));
    return 0;
  } catch (error) {
    const known = isRegistrarError(error)
      ? error
      : new RegistrarError('internal', {
          message: `An unexpected failure: ${error instanceof Error ? error.name : 'unknown'}.`,
          cause: error,
        });
    if (argv.includes('--json')) screen.result(JSON.stringify({ error: errorJson(known) }, null, 2));
    else for (const line of errorLines(known)) screen.note(line);
    return known instanceof UsageError ? MISUSED : FAILED;
  }
}

const BY_HAND: Readonly<Record<Exclude<Asked['command'], 'doctor'>, (work: Work) => Promise<number>>> = {
  register,
  show,
  update,
  rotate,
  delete: remove,
  apply,
};

async function runCommand(asked: Asked, env: Environment, screen: Screen): Promise<number> {
  const network = await openNetwork(env, screen, { insecureLoopback: asked.flag('insecure-loopback') });
  if (asked.command === 'doctor' && !asked.flag('probe')) return doctor({ asked, screen, network });
  const state = await openStateFile(asked.text('state') ?? DEFAULT_STATE_FILE);
  try {
    screen.hide([...state.records().values()].flatMap(secretsOf));
    const sink = createEnvFileSink(dirname(resolve(state.path)), network.clock);
    const ports = { ...network, store: state.store, sink, announce: async () => {} };
    const work: Work = { asked, screen, network, state, ports, stopping: stopOnSignals(screen) };
    try {
      return await (asked.command === 'doctor' ? doctor(work, work) : BY_HAND[asked.command](work));
    } finally {
      await warnOfExposed(state, screen);
    }
  } finally {
    await state.close();
  }
}

/** Also after a failure: what was written until then is there. */
async function warnOfExposed(state: StateFile, screen: Screen): Promise<void> {
  for (const path of await exposedFiles(state)) {
    const file = relative('', path);
    screen.note(`warning: ${file} holds secrets in the clear, and git does not ignore it. Add it to .gitignore.`);
  }
}

/** On the first signal nothing new is begun, and what was begun is finished; the second one ends the process. */
function stopOnSignals(screen: Screen): () => boolean {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopping = true;
      screen.note('Stopping; what is under way is finished first.');
    });
  }
  return () => stopping;
}
