import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { API_VERSION } from '../../shared/api/worker-api.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { countKeys } from '../inventory/count-keys.ts';
import { listRegistrations } from '../inventory/read-inventory.ts';
import { type Bindings, repositoryObject } from '../repository/bindings.ts';
import type { Reply } from '../repository/reply.ts';
import { answerError, answerFailure, answerMalformed } from '../routes/answer.ts';
import { parseBody, readBody } from '../routes/read-request.ts';
import { openServices } from '../routes/services.ts';
import { isOperator } from './operator-token.ts';
import { overRepositories } from './over-repositories.ts';
import { repositoryId } from './repository-id.ts';
import { resolveBody, resolveCall } from './resolve-body.ts';

type Env = { readonly Bindings: Bindings };

const listQuery = z.object({
  repository: repositoryId.exactOptional(),
  cursor: z.string().exactOptional(),
  after: z.coerce.number().int().min(0).exactOptional(),
  since: z.string().exactOptional(),
});
const exportBody = z.object({ repository: repositoryId, public_key: z.string() });
const restoreBody = z.object({ repository: repositoryId });
const releaseBody = z.object({ repository: repositoryId, owner: z.string().exactOptional() });

/** Registrations per page of the inventory. */
const PAGE = 500;

type Handler = (context: Context<Env>, text: string) => Promise<Response>;

/** `/v1/operator/…`: what the operator sees and decides. There is nothing here for a Worker without `OPERATOR_TOKEN`. */
export const operatorRoutes = new Hono<Env>()
  .all('/registrations', (context) => handle(context, 'GET', registrations))
  .all('/ledger', (context) => handle(context, 'GET', ledger))
  .all('/events', (context) => handle(context, 'GET', events))
  .all('/keys', (context) => handle(context, 'GET', keys))
  .all('/export', (context) => handle(context, 'POST', exportAll))
  .all('/resolve', (context) => handle(context, 'POST', resolve))
  .all('/restore', (context) => handle(context, 'POST', restore))
  .all('/release', (context) => handle(context, 'POST', release));

async function handle(context: Context<Env>, method: 'GET' | 'POST', then: Handler): Promise<Response> {
  try {
    const { config } = await openServices(context.env);
    if (config.operatorToken === undefined) {
      return answerMalformed(context, { status: 404, message: 'There is nothing at this path.' });
    }
    const body = await readBody(context.req.raw, [method]);
    if ('status' in body) return answerMalformed(context, body);
    if (!(await isOperator(context.req.header('authorization'), config.operatorToken))) {
      throw new RegistrarError('identity_refused', {
        message: 'The request does not carry the token of the operator.',
        hint: 'Send OPERATOR_TOKEN as `Authorization: Bearer …`.',
      });
    }
    return await then(context, body.text);
  } catch (error) {
    return answerError(context, error);
  }
}

/** All repositories come from the inventory, which may be a minute old; one comes from its object. */
async function registrations(context: Context<Env>): Promise<Response> {
  const { repository, cursor } = queryOf(context);
  if (repository !== undefined) {
    return answer(context, await repositoryObject(context.env, repository).overview());
  }
  const page = await listPage(context, { cursor });
  return context.json({
    api: API_VERSION,
    registrations: page.items,
    ...(page.cursor !== undefined && { cursor: page.cursor }),
  });
}

async function ledger(context: Context<Env>): Promise<Response> {
  const { repository, cursor, after = 0 } = queryOf(context);
  const { found, cursor: next } = await over(context, { repository, cursor }, async (id) => ({
    repository: id,
    ...(await repositoryObject(context.env, id).ledger(after)),
  }));
  return context.json({ api: API_VERSION, repositories: found, ...(next !== undefined && { cursor: next }) });
}

/** One event per line; `since` is an id in one repository, or a time (ISO 8601). */
async function events(context: Context<Env>): Promise<Response> {
  const { repository, cursor, since = '0' } = queryOf(context);
  const number = /^\d+$/u.test(since) ? Number(since) : undefined;
  const at = number === undefined ? Date.parse(since) : 0;
  if (Number.isNaN(at)) throw new RegistrarError('request_invalid', { message: 'since is neither an id nor a time.' });
  const from = number !== undefined && repository !== undefined ? { id: number } : { at };
  const { found, cursor: next } = await over(context, { repository, cursor }, async (id) =>
    (await repositoryObject(context.env, id).events(from)).map((event) => JSON.stringify({ repository: id, ...event })),
  );
  context.header('content-type', 'application/x-ndjson');
  if (next !== undefined) context.header('x-next-cursor', next);
  return context.body(found.flatMap((lines) => lines.map((line) => `${line}\n`)).join(''));
}

/** How many records are sealed under each key: a key that has none, and is not the first, can be taken out. */
async function keys(context: Context<Env>): Promise<Response> {
  const { repository, cursor } = queryOf(context);
  const { config } = await openServices(context.env);
  const { found, cursor: next } = await over(context, { repository, cursor }, async (id) => ({
    objects: await repositoryObject(context.env, id).keyCounts(),
    inventory: await countKeys((cursor) => listPage(context, { repository: id, cursor })),
  }));
  return context.json({
    api: API_VERSION,
    keys: config.keys.map(({ id }) => id),
    objects: sum(found.map(({ objects }) => objects)),
    inventory: sum(found.map(({ inventory }) => inventory)),
    ...(next !== undefined && { cursor: next }),
  });
}

async function exportAll(context: Context<Env>, text: string): Promise<Response> {
  const { repository, public_key: publicKey } = parseBody(text, exportBody);
  const reply = await repositoryObject(context.env, repository).export(publicKey);
  return answer(context, reply.kind === 'done' ? { ...reply, value: { sealed: reply.value } } : reply);
}

/** What became of a client that may exist, because an answer was lost; or a client that was made by hand. */
async function resolve(context: Context<Env>, text: string): Promise<Response> {
  const body = parseBody(text, resolveBody);
  return answer(context, await repositoryObject(context.env, body.repository).resolve(resolveCall(body)));
}

async function restore(context: Context<Env>, text: string): Promise<Response> {
  const { repository } = parseBody(text, restoreBody);
  return answer(context, await repositoryObject(context.env, repository).restore());
}

async function release(context: Context<Env>, text: string): Promise<Response> {
  const { repository, owner } = parseBody(text, releaseBody);
  return answer(context, await repositoryObject(context.env, repository).release(owner));
}

function queryOf(context: Context<Env>): z.infer<typeof listQuery> {
  const result = listQuery.safeParse(context.req.query());
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.join('.') ?? '';
  throw new RegistrarError('request_invalid', { message: `The query parameter ${path} is not what it has to be.` });
}

function over<T>(
  context: Context<Env>,
  { repository, cursor }: { readonly repository: string | undefined; readonly cursor: string | undefined },
  ask: (repositoryId: string) => Promise<T>,
) {
  return overRepositories({ kv: context.env.REGISTRATIONS, repository, cursor, ask });
}

function listPage(
  context: Context<Env>,
  { repository, cursor }: { readonly repository?: string; readonly cursor: string | undefined },
) {
  return listRegistrations(context.env.REGISTRATIONS, {
    limit: PAGE,
    ...(repository !== undefined && { repository }),
    ...(cursor !== undefined && { cursor }),
  });
}

function sum(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const count of counts) {
    for (const [key, value] of Object.entries(count)) total[key] = (total[key] ?? 0) + value;
  }
  return total;
}

function answer<T extends object>(context: Context<Env>, reply: Reply<T>): Response {
  if (reply.kind === 'failed') return answerFailure(context, reply.failure);
  return context.json({ api: API_VERSION, ...(reply.kind === 'done' && reply.value) });
}
