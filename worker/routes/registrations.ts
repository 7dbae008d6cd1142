import { type Context, Hono } from 'hono';
import { applyBody, publishedBody, retireBody, rotateBody } from '../../shared/api/schemas.ts';
import { API_VERSION } from '../../shared/api/worker-api.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Identity } from '../identity/identity.ts';
import { verifyIdToken } from '../identity/verify-id-token.ts';
import { fitsInventory } from '../inventory/inventory-keys.ts';
import { authorise, notAllowed } from '../policy/authorise.ts';
import { isListed } from '../policy/environment-rule.ts';
import { type Bindings, repositoryObject } from '../repository/bindings.ts';
import type { Applied, Caller, RepositoryCalls, Viewed } from '../repository/calls.ts';
import { clock, logLine, whereThrown } from '../repository/platform.ts';
import type { Reply } from '../repository/reply.ts';
import { answerError, answerFailure, answerMalformed, answerWorking } from './answer.ts';
import { readDesired } from './read-desired.ts';
import { checkVersion, parseBody, readBody } from './read-request.ts';
import { openServices } from './services.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/u;
const LONGEST_ENVIRONMENT = 255;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u;

type Place = Pick<Caller, 'environment' | 'name'>;

/** What a method and the word after the name mean. Nothing is read of the body before this is known. */
type Ask = (object: RepositoryCalls, caller: Caller, text: string) => () => Promise<Reply<Applied | Viewed>>;

const PLAIN: Readonly<Record<string, Ask>> = {
  GET: (object, caller) => () => object.view(caller),
  DELETE: (object, caller) => () => object.end(caller),
  PUT: (object, caller, text) => {
    const body = parseBody(text, applyBody);
    const desired = readDesired(caller, body);
    return () => object.apply({ ...caller, desired, ...(desired.owner && { owner: desired.owner }) });
  },
};

const VERBS: Readonly<Record<string, Readonly<Record<string, Ask>>>> = {
  rotate: {
    POST: (object, caller, text) => {
      const { now = false } = parseBody(text, rotateBody);
      return () => object.rotate({ ...caller, now });
    },
  },
  published: {
    POST: (object, caller, text) => {
      const receipt = parseBody(text, publishedBody);
      return () => object.published({ ...caller, receipt });
    },
  },
  retire: {
    POST: (object, caller, text) => {
      const { client_id: clientId, key_id: keyId } = parseBody(text, retireBody);
      return () => object.retire({ ...caller, clientId, ...(keyId !== undefined && { keyId }) });
    },
  },
};

/**
 * `/v1/registrations/{environment}/{name}`. Refused in this order: path, method, type, size, version, identity, JSON,
 * permission; that an id-token is used once is seen to by the repository's object.
 */
export const registrationRoutes = new Hono<{ Bindings: Bindings }>()
  .all('/:environment/:name', (context) => handle(context, PLAIN))
  .all('/:environment/:name/:verb', (context) => handle(context, VERBS[context.req.param('verb')]));

async function handle(
  context: Context<{ Bindings: Bindings }>,
  methods: Readonly<Record<string, Ask>> | undefined,
): Promise<Response> {
  const place = placeOf(context);
  if (methods === undefined || place === undefined) {
    return answerMalformed(context, { status: 404, message: 'There is nothing at this path.' });
  }
  const body = await readBody(context.req.raw, Object.keys(methods));
  if ('status' in body) return answerMalformed(context, body);
  try {
    checkVersion(context.req.raw.headers);
    const identity = await identify(context);
    const object = repositoryObject(context.env, identity.repositoryId);
    const ask = methods[context.req.method] as Ask;
    const call = ask(object, { identity, ...place }, body.text);
    await refuseUnlisted(context, identity);
    return answer(context, await askObject(call));
  } catch (error) {
    const refused = answerError(context, error);
    logLine({
      at: 'request',
      method: context.req.method,
      registration: `${place.environment}/${place.name}`,
      status: refused.status,
    });
    return refused;
  }
}

function placeOf(context: Context): Place | undefined {
  const environment = context.req.param('environment') ?? '';
  const name = context.req.param('name') ?? '';
  const usable =
    environment !== '' &&
    environment.length <= LONGEST_ENVIRONMENT &&
    !UNPRINTABLE.test(environment) &&
    NAME.test(name) &&
    fitsInventory(`${environment}/${name}`);
  return usable ? { environment, name } : undefined;
}

async function identify(context: Context<{ Bindings: Bindings }>): Promise<Identity> {
  const { config, issuerKeys } = await openServices(context.env);
  const [, token = ''] = /^Bearer +(\S+)$/iu.exec(context.req.header('authorization') ?? '') ?? [];
  return verifyIdToken({ token, config, keys: issuerKeys, clock });
}

/** Before an object is asked: one is not made for every repository of the world. */
async function refuseUnlisted(context: Context<{ Bindings: Bindings }>, identity: Identity): Promise<void> {
  const { config } = await openServices(context.env);
  const { policy } = config;
  if (isListed(policy, identity)) return;
  const decision = authorise({ identity, environment: '', action: 'read', policy });
  if (decision.kind === 'denied') throw notAllowed(decision);
}

/** An object that is evicted or updated in the middle of a call breaks it off; what it had begun is remembered. */
async function askObject<T>(call: () => Promise<Reply<T>>): Promise<Reply<T>> {
  try {
    return await call();
  } catch (error) {
    logLine({ at: 'object', ...whereThrown(error) });
    throw new RegistrarError('worker_restarted', {
      message: 'The Worker was restarted while it worked on this request.',
      retryAfterSeconds: 1,
    });
  }
}

function answer(context: Context, reply: Reply<Applied | Viewed>): Response {
  switch (reply.kind) {
    case 'working':
      return answerWorking(context, reply.retryAfterSeconds);
    case 'failed':
      return answerFailure(context, reply.failure);
    case 'done':
      return context.json({
        api: API_VERSION,
        ...('credentials' in reply.value && { status: 'done' }),
        ...reply.value,
      });
  }
}
