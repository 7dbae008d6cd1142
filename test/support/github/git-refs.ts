import { commitOf, reaches } from './git-objects.ts';
import { created, failure, invalid, noContent, notFound, ok, type Reply, type Request, type Route } from './reply.ts';

// As `git check-ref-format` has it.
const FORBIDDEN = /[^\u0021-\u007e\u0080-\u{10ffff}]|[~^:?*[\\]|\.\.|@\{|\.$/u;

function create(request: Request): Reply {
  const { ref, sha } = request.body;
  if (request.world.objects.size === 0) {
    return failure(409, 'Git Repository is empty.');
  }
  if (typeof ref !== 'string' || typeof sha !== 'string') {
    return invalid('Invalid request.\n\n"ref", "sha" weren\'t supplied.');
  }
  const problem = nameProblem(request, ref);
  if (problem !== null) {
    return problem;
  }
  if (request.world.refs.has(ref)) {
    return invalid('Reference already exists');
  }
  if (!request.world.objects.has(sha)) {
    return invalid('Object does not exist');
  }
  if ([...request.world.refs.keys()].some((other) => other.startsWith(`${ref}/`) || ref.startsWith(`${other}/`))) {
    return invalid('Reference update failed');
  }
  request.world.refs.set(ref, sha);
  return created(shown(request, ref, sha));
}

function nameProblem(request: Request, ref: string): Reply | null {
  const wellFormed =
    ref.startsWith('refs/') &&
    ref.split('/').length > 2 &&
    ref.split('/').every((part) => part !== '' && !part.startsWith('.') && !/\.lock$/i.test(part)) &&
    !FORBIDDEN.test(ref);
  if (!wellFormed) {
    return invalid('Reference name is invalid');
  }
  return request.refPolicy === 'any' || /^refs\/(heads|tags)\//.test(ref)
    ? null
    : invalid('Reference name must be a branch or a tag');
}

function update(request: Request): Reply {
  const ref = named(request);
  const { sha, force = false } = request.body;
  const tip = request.world.refs.get(ref);
  if (typeof sha !== 'string') {
    return invalid('Invalid request.\n\n"sha" wasn\'t supplied.');
  }
  if (tip === undefined) {
    return invalid('Reference does not exist');
  }
  if (commitOf(request.world, sha) === undefined) {
    return invalid('Object does not exist');
  }
  if (force !== true && !reaches(request.world, sha, tip)) {
    return invalid('Update is not a fast forward');
  }
  request.world.refs.set(ref, sha);
  return ok(shown(request, ref, sha));
}

function remove(request: Request): Reply {
  if (named(request) === `refs/heads/${request.repository.defaultBranch}`) {
    return invalid('Cannot delete the default branch');
  }
  return request.world.refs.delete(named(request)) ? noContent() : invalid('Reference does not exist');
}

function read(request: Request): Reply {
  const sha = request.world.refs.get(named(request));
  return sha === undefined ? notFound() : ok(shown(request, named(request), sha));
}

function matching(request: Request): Reply {
  const found = [...request.world.refs].filter(([ref]) => ref.startsWith(named(request))).sort();
  return ok(found.map(([ref, sha]) => shown(request, ref, sha)));
}

const named = (request: Request): string => `refs/${request.path.ref ?? ''}`;

const shown = (request: Request, ref: string, sha: string) => ({
  ref,
  object: { sha, type: request.world.objects.get(sha)?.type },
});

const READ = { name: 'contents', access: 'read' } as const;
const WRITE = { name: 'contents', access: 'write' } as const;
const GIT = '/repos/{owner}/{repo}/git';

export const GIT_REF_ROUTES: readonly Route[] = [
  { method: 'GET', template: `${GIT}/ref/{+ref}`, needs: READ, public: true, handle: read },
  { method: 'GET', template: `${GIT}/matching-refs/{+ref}`, needs: READ, public: true, handle: matching },
  { method: 'POST', template: `${GIT}/refs`, needs: WRITE, handle: create },
  { method: 'PATCH', template: `${GIT}/refs/{+ref}`, needs: WRITE, handle: update },
  { method: 'DELETE', template: `${GIT}/refs/{+ref}`, needs: WRITE, handle: remove },
];
