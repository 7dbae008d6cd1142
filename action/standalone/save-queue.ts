import type { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { type Changes, type Entry, idOf } from './entries.ts';

/** Writes changes in one go; resolves with the errors of those that could not be made, by id. */
export type Write = (changes: Changes) => Promise<ReadonlyMap<string, RegistrarError>>;

export type SaveQueue = {
  /** Resolves when the entry, or a later one of the same id, is written. */
  readonly add: (entry: Entry) => Promise<void>;
  /** Resolves when nothing is waiting or being written, whatever came of it. */
  readonly idle: () => Promise<void>;
};

type Waiting = {
  readonly changes: Map<string, Entry>;
  readonly answers: { readonly id: string; readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
};

/** One write at a time; what is added meanwhile goes into the next one together. */
export function createSaveQueue(write: Write): SaveQueue {
  let waiting: Waiting | undefined;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    // Saves that are begun in the same turn belong together.
    await Promise.resolve();
    while (waiting !== undefined) {
      const { changes, answers } = waiting;
      waiting = undefined;
      await write(changes).then(
        (failed) => {
          for (const { id, resolve, reject } of answers) {
            const error = failed.get(id);
            if (error === undefined) {
              resolve();
            } else {
              reject(error);
            }
          }
        },
        (error: unknown) => {
          for (const { reject } of answers) {
            reject(error);
          }
        },
      );
    }
    working = undefined;
  }

  return {
    add: (entry) =>
      new Promise((resolve, reject) => {
        const id = idOf(entry);
        waiting ??= { changes: new Map(), answers: [] };
        waiting.changes.set(id, entry);
        waiting.answers.push({ id, resolve, reject });
        working ??= work();
      }),
    idle: async () => {
      while (working !== undefined) {
        await working;
      }
    },
  };
}
