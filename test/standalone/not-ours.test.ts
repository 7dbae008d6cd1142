import { describe, expect, it } from 'vitest';
import { authorizationServer } from './support/closing.ts';
import { codesOf, errorsOf, manifest, PUBLISH, warningsOf } from './support/manifests.ts';
import { openRepository, type Repository } from './support/repository.ts';

const PRODUCTION = { environment: 'production' };
const FOREIGN = { FHIR_CLIENT_SECRET: 'somebody else made this' };

const books = ({ github }: Repository) => [github.variables(), github.secrets()];

describe.concurrent('names that are not ours', () => {
  it.each(['secret', 'variable'] as const)('a %s that exists stays as it is, and no client is made', async (kind) => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    if (kind === 'secret') repository.github.seedSecret('FHIR_CLIENT_SECRET', FOREIGN.FHIR_CLIENT_SECRET);
    else repository.github.seedVariable('FHIR_CLIENT_ID', FOREIGN.FHIR_CLIENT_SECRET);
    const before = books(repository);
    const run = await repository.job({ manifest: manifest(as.fhirBase('r4'), PUBLISH), inputs: PRODUCTION });
    expect(codesOf(run)).toEqual(['secret_exists']);
    expect(errorsOf(run)).toContain(kind === 'secret' ? 'FHIR_CLIENT_SECRET' : 'FHIR_CLIENT_ID');
    expect(as.count({ method: 'POST', path: '/reg' })).toBe(0);
    expect(books(repository)).toEqual(before);
    expect(run.outputs).not.toHaveProperty('client-id');

    const deleted = await repository.job({ inputs: { ...PRODUCTION, command: 'delete' } });
    expect(deleted.exitCode, deleted.log).toBe(0);
    expect(books(repository)).toEqual(before);
  });

  it('two clients of a manifest with one name are an error before anything is sent', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const { clients } = JSON.parse(manifest(as.fhirBase('r4'), PUBLISH));
    const run = await repository.job({
      manifest: manifest(as.fhirBase('r4'), PUBLISH, { other: clients.web }),
      inputs: PRODUCTION,
    });
    expect(codesOf(run)).toEqual(['publish_conflict']);
    expect(errorsOf(run)).toContain('FHIR_CLIENT_ID is used by client web too');
    expect(as.requests).toEqual([]);
    expect(repository.writes()).toBe(0);
  });

  it('nor does a renamed client take the names of the one before it; prune waits until all is well', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const server = as.fhirBase('r4');
    await repository.job({ manifest: manifest(server, PUBLISH), inputs: PRODUCTION });
    const before = books(repository);
    const clients = (name: string, more: object) => {
      const text = JSON.parse(manifest(server, more));
      return JSON.stringify({ version: 1, clients: { [name]: text.clients.web } });
    };
    const prune = { ...PRODUCTION, prune: 'true' };
    const renamed = await repository.job({ manifest: clients('app', PUBLISH), inputs: prune });
    expect(codesOf(renamed)).toEqual(['publish_conflict']);
    expect(errorsOf(renamed)).toContain(
      'app would be published to variable FHIR_CLIENT_ID, secret FHIR_CLIENT_SECRET, which web of this environment has',
    );
    expect(errorsOf(renamed)).toContain('`clients: web`');
    expect(warningsOf(renamed)).toContain('Nothing was pruned');
    expect(books(repository)).toEqual(before);
    expect(as.count({ method: 'POST', path: '/reg' })).toBe(1);

    const own = { publish: { github: { secrets: { json: 'APP_CLIENT' } } } };
    const unpruned = await repository.job({ manifest: clients('app', own), inputs: PRODUCTION });
    expect(unpruned.exitCode, unpruned.log).toBe(0);
    expect(as.clients()).toHaveLength(2);
    const pruned = await repository.job({ manifest: clients('app', own), inputs: prune });
    expect(pruned.exitCode, pruned.log).toBe(0);
    expect(pruned.log).toContain('web: the registration ends: it is not in the manifest any more');
    expect(Object.keys(JSON.parse(pruned.outputs.clients ?? ''))).toEqual(['app']);
    expect(pruned.outputs).toMatchObject({ changed: 'true', 'client-id': unpruned.outputs['client-id'] });
    expect(as.clients().map(({ clientId }) => clientId)).toEqual([unpruned.outputs['client-id']]);
    expect(Object.keys(repository.github.secrets())).toEqual(['APP_CLIENT']);
    expect(JSON.parse(repository.github.secrets().APP_CLIENT ?? '')).toMatchObject({
      client_id: unpruned.outputs['client-id'],
    });
    expect(repository.github.variables()).toEqual({});
  });

  it('a plan of another name says what would be published, and nothing of a new client', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    await repository.job({ manifest: manifest(as.fhirBase('r4'), PUBLISH), inputs: PRODUCTION });
    const github = { secrets: { client_secret: 'OTHER_SECRET' }, variables: { client_id: 'FHIR_CLIENT_ID' } };
    const other = manifest(as.fhirBase('r4'), { publish: { github } });
    const writes = repository.writes();
    const plan = await repository.job({ manifest: other, inputs: { ...PRODUCTION, command: 'plan' } });
    expect(plan.log).toContain('web (production/web): publish secret OTHER_SECRET');
    expect(repository.writes()).toBe(writes);
    const applied = await repository.job({ manifest: other, inputs: PRODUCTION });
    expect(applied.exitCode, applied.log).toBe(0);
    expect(Object.keys(repository.github.secrets())).toEqual(['OTHER_SECRET']);
    expect(as.count({ method: 'POST', path: '/reg' })).toBe(1);
  });
});
