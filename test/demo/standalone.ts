import type { AuthorizationServer } from '../support/authorization-server.ts';
import { completeCodeFlow } from '../support/real-client.ts';
import type { Run } from '../support/run-action.ts';
import { openRepository, pullRequest, pushToMain } from './repository.ts';
import type { Story } from './story.ts';

const manifest = (server: string, callback: string) => `version: 1
clients:
  web:
    server: ${server}
    type: confidential
    metadata:
      client_name: Growth chart (\${environment})
      redirect_uris: ["\${url}${callback}"]
      scope: openid fhirUser patient/*.rs
environments:
  production:
    web:
      publish:
        github:
          variables: { client_id: FHIR_CLIENT_ID }
          secrets: { client_secret: FHIR_CLIENT_SECRET }
      rotate: { every: 30d, overlap: 24h, client_id: may_change }
`;

/** Previews and production with nothing but GitHub: state in the repository, published secrets, rotation, teardown. */
export async function playStandalone(
  server: AuthorizationServer,
  { chapter, does, shows, check }: Story,
): Promise<void> {
  chapter('3  Standalone: production and previews, with nothing but GitHub');
  const repository = await openRepository();
  const { github } = repository;
  const production = { environment: 'production', url: 'https://app.example.org' };
  const tell = (run: Run) => {
    for (const line of run.log.trim().split('\n')) shows('log', line);
  };
  const works = async () => {
    const tokens = await completeCodeFlow({
      issuer: server.issuer,
      clientId: github.variables().FHIR_CLIENT_ID ?? '',
      clientSecret: github.secrets().FHIR_CLIENT_SECRET ?? '',
      redirectUri: redirectUris(server.client(github.variables().FHIR_CLIENT_ID ?? '')?.metadata)[0] ?? '',
      scope: 'openid patient/*.rs',
    });
    return typeof tokens.access_token;
  };
  const posts = () => server.count({ method: 'POST', path: '/reg' });
  const writes = () => github.calls.filter(({ method }) => method !== 'GET').length;

  does('A push to main deploys production');
  await repository.write(manifest(server.fhirBase('r4'), '/callback'));
  const first = await repository.job({ event: pushToMain, inputs: production });
  tell(first);
  check('the step succeeded', first.exitCode, 0);
  check(
    'GitHub has the credentials',
    [Object.keys(github.variables()), Object.keys(github.secrets())],
    [['FHIR_CLIENT_ID'], ['FHIR_CLIENT_SECRET']],
  );
  check('an app completes an authorization-code flow with what is published', await works(), 'string');
  const published = github.secrets().FHIR_CLIENT_SECRET ?? '';
  check('whoever can read the repository sees no secret', github.publicText().includes(published), false);

  does('The same deploy again');
  const before = [posts(), writes()];
  const again = await repository.job({ event: pushToMain, inputs: production });
  tell(again);
  check('nothing was registered, updated or written', [posts(), writes()], before);
  check(
    'changed is false, and the outputs are there all the same',
    [again.outputs.changed, again.outputs['client-id']],
    ['false', github.variables().FHIR_CLIENT_ID],
  );

  does('The manifest changes: another redirect URI');
  await repository.write(manifest(server.fhirBase('r4'), '/signed-in'));
  const changed = await repository.job({ event: pushToMain, inputs: production });
  tell(changed);
  check('the client is the same one', changed.outputs['client-id'], first.outputs['client-id']);
  check(
    'the server has the new redirect URI',
    server.client(changed.outputs['client-id'] ?? '')?.metadata.redirect_uris,
    ['https://app.example.org/signed-in'],
  );

  does('Two pull requests get a preview each');
  for (const number of [41, 42]) {
    const preview = await repository.job({
      event: pullRequest(number),
      inputs: { url: `https://pr-${number}.example.org` },
    });
    tell(preview);
    github.pull({ number, head: { ref: `feature-${number}`, sha: 'a'.repeat(40) } });
  }
  check('three clients at the server', server.clients().length, 3);

  does('Production is rotated: new credentials beside the old ones');
  const old = { id: github.variables().FHIR_CLIENT_ID ?? '', secret: github.secrets().FHIR_CLIENT_SECRET ?? '' };
  const rotated = await repository.job({ event: pushToMain, inputs: { ...production, command: 'rotate' } });
  tell(rotated);
  check(
    'other credentials are published',
    [github.variables().FHIR_CLIENT_ID === old.id, github.secrets().FHIR_CLIENT_SECRET === old.secret],
    [false, false],
  );
  check('the new ones work', await works(), 'string');
  const oldTokens = await completeCodeFlow({
    issuer: server.issuer,
    clientId: old.id,
    clientSecret: old.secret,
    redirectUri: 'https://app.example.org/signed-in',
    scope: 'openid patient/*.rs',
  });
  check(
    'and so do the old ones, until somebody says that the app uses the new ones',
    typeof oldTokens.access_token,
    'string',
  );

  does('The app was deployed with the new ones: retire');
  const retired = await repository.job({
    event: pushToMain,
    inputs: { ...production, command: 'retire', 'client-id': github.variables().FHIR_CLIENT_ID ?? '' },
  });
  tell(retired);
  check('the old client is gone', server.client(old.id), undefined);

  does('Pull request 42 closes');
  github.pull({ number: 42, head: { ref: 'feature-42', sha: 'a'.repeat(40) }, state: 'closed' });
  const swept = await repository.job({ event: { name: 'schedule', payload: {} }, inputs: { command: 'sweep' } });
  tell(swept);
  const names = server.clients().map(({ metadata }) => String(metadata.client_name).replace(/ \[or-.*\]$/u, ''));
  check('its client is gone, all others are there', names.sort(), [
    'Growth chart (pr-41)',
    'Growth chart (production)',
  ]);

  does('The books');
  const records = (await Promise.all(['production', 'pr-41', 'pr-42'].map(repository.remembered))).flat();
  const alive = records.flatMap(({ clients }) => clients.map(({ clientId }) => clientId));
  check(
    'what is remembered as alive is what the server holds',
    alive.sort(),
    server
      .clients()
      .map(({ clientId }) => clientId)
      .sort(),
  );
  const ledger = records.flatMap((record) => record.ledger);
  check(
    'the ledger has every client ever made, and how each deleted one ended',
    [ledger.length, ledger.filter(({ ended }) => ended === 'deleted').length],
    [4, 2],
  );
  check(
    'nothing is left over: no suspects, no orphans',
    records.flatMap(({ suspects, orphans }) => [...suspects, ...orphans]),
    [],
  );
  check(
    'GitHub has exactly what production publishes',
    [Object.keys(github.variables()), Object.keys(github.secrets())],
    [['FHIR_CLIENT_ID'], ['FHIR_CLIENT_SECRET']],
  );
  await repository.close();
}

function redirectUris(metadata: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  return Array.isArray(metadata?.redirect_uris) ? metadata.redirect_uris.map(String) : [];
}
