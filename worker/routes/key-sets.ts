import { type Context, Hono } from 'hono';
import { KEY_SET_SECONDS } from '../../shared/reconcile/key-hosting.ts';
import { type Bindings, repositoryObject } from '../repository/bindings.ts';
import { repositoryOfKeySet } from '../repository/key-sets.ts';
import { answerMalformed } from './answer.ts';

type Env = { readonly Bindings: Bindings };

/** `/clients/{id}/jwks.json`: the public keys of a client, for its authorization server and whoever knows the address. */
export const keySetRoutes = new Hono<Env>().all('/:id/jwks.json', async (context) => {
  if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
    return answerMalformed(context, {
      status: 405,
      message: `${context.req.method} is not possible here.`,
      allow: 'GET, HEAD',
    });
  }
  const keys = await keysOf(context);
  if (keys === undefined) return answerMalformed(context, { status: 404, message: 'There is nothing at this path.' });
  // Public keys, to be read again soon: a rotation goes on when servers have the new one, a leak is over when they have not the old one.
  context.header('cache-control', `public, max-age=${KEY_SET_SECONDS}`);
  context.header('content-type', 'application/json');
  return context.body(`{"keys":${keys}}`);
});

async function keysOf(context: Context<Env>): Promise<string | undefined> {
  const id = context.req.param('id') ?? '';
  const repositoryId = repositoryOfKeySet(id);
  return repositoryId === undefined ? undefined : repositoryObject(context.env, repositoryId).keySet(id);
}
