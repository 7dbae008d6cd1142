import { openRepository, pullRequest, pushToMain, type Repository } from '../demo/repository.ts';
import type { Story } from '../demo/story.ts';
import type { Run } from '../support/run-action.ts';
import { type Credentials, describeUse, grantsOf, openApp } from './app.ts';
import type { Findings } from './findings.ts';
import { manifest } from './manifest.ts';
import type { RunningServer } from './server.ts';

const APP = 'https://app.example.org';
const PRODUCTION = { environment: 'production', url: APP };

/**
 * The journey by the built Action, with its state in the repository: deploy, again, change, rotate, retire, tear down.
 * The app that has the credentials uses them.
 */
export async function journeyByAction(server: RunningServer, findings: Findings, story: Story): Promise<void> {
  const repository = await openRepository();
  try {
    await play({ server, repository }, findings, story);
  } finally {
    await repository.close();
  }
}

async function play(
  { server, repository }: { readonly server: RunningServer; readonly repository: Repository },
  findings: Findings,
  { does, check, shows }: Story,
): Promise<void> {
  const { github } = repository;
  const before = new Set((await server.clients()).map(({ clientId }) => clientId));
  const held = async () => (await server.clients()).filter(({ clientId }) => !before.has(clientId));
  const heldIds = async () => (await held()).map(({ clientId }) => clientId).sort();
  const published = (): Credentials => ({
    clientId: github.variables().FHIR_CLIENT_ID ?? '',
    clientSecret: github.secrets().FHIR_CLIENT_SECRET ?? '',
  });
  const job = async (
    what: string,
    inputs: Readonly<Record<string, string>>,
    event: ReturnType<typeof pullRequest> = pushToMain,
  ): Promise<Run> => {
    does(what);
    const { initialAccessToken } = server;
    const registers = !['retire', 'delete', 'sweep'].includes(inputs.command ?? '');
    const run = await repository.job({
      event,
      inputs: {
        ...inputs,
        ...(registers && initialAccessToken !== undefined && { 'initial-access-token': initialAccessToken }),
      },
    });
    const errors = run.annotations.filter(({ level }) => level === 'error');
    for (const { message } of errors) shows('error', message);
    return run;
  };
  const records = async () =>
    (await Promise.all(['production', 'pr-42'].map((environment) => repository.remembered(environment)))).flat();

  await repository.write(manifest(server, '/callback'));
  const first = await job('Action: a push to main deploys production', PRODUCTION);
  check('the step succeeded', first.exitCode, 0);
  check('one client is in the books, and it is the published one', await heldIds(), [published().clientId]);

  const asked = server.traffic.requests.length;
  const again = await job('Action: the same deploy again', PRODUCTION);
  check('the server was asked nothing', server.traffic.requests.length - asked, 0);
  check('nothing changed', [again.exitCode, again.outputs.changed], [0, 'false']);

  await repository.write(manifest(server, '/signed-in'));
  const changed = await job('Action: another redirect URI', PRODUCTION);
  check('the step succeeded', changed.exitCode, 0);
  const current = published();
  const replaced = current.clientId !== first.outputs['client-id'];
  shows('the client was', replaced ? 'replaced' : 'updated');
  check(
    'the books have the new redirect URI for the published client',
    (await held()).find(({ clientId }) => clientId === current.clientId)?.redirectUris,
    [`${APP}/signed-in`],
  );
  if (replaced) {
    await job('Action: the app uses the new client: retire', {
      ...PRODUCTION,
      command: 'retire',
      'client-id': current.clientId,
    });
  }

  const preview = await job(
    'Action: a pull request gets a preview',
    { url: 'https://pr-42.preview.example.org' },
    pullRequest(42),
  );
  check('the step succeeded', preview.exitCode, 0);
  github.pull({ number: 42, head: { ref: 'feature-42', sha: 'a'.repeat(40) } });

  const app = await openApp({
    server,
    issuer: changed.outputs.issuer || server.address,
    tokenEndpoint: changed.outputs['token-endpoint'] ?? '',
    redirectUri: `${APP}/signed-in`,
  });
  does('Action: the app uses what was published');
  const tokens = await app.tokensBy(current);
  const grants = grantsOf(server);
  if (grants.length > 0) check('the app gets tokens', tokens, grants);
  findings.clientsUsed = describeUse(tokens, server.grants);
  for (const quirk of app.quirks()) shows('it was seen that', quirk);
  const verifiable = await app.tellsApart(current);
  const rotated = await job('Action: rotate production', { ...PRODUCTION, command: 'rotate' });
  const fresh = published();
  if (verifiable) {
    check('the step succeeded', rotated.exitCode, 0);
    check('other credentials are published', fresh.clientId !== current.clientId, true);
    check(
      'old and new credentials both work while they overlap',
      [await app.tellsApart(current), await app.tellsApart(fresh)],
      [true, true],
    );
    const both = [await app.tokensBy(current), await app.tokensBy(fresh)];
    if (grants.length > 0) check('the app gets tokens with both', both, [grants, grants]);
    check(
      'old and new client are both in the books',
      (await heldIds()).filter((id) => [current.clientId, fresh.clientId].includes(id)).length,
      2,
    );
    const retired = await job('Action: the app uses the new ones: retire', {
      ...PRODUCTION,
      command: 'retire',
      'client-id': fresh.clientId,
    });
    check('the step succeeded', retired.exitCode, 0);
  } else {
    findings.quirks.add('the token endpoint does not tell a wrong secret from a right one: no rotation');
    shows('any secret is answered', await app.answerTo(current));
    check('new credentials that cannot be tried are not put to use', [rotated.exitCode, fresh], [1, current]);
  }

  github.pull({ number: 42, head: { ref: 'feature-42', sha: 'a'.repeat(40) }, state: 'closed' });
  const swept = await job('Action: the pull request has closed: sweep', { command: 'sweep' }, SCHEDULE);
  check('the step succeeded', swept.exitCode, 0);
  const ended = await job('Action: production is given up: delete', { environment: 'production', command: 'delete' });
  shows('it ended with', String(ended.exitCode));

  const all = await records();
  const orphans = all.flatMap((one) => one.orphans.map(({ clientId }) => clientId)).sort();
  const ledger = all.flatMap((one) => one.ledger);
  check('what is left at the server is the list of orphans', await heldIds(), orphans);
  check('nothing is suspected', all.flatMap(({ suspects }) => suspects).length, 0);
  check(
    'the ledger has the end of every client',
    ledger.filter((row) => row.ended === undefined).map(({ clientId }) => clientId),
    [],
  );
  check('no secret is left at GitHub', Object.keys(github.secrets()), []);
  shows('clients made, orphans', `${ledger.length}, ${orphans.length}`);
}

const SCHEDULE = { name: 'schedule', payload: {} };
