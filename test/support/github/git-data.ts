import { blobOf, commitOf, type File, filesOf, keep, keepText, keepTree, treeOf } from './git-objects.ts';
import { created, failure, invalid, notFound, ok, type Reply, type Request, type Route } from './reply.ts';

const BLOB_MODES = new Set(['100644', '100755', '120000']);

/** Git data cannot be written before the repository has a first commit. */
const emptyRepository = (request: Request): Reply | null =>
  request.world.objects.size === 0 ? failure(409, 'Git Repository is empty.') : null;

function createBlob(request: Request): Reply {
  const { content, encoding = 'utf-8' } = request.body;
  if (typeof content !== 'string' || (encoding !== 'utf-8' && encoding !== 'base64')) {
    return invalid('Invalid request.');
  }
  const bytes = Buffer.from(content, encoding);
  return emptyRepository(request) ?? created({ sha: keep(request.world, { type: 'blob', bytes }) });
}

function readBlob(request: Request): Reply {
  const sha = request.path.file_sha ?? '';
  const blob = blobOf(request.world, sha);
  if (blob === undefined) {
    return notFound();
  }
  const content = Buffer.from(blob.bytes).toString('base64');
  return ok({ sha, size: blob.bytes.length, content, encoding: 'base64' });
}

function createTree(request: Request): Reply {
  const { base_tree: base, tree } = request.body;
  const empty = emptyRepository(request);
  if (empty !== null) {
    return empty;
  }
  if (!Array.isArray(tree) || (tree.length === 0 && base === undefined)) {
    return invalid('Invalid tree info');
  }
  if (base !== undefined && (typeof base !== 'string' || treeOf(request.world, base) === undefined)) {
    return invalid('base_tree is not a valid tree oid');
  }
  const files = base === undefined ? new Map<string, File>() : filesOf(request.world, base);
  for (const entry of tree as readonly Record<string, unknown>[]) {
    const problem = addEntry(request, files, entry);
    if (problem !== null) {
      return problem;
    }
  }
  const sha = keepTree(request.world, files);
  return created({ sha, tree: shownEntries(request, sha), truncated: false });
}

function addEntry(request: Request, files: Map<string, File>, entry: Record<string, unknown>): Reply | null {
  const { path, mode, type, sha, content } = entry;
  if (typeof path !== 'string' || path === '' || path.startsWith('/') || path.split('/').includes('..')) {
    return invalid('tree.path contains a malformed path component');
  }
  if (typeof mode !== 'string' || !BLOB_MODES.has(mode) || (type !== undefined && type !== 'blob')) {
    return invalid('Must supply a valid tree.mode');
  }
  if ((sha === undefined) === (content === undefined)) {
    return invalid('Must supply either tree.sha or tree.content');
  }
  if (sha === null) {
    files.delete(path);
  } else if (typeof sha === 'string') {
    if (blobOf(request.world, sha) === undefined) {
      return invalid('tree.sha is not a valid blob');
    }
    files.set(path, { mode, sha });
  } else if (typeof content === 'string') {
    files.set(path, { mode, sha: keepText(request.world, content) });
  } else {
    return invalid('Invalid tree info');
  }
  return null;
}

function readTree(request: Request): Reply {
  const name = request.path.tree_sha ?? '';
  const sha = commitOf(request.world, name)?.tree ?? name;
  return treeOf(request.world, sha) === undefined
    ? notFound()
    : ok({ sha, tree: shownEntries(request, sha), truncated: false });
}

function shownEntries(request: Request, sha: string): readonly unknown[] {
  return (treeOf(request.world, sha)?.entries ?? []).map((entry) => {
    const blob = blobOf(request.world, entry.sha);
    return { ...entry, type: blob === undefined ? 'tree' : 'blob', ...(blob && { size: blob.bytes.length }) };
  });
}

function createCommit(request: Request): Reply {
  const { message, tree, parents = [], author, committer } = request.body;
  const empty = emptyRepository(request);
  if (empty !== null) {
    return empty;
  }
  if (typeof message !== 'string' || typeof tree !== 'string' || !Array.isArray(parents)) {
    return invalid('Invalid request.\n\n"message", "tree" weren\'t supplied.');
  }
  if (treeOf(request.world, tree) === undefined) {
    return invalid('Tree SHA does not exist');
  }
  if (parents.some((parent) => typeof parent !== 'string' || commitOf(request.world, parent) === undefined)) {
    return invalid('Parent SHA does not exist or is not a commit object');
  }
  const wrote = person(request, author);
  if (wrote === null) {
    return invalid('Invalid request.\n\nauthor needs name, email and an ISO 8601 date.');
  }
  const sha = keep(request.world, {
    type: 'commit',
    message,
    tree,
    parents: parents as readonly string[],
    author: wrote,
    committer: person(request, committer ?? author) ?? wrote,
  });
  return created(shownCommit(request, sha));
}

/** Whoever holds the token, unless the request names somebody. */
function person(request: Request, given: unknown) {
  const now = `${request.now().toISOString().slice(0, 19)}Z`;
  if (given === undefined) {
    return { name: 'github-actions[bot]', email: '41898282+github-actions[bot]@users.noreply.github.com', date: now };
  }
  const { name, email, date = now } = given as Record<string, unknown>;
  if (typeof name !== 'string' || typeof email !== 'string' || typeof date !== 'string') {
    return null;
  }
  return Number.isNaN(Date.parse(date)) ? null : { name, email, date };
}

function readCommit(request: Request): Reply {
  const sha = request.path.commit_sha ?? '';
  return commitOf(request.world, sha) === undefined ? notFound() : ok(shownCommit(request, sha));
}

function shownCommit(request: Request, sha: string): unknown {
  const commit = commitOf(request.world, sha);
  return {
    sha,
    author: commit?.author,
    committer: commit?.committer,
    message: commit?.message,
    tree: { sha: commit?.tree },
    parents: commit?.parents.map((parent) => ({ sha: parent })),
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  };
}

const READ = { name: 'contents', access: 'read' } as const;
const WRITE = { name: 'contents', access: 'write' } as const;
const GIT = '/repos/{owner}/{repo}/git';

export const GIT_DATA_ROUTES: readonly Route[] = [
  { method: 'POST', template: `${GIT}/blobs`, needs: WRITE, handle: createBlob },
  { method: 'GET', template: `${GIT}/blobs/{file_sha}`, needs: READ, public: true, handle: readBlob },
  { method: 'POST', template: `${GIT}/trees`, needs: WRITE, handle: createTree },
  { method: 'GET', template: `${GIT}/trees/{tree_sha}`, needs: READ, public: true, handle: readTree },
  { method: 'POST', template: `${GIT}/commits`, needs: WRITE, handle: createCommit },
  { method: 'GET', template: `${GIT}/commits/{commit_sha}`, needs: READ, public: true, handle: readCommit },
];
