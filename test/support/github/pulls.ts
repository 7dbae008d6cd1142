import { nodeId } from './graphql.ts';
import { failure, notFound, ok, page, type Reply, type Request, type Route } from './reply.ts';
import type { Pull } from './world.ts';

function read(request: Request): Reply {
  const pull = request.world.pulls.get(Number(request.path.pull_number));
  return pull === undefined ? notFound() : ok({ ...shown(request, pull), merged: pull.merged });
}

function list(request: Request): Reply {
  const state = request.query.get('state') ?? 'open';
  const head = request.query.get('head');
  const base = request.query.get('base');
  const pulls = newestFirst(request).filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      (head === null || head === `${pull.head.repository?.owner}:${pull.head.ref}`) &&
      (base === null || base === pull.base.ref),
  );
  return ok(page(request, pulls, 100).map((pull) => shown(request, pull)));
}

/** Pull requests, open or not, that contain the commit: here, those whose head it is. */
function ofCommit(request: Request): Reply {
  const sha = request.path.commit_sha ?? '';
  if (!request.world.objects.has(sha) && newestFirst(request).every((pull) => pull.head.sha !== sha)) {
    return failure(422, `No commit found for SHA: ${sha}`);
  }
  const pulls = newestFirst(request).filter((pull) => pull.head.sha === sha);
  return ok(page(request, pulls, 100).map((pull) => shown(request, pull)));
}

const newestFirst = (request: Request): readonly Pull[] =>
  [...request.world.pulls.values()].sort((a, b) => b.number - a.number);

/** As in a list, which says when it was merged but not that it was. */
function shown(request: Request, pull: Pull) {
  const own = { id: request.repository.id, owner: request.repository.owner, name: request.repository.name };
  const side = (ref: string, sha: string, from: Pull['head']['repository']) => ({
    ref,
    sha,
    label: `${from?.owner ?? 'unknown'}:${ref}`,
    repo: from === null ? null : { id: from.id, name: from.name, full_name: `${from.owner}/${from.name}` },
  });
  return {
    number: pull.number,
    state: pull.state,
    merged_at: pull.merged ? request.now().toISOString() : null,
    head: side(pull.head.ref, pull.head.sha, pull.head.repository),
    base: side(pull.base.ref, pull.base.sha, own),
  };
}

function branch(request: Request): Reply {
  const name = request.path.branch ?? '';
  const sha = request.world.refs.get(`refs/heads/${name}`);
  return sha === undefined
    ? failure(404, 'Branch not found')
    : ok({ name, commit: { sha }, protected: name === request.repository.defaultBranch });
}

function branches(request: Request): Reply {
  const prefix = 'refs/heads/';
  const found = [...request.world.refs].filter(([ref]) => ref.startsWith(prefix)).sort();
  return ok(
    page(request, found, 100).map(([ref, sha]) => ({
      name: ref.slice(prefix.length),
      commit: { sha },
      protected: false,
    })),
  );
}

function repository(request: Request): Reply {
  const { id, ownerId, owner, name, defaultBranch } = request.repository;
  return ok({
    id,
    node_id: nodeId(id),
    name,
    full_name: `${owner}/${name}`,
    owner: { login: owner, id: ownerId },
    private: request.repository.private,
    visibility: request.repository.private ? 'private' : 'public',
    default_branch: defaultBranch,
    archived: false,
  });
}

const REPOSITORY = '/repos/{owner}/{repo}';
const PULLS = { name: 'pull_requests', access: 'read' } as const;
const CONTENTS = { name: 'contents', access: 'read' } as const;

export const PULL_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    template: REPOSITORY,
    needs: { name: 'metadata', access: 'read' },
    public: true,
    handle: repository,
  },
  { method: 'GET', template: `${REPOSITORY}/pulls`, needs: PULLS, public: true, handle: list },
  { method: 'GET', template: `${REPOSITORY}/pulls/{pull_number}`, needs: PULLS, public: true, handle: read },
  { method: 'GET', template: `${REPOSITORY}/commits/{commit_sha}/pulls`, needs: PULLS, public: true, handle: ofCommit },
  { method: 'GET', template: `${REPOSITORY}/branches`, needs: CONTENTS, public: true, handle: branches },
  { method: 'GET', template: `${REPOSITORY}/branches/{+branch}`, needs: CONTENTS, public: true, handle: branch },
];
