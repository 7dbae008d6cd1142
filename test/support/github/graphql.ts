import { commitOf, reaches } from './git-objects.ts';
import { ok, type Reply, type Request, type Route } from './reply.ts';

const NOTHING = '0'.repeat(40);

type RefUpdate = { name: string; beforeOid?: string; afterOid: string; force?: boolean };

/** The one mutation that is used: `updateRefs` moves refs all or none, each only from where it is said to be. */
function graphql(request: Request): Reply {
  const { query, variables } = request.body as { query?: string; variables?: { input?: unknown } };
  const input = variables?.input as { repositoryId?: string; refUpdates?: readonly RefUpdate[] } | undefined;
  if (typeof query !== 'string' || !/\bupdateRefs\s*\(\s*input:\s*\$input\s*\)/.test(query) || input === undefined) {
    return errors('only updateRefs is known here');
  }
  if (input.repositoryId !== nodeId(request.repository.id)) {
    return errors('Could not resolve to a node with the global id');
  }
  const refUpdates = input.refUpdates ?? [];
  const problem = refUpdates.map((update) => problemOf(request, update)).find((found) => found !== null);
  if (problem !== undefined) {
    return errors(problem ?? '');
  }
  for (const update of refUpdates) {
    if (update.afterOid === NOTHING) {
      request.world.refs.delete(update.name);
    } else {
      request.world.refs.set(update.name, update.afterOid);
    }
  }
  return ok({ data: { updateRefs: { clientMutationId: null } } });
}

function problemOf(request: Request, update: RefUpdate): string | null {
  const tip = request.world.refs.get(update.name);
  if (request.refPolicy !== 'any' && !/^refs\/(heads|tags)\//.test(update.name)) {
    return 'Reference name must be a branch or a tag';
  }
  if (update.beforeOid !== undefined && update.beforeOid !== (tip ?? NOTHING)) {
    return `${update.name} is at another commit than was expected`;
  }
  if (update.afterOid === NOTHING) {
    return null;
  }
  if (commitOf(request.world, update.afterOid) === undefined) {
    return 'Object does not exist';
  }
  const forward = tip === undefined || reaches(request.world, update.afterOid, tip);
  return forward || update.force === true ? null : 'Update is not a fast forward';
}

/** GraphQL answers a refusal with 200. */
const errors = (message: string): Reply =>
  ok({ data: { updateRefs: null }, errors: [{ type: 'UNPROCESSABLE', path: ['updateRefs'], message }] });

export const nodeId = (id: number): string => `R_${Buffer.from(`010:Repository${id}`).toString('base64url')}`;

export const GRAPHQL_ROUTES: readonly Route[] = [
  { method: 'POST', template: '/graphql', needs: { name: 'contents', access: 'write' }, handle: graphql },
];
