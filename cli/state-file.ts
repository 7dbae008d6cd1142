import { readFile, rm, writeFile } from 'node:fs/promises';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Store } from '../shared/reconcile/ports.ts';
import { decodeState, EMPTY_STATE, encodeState, type StandaloneState } from '../shared/record/codec.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { readText, writePrivately } from './private-file.ts';
import { VERSION } from './version.ts';

export const DEFAULT_STATE_FILE = '.oauth-registrar.json';

/** The file that remembers the clients, held by this process alone until it is closed. */
export type StateFile = {
  readonly path: string;
  readonly records: () => ReadonlyMap<string, RegistrationRecord>;
  readonly store: Store;
  /** Forgets a registration that is over. */
  readonly forget: (key: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Opens the state file. Rejects with `run_again` while another process has it, `state_damaged` or `state_newer` when it
 * cannot be used. A file in which nothing is left is removed.
 */
export async function openStateFile(path: string): Promise<StateFile> {
  const unlock = await lock(path);
  try {
    const text = await readText(path);
    let state: StandaloneState = text === undefined ? EMPTY_STATE : readState(text, path);
    let turn: Promise<void> = Promise.resolve();
    const keep = async (registrations: StandaloneState['registrations']): Promise<void> => {
      state = { ...state, registrations, savedWith: VERSION };
      const saved = state;
      const write = () =>
        Object.keys(saved.registrations).length === 0
          ? rm(path, { force: true })
          : writePrivately(path, `${encodeState(saved)}\n`);
      turn = turn.then(write, write);
      await turn.catch((cause: unknown) => {
        throw new RegistrarError('state_unwritable', {
          message: `The file ${path} could not be written, so nothing more was sent.`,
          hint: 'Make its folder writable, or name another file with --state.',
          cause,
        });
      });
    };
    return {
      path,
      records: () => new Map(Object.entries(state.registrations)),
      store: { save: (record) => keep({ ...state.registrations, [record.key]: record }) },
      forget: async (key) => {
        const { [key]: _, ...rest } = state.registrations;
        await keep(rest);
      },
      close: unlock,
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

function readState(text: string, path: string): StandaloneState {
  try {
    return decodeState(text);
  } catch (error) {
    if (!(error instanceof RegistrarError)) throw error;
    const hint =
      error.code === 'state_newer'
        ? 'Use a newer version of oauth-registrar. Nothing was changed.'
        : 'Nothing was changed. Restore the file from a copy, or name another one with --state; clients in the damaged file are still at their servers.';
    throw new RegistrarError(error.code, { message: `${path}: ${error.message}`, hint, cause: error });
  }
}

/** One process at a time: two that write would lose each other's clients. */
async function lock(path: string): Promise<() => Promise<void>> {
  const file = `${path}.lock`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx', mode: 0o600 });
      return () => rm(file, { force: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') {
        throw new RegistrarError('state_unwritable', {
          message: `The file ${path} cannot be written (${code}). Nothing was sent.`,
          hint: 'Make its folder writable, or name another file with --state.',
          cause: error,
        });
      }
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (attempt > 0 || isRunning(holder)) {
      throw new RegistrarError('run_again', {
        message: `Another process (${holder}) works with ${path}.`,
        hint: `Wait until it is done and run this again. If there is no such process, remove ${file}.`,
      });
    }
    await rm(file, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
