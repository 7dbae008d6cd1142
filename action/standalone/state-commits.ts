import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Clock, Log } from '../../shared/ports/ports.ts';
import { type Outcome, refused, type StateCall, type StateCalls } from './state-calls.ts';
import type { StateRefs } from './state-ref.ts';

/** What came of moving the ref. */
export type Move =
  | { readonly kind: 'moved' }
  /** Refused because another run was faster, or because GitHub has not caught up with itself. */
  | { readonly kind: 'lost'; readonly race: boolean; readonly why: Extract<Outcome, { kind: 'refused' }> }
  /** It may have moved. */
  | { readonly kind: 'unknown'; readonly status: number | undefined }
  /** It did not restart: the ref is elsewhere by now, or GitHub does not do that. */
  | { readonly kind: 'unable' };

/** The commits that hold the state of one environment. */
export type StateCommits = {
  /** The ref in use; undefined as long as none was found or made. */
  readonly ref: () => string | undefined;
  readonly tip: () => Promise<string | undefined>;
  readonly parentOf: (commit: string) => Promise<string | undefined>;
  readonly textAt: (commit: string) => Promise<string>;
  /** Makes a commit that no ref leads to yet; undefined when GitHub cannot make it now. */
  readonly make: (text: string, parent: string | undefined) => Promise<string | Extract<Move, { kind: 'lost' }>>;
  /** Moves the ref forward from `from`, or makes it. */
  readonly move: (commit: string, from: string | undefined) => Promise<Move>;
  /** Moves the ref from `from`, and from nowhere else, to a commit without history. */
  readonly restart: (commit: string, from: string | undefined) => Promise<Move>;
};

const FILE = 'state';
const MESSAGE = 'oauth-registrar state';
const AUTHOR = { name: 'oauth-registrar', email: 'oauth-registrar@localhost' } as const;
const REPO = '/repos/{owner}/{repo}';
const MISSING_FILE_ATTEMPTS = 3;

// Unlike the REST API's forced update, this one names the commit that the ref has to be at.
const UPDATE_REFS = 'mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }';

export function createStateCommits(options: {
  readonly calls: StateCalls;
  readonly refs: StateRefs;
  readonly clock: Clock;
  readonly log: Log;
}): StateCommits {
  const { calls, refs, clock, log } = options;
  let ref: string | undefined;
  let repositoryNode: unknown;

  async function tipOf(name: string): Promise<string | undefined> {
    const outcome = await calls.patiently(
      { route: `GET ${REPO}/git/ref/{ref}`, parameters: { ref: name.slice('refs/'.length) }, whole: namesObject },
      'github_failed',
    );
    if (outcome.kind === 'done') {
      return shaOf(member(outcome.data, 'object'));
    }
    if (outcome.status === 404 || isEmptyRepository(outcome)) {
      return undefined;
    }
    throw refused('github_failed', outcome);
  }

  async function tip(): Promise<string | undefined> {
    for (const name of ref === undefined ? [refs.hidden, refs.branch] : [ref]) {
      const sha = await tipOf(name);
      if (sha !== undefined) {
        ref = name;
        return sha;
      }
    }
    return undefined;
  }

  async function parentOf(commit: string): Promise<string | undefined> {
    const outcome = await calls.patiently(
      {
        route: `GET ${REPO}/git/commits/{commit_sha}`,
        parameters: { commit_sha: commit },
        whole: namesParents,
      },
      'github_failed',
    );
    const parents = outcome.kind === 'done' ? member(outcome.data, 'parents') : undefined;
    return Array.isArray(parents) ? shaOf(parents[0]) : undefined;
  }

  async function textAt(commit: string): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await calls.patiently(
        {
          route: `GET ${REPO}/contents/{path}`,
          parameters: { path: FILE, ref: commit },
          accept: 'application/vnd.github.raw+json',
          whole: (data) => data !== '',
        },
        'github_failed',
      );
      if (outcome.kind === 'done') {
        return typeof outcome.data === 'string' ? outcome.data : new TextDecoder().decode(bytesOf(outcome.data));
      }
      if (outcome.status !== 404) {
        throw refused('github_failed', outcome);
      }
      // A commit that was just made may not be known everywhere yet.
      if (attempt === MISSING_FILE_ATTEMPTS) {
        throw new RegistrarError('state_damaged', { message: `There is no file named ${FILE} in the commit.` });
      }
      await clock.sleep(1000 * attempt);
    }
  }

  async function create(call: StateCall): Promise<string | Extract<Move, { kind: 'lost' }>> {
    const outcome = await calls.patiently({ ...call, whole: namesItself }, 'state_unwritable');
    if (outcome.kind === 'done') {
      return shaOf(outcome.data) ?? '';
    }
    if (isPassing(outcome)) {
      return { kind: 'lost', race: false, why: outcome };
    }
    throw refused('state_unwritable', outcome);
  }

  async function make(text: string, parent: string | undefined): Promise<string | Extract<Move, { kind: 'lost' }>> {
    const entry = { path: FILE, mode: '100644', type: 'blob', content: text };
    const tree = await create({ route: `POST ${REPO}/git/trees`, parameters: { tree: [entry] } });
    if (typeof tree !== 'string') {
      return tree;
    }
    // The time is fixed, so that a repeated call makes the same commit.
    const date = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
    const parents = parent === undefined ? [] : [parent];
    return await create({
      route: `POST ${REPO}/git/commits`,
      parameters: { message: MESSAGE, tree, parents, author: { ...AUTHOR, date } },
    });
  }

  async function move(commit: string, from: string | undefined): Promise<Move> {
    const name = ref ?? refs.hidden;
    const outcome = await calls.once(
      from === undefined
        ? { route: `POST ${REPO}/git/refs`, parameters: { ref: name, sha: commit } }
        : {
            route: `PATCH ${REPO}/git/refs/{ref}`,
            parameters: { ref: name.slice('refs/'.length), sha: commit, force: false },
          },
    );
    switch (outcome.kind) {
      case 'done':
        ref = name;
        return { kind: 'moved' };
      case 'unanswered':
        return { kind: 'unknown', status: outcome.status };
      case 'refused':
        return lostMove(outcome, name);
    }
  }

  function lostMove(outcome: Extract<Outcome, { kind: 'refused' }>, name: string): Move {
    if (isRace(outcome)) {
      return { kind: 'lost', race: true, why: outcome };
    }
    if (isPassing(outcome)) {
      return { kind: 'lost', race: false, why: outcome };
    }
    if (outcome.status === 422 && ref === undefined && name === refs.hidden) {
      ref = refs.branch;
      log.info(`GitHub does not take ${refs.hidden}; the state is kept in the branch ${refs.branch}.`);
      return { kind: 'lost', race: false, why: outcome };
    }
    throw refused('state_unwritable', outcome);
  }

  async function restart(commit: string, from: string | undefined): Promise<Move> {
    repositoryNode ??= await nodeOfRepository();
    const refUpdates = [{ name: ref, beforeOid: from, afterOid: commit, force: true }];
    const outcome = await calls.once({
      route: 'POST /graphql',
      parameters: { query: UPDATE_REFS, variables: { input: { repositoryId: repositoryNode, refUpdates } } },
      whole: (data) => typeof data === 'object',
    });
    if (outcome.kind === 'unanswered') {
      return { kind: 'unknown', status: outcome.status };
    }
    const updated = outcome.kind === 'done' ? member(member(outcome.data, 'data'), 'updateRefs') : undefined;
    return { kind: updated === undefined ? 'unable' : 'moved' };
  }

  async function nodeOfRepository(): Promise<unknown> {
    const outcome = await calls.patiently({ route: `GET ${REPO}` }, 'state_unwritable');
    return outcome.kind === 'done' ? member(outcome.data, 'node_id') : undefined;
  }

  return { ref: () => ref, tip, parentOf, textAt, make, move, restart };
}

/** The ref is not where it was, or exists already. */
function isRace({ status, message }: Extract<Outcome, { kind: 'refused' }>): boolean {
  return status === 422 && /fast.?forward|already exists/i.test(message);
}

/** GitHub is at odds with itself: an object just made is not there yet, the ref is being moved. */
function isPassing({ status, message }: Extract<Outcome, { kind: 'refused' }>): boolean {
  return (
    (status === 409 && !isEmptyRepository({ status, message })) ||
    (status === 422 && /does not exist|update failed/i.test(message))
  );
}

function isEmptyRepository({ status, message }: { readonly status: number; readonly message: string }): boolean {
  return status === 409 && /repository is empty/i.test(message);
}

const namesItself = (data: unknown): boolean => shaOf(data) !== undefined;
const namesObject = (data: unknown): boolean => namesItself(member(data, 'object'));

function namesParents(data: unknown): boolean {
  const parents = member(data, 'parents');
  return Array.isArray(parents) && parents.every(namesItself);
}

function member(value: unknown, name: string): unknown {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return found ?? undefined;
}

/** The name of an object: git's SHA-1 or SHA-256 in lower-case hex, and nothing else, since it is put into calls and messages. */
function shaOf(value: unknown): string | undefined {
  const found = member(value, 'sha');
  return typeof found === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(found) ? found : undefined;
}

function bytesOf(data: unknown): ArrayBuffer {
  return data instanceof ArrayBuffer ? data : new ArrayBuffer(0);
}
