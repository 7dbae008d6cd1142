import { blobOf, commitOf, filesOf } from './git-objects.ts';
import { failure, notFound, ok, type Reply, type Request, type Route } from './reply.ts';

/** Above this size GitHub leaves the content out of a JSON answer. */
const INLINE_BYTES = 1024 * 1024;

function read(request: Request): Reply {
  const { world, query } = request;
  const path = (request.path.path ?? '').replace(/\/$/, '');
  const commit = commitOf(world, resolve(request, query.get('ref') ?? request.repository.defaultBranch) ?? '');
  if (commit === undefined) {
    return query.has('ref') ? failure(404, `No commit found for the ref ${query.get('ref')}`) : notFound();
  }
  const files = filesOf(world, commit.tree);
  const file = files.get(path);
  const blob = file === undefined ? undefined : blobOf(world, file.sha);
  if (file === undefined || blob === undefined) {
    const below = [...files.keys()].filter((name) => path === '' || name.startsWith(`${path}/`));
    return below.length === 0 ? notFound() : ok(below.map((name) => ({ type: 'file', path: name })));
  }
  if (/application\/vnd\.github(\.v3)?\.raw/.test(request.accept)) {
    return { status: 200, raw: { type: 'application/vnd.github.raw+json; charset=utf-8', bytes: blob.bytes } };
  }
  const inline = blob.bytes.length <= INLINE_BYTES;
  return ok({
    type: 'file',
    name: path.split('/').at(-1),
    path,
    sha: file.sha,
    size: blob.bytes.length,
    encoding: inline ? 'base64' : 'none',
    content: inline ? Buffer.from(blob.bytes).toString('base64').replace(/.{60}/g, '$&\n') : '',
  });
}

/** A commit's own name, a full ref, or the short name of a branch or tag. */
function resolve(request: Request, ref: string): string | undefined {
  const { refs } = request.world;
  return commitOf(request.world, ref) !== undefined
    ? ref
    : (refs.get(ref) ?? refs.get(`refs/${ref}`) ?? refs.get(`refs/heads/${ref}`) ?? refs.get(`refs/tags/${ref}`));
}

export const CONTENT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/contents/{+path}',
    needs: { name: 'contents', access: 'read' },
    public: true,
    handle: read,
  },
];
