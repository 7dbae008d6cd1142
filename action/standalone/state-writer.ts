import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Clock, Log } from '../../shared/ports/ports.ts';
import type { StandaloneState } from '../../shared/record/codec.ts';
import { type Changes, type Entry, idOf, textsOf, valueText } from './entries.ts';
import type { Write } from './save-queue.ts';
import { NOTHING_SEEN, openSeen, type Sealing, type Seen, sealChanged } from './seen-state.ts';
import { refused, unanswered } from './state-calls.ts';
import type { Move, StateCommits } from './state-commits.ts';
import { createTurns } from './turns.ts';

/** A commit that may have become part of the ref, because the answer was lost. */
type Attempt = { readonly seen: Seen; readonly made: Changes };

export type StateWriter = {
  readonly load: () => Promise<StandaloneState>;
  readonly write: Write;
  /** Seals the state with the first key if an older one sealed it. */
  readonly sealAnew: () => Promise<void>;
};

const ATTEMPTS = 8;
/** GitHub's reads catch up within seconds. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;
/** How far back a commit of ours is looked for. */
const LONGEST_WALK = 50;

/**
 * Reads and writes the state as a chain of commits.
 *
 * A commit's parent is the commit whose content its content was made from, and the ref only moves forward: so GitHub
 * refuses a commit that was made from anything but the newest one, however old the read was.
 */
export function createStateWriter(
  options: Sealing & { readonly commits: StateCommits; readonly clock: Clock; readonly log: Log },
): StateWriter {
  const { commits, clock, log, random } = options;
  const inTurn = createTurns();
  /** Commits that the ref was at: whoever reads them again reads the past. */
  const past = new Set<string | undefined>();
  let seen: Seen | undefined;
  /** The values that the caller of `load` and `write` knows, which need not be the newest. */
  let known: Map<string, string> | undefined;
  let attempts = new Map<string, Attempt>();
  let restartable = true;

  async function load(): Promise<StandaloneState> {
    const { state, texts } = await look();
    known = new Map(texts);
    return state;
  }

  /** Reads the ref again, and finds out about commits whose answer was lost. The same object means: nothing new. */
  async function look(): Promise<Seen> {
    const commit = await commits.tip();
    if (seen !== undefined && (commit === seen.commit || past.has(commit))) {
      return seen;
    }
    if (commit === undefined) {
      seen = NOTHING_SEEN;
      return seen;
    }
    const ours = await findOurs(commit);
    const found =
      ours?.seen.commit === commit
        ? ours.seen
        : await openSeen(options, { commit, ref: commits.ref(), text: () => commits.textAt(commit) });
    remember(ours?.made);
    moveTo(found);
    return found;
  }

  /** The commit of ours, of those without an answer, that leads to `tip`. */
  async function findOurs(tip: string): Promise<Attempt | undefined> {
    let commit: string | undefined = tip;
    for (let step = 0; attempts.size > 0 && step < LONGEST_WALK; step += 1) {
      if (commit === undefined || commit === seen?.commit || attempts.has(commit)) {
        return attempts.get(commit ?? '');
      }
      commit = await commits.parentOf(commit);
    }
    return undefined;
  }

  function moveTo(next: Seen): void {
    if (seen !== undefined) {
      past.add(seen.commit);
    }
    seen = next;
    attempts = new Map();
  }

  function remember(made: Changes = new Map()): void {
    for (const [id, entry] of made) {
      const text = valueText(entry);
      if (text === undefined) {
        known?.delete(id);
      } else {
        known?.set(id, text);
      }
    }
  }

  async function advance(changes: Changes, sealing: boolean): Promise<ReadonlyMap<string, RegistrarError>> {
    if (known === undefined) {
      await load();
    }
    let before = seen === undefined || attempts.size > 0 ? await look() : seen;
    let last: Move | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const failed = conflicts(changes, before);
      const made = changesTo(
        before,
        [...changes.values()].filter((entry) => !failed.has(idOf(entry))),
      );
      if (made.size === 0 && !(sealing && before.sealedWithOlderKey)) {
        return failed;
      }
      last = await tryFrom(before, made);
      if (last.kind === 'moved') {
        return failed;
      }
      const after = await look();
      before = after === before ? await lookLater(attempt, last) : after;
    }
    throw gaveUp(last);
  }

  async function lookLater(attempt: number, last: Move): Promise<Seen> {
    if (last.kind === 'unable') {
      restartable = false;
      log.warning(
        `GitHub does not restart ${commits.ref()} from one commit. The state is sealed anew; earlier commits stay readable with the older key.`,
      );
    } else {
      const [jitter = 0] = random.bytes(1);
      await clock.sleep(Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) + jitter);
    }
    return await look();
  }

  async function tryFrom(before: Seen, made: Changes): Promise<Move> {
    const restarting = before.sealedWithOlderKey && restartable;
    const { state, sealed } = await sealChanged(options, before, made);
    const commit = await commits.make(sealed, restarting ? undefined : before.commit);
    if (typeof commit !== 'string') {
      return commit;
    }
    const next: Seen = { commit, state, texts: textsOf(state), sealedWithOlderKey: false };
    const move = await (restarting ? commits.restart(commit, before.commit) : commits.move(commit, before.commit));
    if (move.kind === 'moved') {
      remember(made);
      moveTo(next);
      if (before.sealedWithOlderKey) {
        log.info('The state is sealed with the newer key now.');
      }
    } else if (move.kind === 'unknown') {
      attempts.set(commit, { seen: next, made });
    }
    return move;
  }

  function conflicts(changes: Changes, { state, texts }: Seen): Map<string, RegistrarError> {
    const changed = [...changes].filter(([id]) => known?.get(id) !== texts.get(id));
    const by = state.savedBy === undefined ? '' : ` The last to save was ${printable(state.savedBy)}.`;
    return new Map(
      changed.map(([id, { name }]) => [
        id,
        new RegistrarError('run_again', {
          message: `Another run changed ${printable(name)} since this one began.${by}`,
        }),
      ]),
    );
  }

  return {
    load: () => inTurn(load),
    write: (changes) => inTurn(() => advance(changes, false)),
    sealAnew: () =>
      inTurn(async () => {
        if (seen?.sealedWithOlderKey === true) {
          await advance(new Map(), true);
        }
      }),
  };
}

/** Those entries that are not as they should be yet. */
function changesTo({ texts }: Seen, entries: readonly Entry[]): Changes {
  return new Map(
    entries.filter((entry) => valueText(entry) !== texts.get(idOf(entry))).map((entry) => [idOf(entry), entry]),
  );
}

function gaveUp(last: Move | undefined): RegistrarError {
  if (last?.kind === 'unknown') {
    return unanswered('state_unwritable', last.status);
  }
  return last?.kind === 'lost' && !last.race
    ? refused('state_unwritable', last.why)
    : new RegistrarError('run_again', { message: 'Other runs keep changing the state of this environment.' });
}
