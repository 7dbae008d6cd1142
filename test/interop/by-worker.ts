import { pullRequest, pushToMain } from '../demo/repository.ts';
import type { Story } from '../demo/story.ts';
import { runPost } from '../support/run-action.ts';
import { closedWebhook, sendWebhook } from '../worker/support/github-webhook.ts';
import { type Claims, pullRequestRun } from '../worker/support/issuer.ts';
import { until } from '../worker/support/worker.ts';
import { type Credentials, grantsOf, openApp } from './app.ts';
import type { RunningServer } from './server.ts';
import { openScene, type Scene } from './worker-scene.ts';

const APP = 'https://app.example.org';
const DAY_MS = 86_400_000;
const PATIENCE_MS = 60_000;

/** The journey by the Worker in workerd: deploy, change, scheduled rotation, retire, and a teardown by webhook. */
export async function journeyByWorker(server: RunningServer, story: Story): Promise<void> {
  const before = new Set((await server.clients()).map(({ clientId }) => clientId));
  const held = async () => (await server.clients()).filter(({ clientId }) => !before.has(clientId));
  const scene = await openScene(server);
  try {
    await play({ server, held }, scene, story);
  } finally {
    await scene.close();
  }
}

async function play(
  { server, held }: { readonly server: RunningServer; readonly held: RunningServer['clients'] },
  { github, worker, runner, write }: Scene,
  { does, check, shows }: Story,
): Promise<void> {
  const heldIds = async () => (await held()).map(({ clientId }) => clientId).sort();
  const pull = (state: 'open' | 'closed') =>
    github.pull({ number: 42, state, head: { ref: 'feature-42', sha: '1'.repeat(40) } });
  pull('open');
  const job = async (
    what: string,
    {
      who = {},
      event = pushToMain,
      inputs,
    }: { who?: Claims; event?: typeof pushToMain; inputs: Record<string, string> },
  ) => {
    does(what);
    const main = await runner.run({ who, event, inputs, timeLimitMs: 120_000 });
    await runPost(main);
    for (const { level, message } of main.annotations) if (level === 'error') shows('error', message);
    return main;
  };
  const production = (what: string, inputs: Record<string, string> = {}) =>
    job(what, { inputs: { environment: 'production', url: APP, ...inputs } });
  const published = (): Credentials => ({
    clientId: github.variables().FHIR_CLIENT_ID ?? '',
    clientSecret: github.secrets().FHIR_CLIENT_SECRET ?? '',
  });

  await write('/callback');
  const preview = await job('Worker: a pull request gets a preview', {
    who: pullRequestRun(42),
    event: pullRequest(42),
    inputs: { url: 'https://pr-42.preview.example.org' },
  });
  check('the step succeeded', preview.exitCode, 0);
  const first = await production('Worker: production is deployed');
  check('the step succeeded', first.exitCode, 0);
  check(
    'both clients are in the books',
    await heldIds(),
    [preview.outputs['client-id'], first.outputs['client-id']].sort(),
  );

  await write('/signed-in');
  const changed = await production('Worker: another redirect URI');
  check('the step succeeded', changed.exitCode, 0);
  const old = published();
  check(
    'the books have the new redirect URI for the published client',
    (await held()).find(({ clientId }) => clientId === old.clientId)?.redirectUris,
    [`${APP}/signed-in`],
  );
  if (old.clientId !== first.outputs['client-id']) {
    await production('Worker: the app uses the new client: retire', { command: 'retire', 'client-id': old.clientId });
  }

  const app = await openApp({
    server,
    issuer: changed.outputs.issuer || server.address,
    tokenEndpoint: changed.outputs['token-endpoint'] ?? '',
    redirectUri: `${APP}/signed-in`,
  });
  const verifiable = await app.tellsApart(old);
  does('Worker: 31 days pass');
  await worker.edit('production/web', (record) => ({
    ...record,
    ...(record.rotatedAt !== undefined && { rotatedAt: record.rotatedAt - 31 * DAY_MS }),
    clients: record.clients.map((client) => ({ ...client, madeAt: client.madeAt - 31 * DAY_MS })),
  }));
  await worker.cron();
  await until(async () => {
    const { clients, rotation, rotationHeldUntil } = await worker.record('production/web');
    if (!verifiable) return rotationHeldUntil !== undefined;
    const current = clients.find(({ role }) => role === 'current')?.clientId;
    return current !== old.clientId && rotation === undefined;
  }, PATIENCE_MS);
  const fresh = published();
  if (verifiable) {
    check(
      'old and new credentials both work while they overlap',
      [await app.tellsApart(old), await app.tellsApart(fresh)],
      [true, true],
    );
    const [grants, both] = [grantsOf(server), [await app.tokensBy(old), await app.tokensBy(fresh)]];
    if (grants.length > 0) check('the app gets tokens with both', both, [grants, grants]);
    check(
      'old and new client are both in the books',
      (await heldIds()).filter((id) => [old.clientId, fresh.clientId].includes(id)).length,
      2,
    );
    const retired = await production('Worker: the app uses the new ones: retire', {
      command: 'retire',
      'client-id': fresh.clientId,
    });
    check('the step succeeded', retired.exitCode, 0);
  } else {
    check('new credentials that cannot be tried are not put to use', fresh, old);
  }

  does('Worker: the pull request closes, and GitHub sends a signed webhook');
  pull('closed');
  const answer = await sendWebhook(worker, closedWebhook(42));
  check('the webhook was taken', answer.ok, true);
  await production('Worker: production is given up: delete', { command: 'delete' });
  const records = async () => Promise.all(['production/web', 'pr-42/web'].map(worker.record));
  await until(async () => (await records()).every(({ clients }) => clients.length === 0), PATIENCE_MS);
  const all = await records();
  const orphans = all.flatMap((one) => one.orphans.map(({ clientId }) => clientId)).sort();
  check('what is left at the server is the list of orphans', await heldIds(), orphans);
  check('nothing is suspected', all.flatMap(({ suspects }) => suspects).length, 0);
  check('no secret is left at GitHub', Object.keys(github.secrets()), []);
  shows('orphans', String(orphans.length));
}
