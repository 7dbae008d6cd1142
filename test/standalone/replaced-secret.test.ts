import { expect, it } from 'vitest';
import { oddServer } from './support/closing.ts';
import { CALLBACK, codesOf, errorsOf, manifest, PUBLISH, readable, warningsOf } from './support/manifests.ts';
import { openRepository } from './support/repository.ts';

const PRODUCTION = { environment: 'production' };

it('a server whose every update replaces the secret: seen once, remembered, and production is asked first', async () => {
  const [as, repository] = await Promise.all([oddServer({ replaceSecretOn: 'update' }), openRepository()]);
  const deploy = (path: string, more: object = {}, inputs: object = {}) =>
    repository.job({
      manifest: manifest(as.fhirBase, { ...PUBLISH, ...more, metadata: { redirect_uris: [CALLBACK + path] } }),
      inputs: { ...PRODUCTION, ...inputs },
    });
  const expectPublishedWorks = () => {
    const client = as.client(repository.github.variables().FHIR_CLIENT_ID ?? '');
    expect(repository.github.secrets().FHIR_CLIENT_SECRET).toBe(client?.clientSecret);
    expect(client?.clientSecret).toBeDefined();
  };
  const first = await deploy('/1');
  const id = first.outputs['client-id'];
  const second = await deploy('/2');
  expect(second.exitCode, second.log).toBe(0);
  expect(second.outputs['client-secret']).not.toBe(first.outputs['client-secret']);
  expectPublishedWorks();
  expect(warningsOf(second)).toContain(`the server replaced the secret of client ${id} when it was updated`);
  expect(warningsOf(second)).toContain('A changed manifest stops from now on until it says `update: interrupt`');
  expect((await repository.record('production')).traits.updateReplacesSecret).toBe(true);

  const plan = await deploy('/3', {}, { command: 'plan' });
  expect(readable(plan)).toContain(
    'stop: This server replaces the client secret at every update, which interrupts running apps (Allow it with',
  );
  const asked = await deploy('/3');
  expect(codesOf(asked)).toEqual(['update_interrupts']);
  expect(errorsOf(asked)).toContain('`update: interrupt`');
  expect(as.count({ method: 'PUT' })).toBe(1);
  expectPublishedWorks();
  expect(asked.outputs['client-secret']).toBe(second.outputs['client-secret']);

  const allowed = await deploy('/3', { update: 'interrupt' });
  expect(allowed.exitCode, allowed.log).toBe(0);
  expect([as.count({ method: 'PUT' }), allowed.outputs['client-id']]).toEqual([2, id]);
  expectPublishedWorks();

  const replaced = await deploy('/4', { update: 'replace' });
  expect(replaced.exitCode, replaced.log).toBe(0);
  expect(replaced.outputs['client-id']).not.toBe(id);
  expect(as.count({ method: 'PUT' })).toBe(2);
  expect(as.client(id ?? '')?.clientSecret).toBe(allowed.outputs['client-secret']);
  expectPublishedWorks();
});
