import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Random } from '../../shared/ports/ports.ts';
import { decodeState, EMPTY_STATE, encodeState, type StandaloneState } from '../../shared/record/codec.ts';
import { open, type SealKey, seal } from '../../shared/record/seal.ts';
import { type Changes, textsOf, withChanges } from './entries.ts';

/** What the ref holds at a commit; without a commit, nothing is kept yet. */
export type Seen = {
  readonly commit: string | undefined;
  readonly state: StandaloneState;
  /** The values in it as comparable text, by id. */
  readonly texts: ReadonlyMap<string, string>;
  readonly sealedWithOlderKey: boolean;
};

export type Sealing = {
  readonly repositoryId: number | string;
  readonly environment: string;
  readonly keys: readonly SealKey[];
  readonly random: Random;
  readonly run?: string;
  readonly version?: string;
};

export const NOTHING_SEEN: Seen = {
  commit: undefined,
  state: EMPTY_STATE,
  texts: new Map(),
  sealedWithOlderKey: false,
};

/** Opens what a commit holds; errors say where it is. */
export async function openSeen(
  sealing: Sealing,
  found: { readonly commit: string; readonly ref: string | undefined; readonly text: () => Promise<string> },
): Promise<Seen> {
  try {
    const { text, sealedWithOlderKey } = await open({
      keys: sealing.keys,
      aad: boundTo(sealing),
      sealed: await found.text(),
    });
    const state = decodeState(text);
    return { commit: found.commit, state, texts: textsOf(state), sealedWithOlderKey };
  } catch (error) {
    throw isRegistrarError(error) ? placed(error, `It is in ${found.ref} at commit ${found.commit}.`) : error;
  }
}

/** The state with changes made, and the same sealed. */
export async function sealChanged(
  sealing: Sealing,
  before: Seen,
  made: Changes,
): Promise<{ readonly state: StandaloneState; readonly sealed: string }> {
  const { keys, random, run, version } = sealing;
  const state: StandaloneState = {
    ...withChanges(before.state, [...made.values()]),
    ...(run === undefined ? {} : { savedBy: run }),
    ...(version === undefined ? {} : { savedWith: version }),
  };
  return { state, sealed: await seal({ keys, aad: boundTo(sealing), random, text: encodeState(state) }) };
}

/** A sealed state opens in its own repository and environment only. */
const boundTo = ({ repositoryId, environment }: Sealing): readonly string[] => [
  'state',
  String(repositoryId),
  environment,
];

function placed(error: RegistrarError, where: string): RegistrarError {
  return new RegistrarError(error.code, {
    message: `${error.message} ${where}`,
    hint: error.hint,
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    cause: error,
  });
}
