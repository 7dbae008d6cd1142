import { type Context, Hono } from 'hono';
import { operatorRoutes } from '../operator/routes.ts';
import { type Bindings, repositoryObject } from '../repository/bindings.ts';
import { clock, logLine } from '../repository/platform.ts';
import { VERSION } from '../version.ts';
import { webhookRoutes } from '../webhooks/routes.ts';
import { answerError, answerMalformed } from './answer.ts';
import { keySetRoutes } from './key-sets.ts';
import { registrationRoutes } from './registrations.ts';
import { openServices, type Services } from './services.ts';

type Env = { readonly Bindings: Bindings };

/** Routes of webhooks keep the keys that they verify with. */
const mounted = new WeakMap<Services, Hono>();

/** All routes of the Worker. `/healthz` answers in any case; everything else needs settings that can be used. */
export const app = new Hono<Env>();

app.use(async (context, next) => {
  await next();
  if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
});

app.get('/healthz', (context) => context.json({ status: 'ok', version: VERSION }));

app.use('/v1/*', configured);
app.use('/webhooks/*', configured);
app.use('/clients/*', configured);
app.route('/v1/registrations', registrationRoutes);
app.route('/v1/operator', operatorRoutes);
app.route('/clients', keySetRoutes);
app.all('/webhooks/*', async (context) => {
  const services = await openServices(context.env);
  const hooks = mounted.get(services) ?? new Hono().route('/webhooks', hooksOf(services, context.env));
  mounted.set(services, hooks);
  return hooks.fetch(context.req.raw);
});

app.notFound((context) => answerMalformed(context, { status: 404, message: 'There is nothing at this path.' }));
app.onError((error, context) => answerError(context, error));

async function configured(context: Context<Env>, next: () => Promise<void>): Promise<Response | undefined> {
  try {
    await openServices(context.env);
  } catch (error) {
    return answerError(context, error);
  }
  await next();
  return undefined;
}

function hooksOf({ config }: Services, env: Bindings): Hono {
  const { webhookSecret, deployWebhookSecret } = config;
  return webhookRoutes({
    config: {
      githubSecrets: webhookSecret === undefined ? [] : [webhookSecret],
      deploySecrets: deployWebhookSecret === undefined ? [] : [deployWebhookSecret],
    },
    objectFor: (repositoryId) => repositoryObject(env, repositoryId),
    clock,
    decided: (decision) => logLine({ at: 'webhook', ...decision }),
  });
}
