import { describe, expect, it } from 'vitest';
import { completeCodeFlow } from '../support/real-client.ts';
import { authorizationServer, oddServer } from './support/closing.ts';
import { CALLBACK, codesOf, errorsOf, manifest, PUBLISH, readable } from './support/manifests.ts';
import { openRepository, PUSH, pullRequest } from './support/repository.ts';

const PRODUCTION = { environment: 'production' };

describe.concurrent('a deploy that keeps its clients', () => {
  it('the same manifest twice: the second run sends and writes nothing, and sets all outputs', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const deploy = { manifest: manifest(as.fhirBase('r4'), PUBLISH), inputs: { ...PRODUCTION, 'export-env': 'true' } };
    const first = await repository.job(deploy);
    expect(first.exitCode, first.log).toBe(0);
    expect(first.outputs.changed).toBe('true');
    const { FHIR_CLIENT_ID: clientId = '' } = repository.github.variables();
    const { FHIR_CLIENT_SECRET: clientSecret = '' } = repository.github.secrets();
    const flow = { issuer: as.issuer, clientId, clientSecret, redirectUri: CALLBACK, scope: 'openid' };
    expect((await completeCodeFlow(flow)).access_token).toBeTypeOf('string');
    expect(readable(first)).toContain('variable FHIR_CLIENT_ID, secret FHIR_CLIENT_SECRET');
    expect(readable(first)).toContain('| somebody deletes it |');

    const [asked, written] = [as.requests.length, repository.writes()];
    const second = await repository.job(deploy);
    expect(second.exitCode, second.log).toBe(0);
    expect(as.requests.slice(asked)).toEqual([]);
    expect(repository.writes()).toBe(written);
    expect(second.outputs).toEqual({ ...first.outputs, changed: 'false' });
    expect(second.env).toEqual(first.env);
    expect(second.log).toContain('web: unchanged');
  });

  it('from client_secret_basic to none: the secret is gone from GitHub and from the outputs', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const bare = (method: string) =>
      JSON.stringify({
        client_name: 'Notebook',
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: method,
      });
    const inputs = { ...PRODUCTION, server: as.fhirBase('r4'), 'secret-prefix': 'FHIR_' };
    const first = await repository.job({ manifest: bare('client_secret_basic'), inputs });
    expect(first.exitCode, first.log).toBe(0);
    expect(Object.keys(repository.github.secrets())).toEqual(['FHIR_CLIENT_SECRET']);
    expect(repository.github.variables()).toEqual({ FHIR_CLIENT_ID: first.outputs['client-id'] });
    expect(first.outputs['client-secret']).toBe(repository.github.secrets().FHIR_CLIENT_SECRET);

    const second = await repository.job({ manifest: bare('none'), inputs });
    expect(second.exitCode, second.log).toBe(0);
    expect(repository.github.secrets()).toEqual({});
    expect(repository.github.variables()).toEqual({ FHIR_CLIENT_ID: first.outputs['client-id'] });
    expect(second.outputs).not.toHaveProperty('client-secret');
    expect(second.outputs['client-id']).toBe(first.outputs['client-id']);
    expect(second.log).toContain('removed secret FHIR_CLIENT_SECRET');
    expect(second.log).toContain('has no secret any more');
  });

  it('a changed redirect URI is a PUT where the server takes one', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const first = await repository.job({ manifest: manifest(as.fhirBase('r4'), PUBLISH), inputs: PRODUCTION });
    const changed = manifest(as.fhirBase('r4'), { ...PUBLISH, metadata: { redirect_uris: [`${CALLBACK}/2`] } });
    const plan = await repository.job({ manifest: changed, inputs: { ...PRODUCTION, command: 'plan' } });
    expect(plan.log).toContain(`redirect_uris: ["${CALLBACK}"] -> ["${CALLBACK}/2"]`);
    expect(plan.log).toContain('web (production/web): update the client');
    expect(readable(plan)).toContain(`| redirect_uris | ["${CALLBACK}"] | ["${CALLBACK}/2"] |`);
    expect(as.count({ method: 'PUT' })).toBe(0);

    const second = await repository.job({ manifest: changed, inputs: PRODUCTION });
    expect(second.exitCode, second.log).toBe(0);
    expect(second.outputs['client-id']).toBe(first.outputs['client-id']);
    expect(as.count({ method: 'PUT' })).toBe(1);
    expect(as.count({ method: 'POST', path: '/reg' })).toBe(1);
    expect(as.client(second.outputs['client-id'] ?? '')?.metadata.redirect_uris).toEqual([`${CALLBACK}/2`]);
  });

  it('where updates do not exist, a new client if the manifest allows it, and the old one an orphan with its id', async () => {
    const [as, repository] = await Promise.all([
      oddServer({ missing: { methods: ['PUT', 'DELETE'], status: 404 } }),
      openRepository(),
    ]);
    const first = await repository.job({ manifest: manifest(as.fhirBase, PUBLISH), inputs: PRODUCTION });
    const old = first.outputs['client-id'] ?? '';
    const change = { ...PUBLISH, metadata: { redirect_uris: [`${CALLBACK}/2`] } };
    const refused = await repository.job({ manifest: manifest(as.fhirBase, change), inputs: PRODUCTION });
    expect(codesOf(refused)).toEqual(['update_unsupported']);
    expect(errorsOf(refused)).toContain('`update: replace`');
    expect(errorsOf(refused)).toContain(`cannot change client ${old}`);
    expect(refused.outputs['client-id']).toBe(old);
    expect(as.clients()).toHaveLength(1);

    const allowed = { manifest: manifest(as.fhirBase, { ...change, update: 'replace' }), inputs: PRODUCTION };
    const second = await repository.job(allowed);
    expect(second.exitCode, second.log).toBe(0);
    const fresh = second.outputs['client-id'] ?? '';
    expect(fresh).not.toBe(old);
    expect(repository.github.variables().FHIR_CLIENT_ID).toBe(fresh);
    expect(readable(second)).toContain(
      `run this Action with command: retire, environment: production, clients: web, client-id: ${fresh}`,
    );

    const retire = { inputs: { ...PRODUCTION, command: 'retire', 'client-id': fresh } };
    const third = await repository.job(retire);
    expect(third.exitCode, third.log).toBe(0);
    const record = await repository.record('production');
    expect(record.orphans).toMatchObject([{ clientId: old }]);
    expect(record.ledger.map(({ clientId, ended }) => [clientId, ended])).toEqual([
      [old, 'orphan'],
      [fresh, undefined],
    ]);
    expect(readable(third)).toContain(`to delete client ${old}`);
    expect((await repository.job(allowed)).outputs).toMatchObject({ changed: 'false', 'client-id': fresh });
  });

  it('publishes to an environment, which is made only when the manifest says so', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const to = (more: object) => {
      const { github } = PUBLISH.publish;
      return manifest(as.fhirBase('r4'), { publish: { github: { ...github, environment: 'live', ...more } } });
    };
    const refused = await repository.job({ manifest: to({}), inputs: PRODUCTION });
    expect(codesOf(refused)).toEqual(['environment_missing']);
    expect(errorsOf(refused)).toContain('create_environment: true');
    expect(as.clients()).toEqual([]);

    const made = await repository.job({ manifest: to({ create_environment: true }), inputs: PRODUCTION });
    expect(made.exitCode, made.log).toBe(0);
    expect(repository.github.environments().map(({ name }) => name)).toEqual(['live']);
    expect(repository.github.secrets('live').FHIR_CLIENT_SECRET).toBe(made.outputs['client-secret']);
    expect(repository.github.secrets()).toEqual({});
    expect(readable(made)).toContain('secret FHIR_CLIENT_SECRET of environment live');

    const gone = await repository.job({ inputs: { ...PRODUCTION, command: 'delete' } });
    expect(gone.exitCode, gone.log).toBe(0);
    expect(repository.github.environments()).toEqual([]);
  });

  it('reads the manifest at the commit of the run when nothing is checked out, and never at the head of a pull request', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const files = (name: string) => ({
      '.github/oauth-clients.yml': manifest(as.fhirBase('r4'), { metadata: { client_name: name } }),
    });
    const base = repository.github.commit({ branch: 'main', files: files('Of the base') });
    const head = repository.github.commit({ branch: 'feature', files: files('Of the pull request') });
    repository.github.pull({ number: 7, head: { ref: 'feature', sha: head } });
    const run = await repository.job({
      event: pullRequest(7, 'opened', 'pull_request_target'),
      github: { sha: base, headRef: 'feature' },
    });
    expect(run.exitCode, run.log).toBe(0);
    expect(as.clients().map(({ metadata }) => String(metadata.client_name))).toEqual([
      expect.stringMatching(/^Of the base \[or-[0-9a-f]{12}\]$/u),
    ]);
    expect(run.log).toContain('web belongs to #7 and goes when it closes');
    expect(readable(run)).toContain('#7 closes; without another deploy until');

    const strangers = manifest(as.fhirBase('r4'), { metadata: { client_name: 'Left in the workspace' } });
    const left = await repository.job({
      event: pullRequest(7, 'synchronize', 'pull_request_target'),
      github: { sha: base, headRef: 'feature' },
      manifest: strangers,
    });
    expect([left.exitCode, left.outputs.changed], left.log).toEqual([0, 'false']);

    const missing = await repository.job({ event: PUSH, github: { sha: head }, inputs: { manifest: 'not-there.yml' } });
    expect(codesOf(missing)).toEqual(['manifest_missing']);
  });
});
