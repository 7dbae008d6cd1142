import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Clock, Log, Random } from '../../shared/ports/ports.ts';
import type { GitHubRequest } from '../../shared/publish/github-request.ts';
import type { StandaloneState, Tombstone } from '../../shared/record/codec.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { SealKey } from '../../shared/record/seal.ts';
import type { Entry } from './entries.ts';
import { createSaveQueue } from './save-queue.ts';
import { createStateCalls } from './state-calls.ts';
import { createStateCommits } from './state-commits.ts';
import { stateRefs } from './state-ref.ts';
import { createStateWriter } from './state-writer.ts';

export type StoreOptions = {
  readonly request: GitHubRequest;
  readonly owner: string;
  readonly repo: string;
  /** Numeric; with the environment it is bound into the seal. */
  readonly repositoryId: number | string;
  readonly environment: string;
  /** The first seals, each opens; none is an error as soon as there is something to open or to seal. */
  readonly keys: readonly SealKey[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The run at work, for people. */
  readonly run?: string;
  /** Version of this product, for people whose version is older. */
  readonly version?: string;
};

/** The sealed state of one environment, in a ref of the repository. */
export type StandaloneStore = {
  /**
   * Reads the state. What is saved afterwards is compared with what was read here.
   *
   * Rejects with a RegistrarError: `state_key_missing`, `state_key_wrong`, `state_damaged`, `state_newer`,
   * `github_failed`, `rate_limited`.
   */
  readonly load: () => Promise<StandaloneState>;
  /**
   * Resolves when the record is kept in the repository. What is saved while another save is under way goes into one
   * commit together.
   *
   * Rejects with `run_again` when another run changed the same registration since {@link StandaloneStore.load}, with
   * `state_unwritable`, and with the errors of `load`. Nothing of the other run is overwritten then.
   */
  readonly save: (record: RegistrationRecord) => Promise<void>;
  /** Takes a registration out of the state, as {@link StandaloneStore.save} would change it. */
  readonly remove: (key: string) => Promise<void>;
  /** Keeps or, without a tombstone, takes away the one of an owner, such as `pull_request:42`. */
  readonly bury: (name: string, tombstone: Tombstone | undefined) => Promise<void>;
  /** Waits for all saves, then seals the state anew if it was sealed with an older key. */
  readonly flush: () => Promise<void>;
};

export function openStore(options: StoreOptions): StandaloneStore {
  const { clock, log, environment } = options;
  const calls = createStateCalls(options);
  const commits = createStateCommits({ calls, refs: stateRefs(environment), clock, log });
  const writer = createStateWriter({ ...options, commits });
  const queue = createSaveQueue(writer.write);

  async function save(entry: Entry): Promise<void> {
    try {
      await queue.add(entry);
    } catch (error) {
      throw entry.kind === 'registration' && isRegistrarError(error) ? forClient(error, entry.name) : error;
    }
  }

  return {
    load: async () => {
      await queue.idle();
      return await writer.load();
    },
    save: (record) => save({ kind: 'registration', name: record.key, value: record }),
    remove: (name) => save({ kind: 'registration', name }),
    bury: (name, tombstone) =>
      save({ kind: 'tombstone', name, ...(tombstone === undefined ? {} : { value: tombstone }) }),
    flush: async () => {
      await queue.idle();
      await writer.sealAnew();
    },
  };
}

/** The same error for each registration that was part of the failed save. */
function forClient(error: RegistrarError, client: string): RegistrarError {
  return new RegistrarError(error.code, {
    message: error.message,
    hint: error.hint,
    client,
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    cause: error,
  });
}
