import { describe, expect, it } from 'vitest';
import { authorizationServer, oddServer } from './support/closing.ts';
import { CALLBACK, codesOf, errorsOf, manifest, PUBLISH, readable, warningsOf } from './support/manifests.ts';
import { openRepository, type Repository } from './support/repository.ts';

const PRODUCTION = { environment: 'production' };
const ROTATING = { ...PUBLISH, rotate: { every: '30d', overlap: '24h', client_id: 'may_change' } };

const command = (repository: Repository, name: string, inputs: Readonly<Record<string, string>> = {}) =>
  repository.job({ inputs: { ...PRODUCTION, command: name, ...inputs } });

describe.concurrent('rotate and retire', () => {
  it('rotates beside the old client, once however often it is asked, until retire names the one in use', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const deploy = { manifest: manifest(as.fhirBase('r4'), ROTATING), inputs: PRODUCTION };
    const first = await repository.job(deploy);
    const old = first.outputs['client-id'] ?? '';
    expect(warningsOf(first)).toContain('each rotation gives the app a new client_id, which ends consents');
    expect(readable(first)).toContain('with the first run after');
    expect(warningsOf(await repository.job(deploy))).not.toContain('each rotation gives');

    const rotated = await command(repository, 'rotate');
    expect(rotated.exitCode, rotated.log).toBe(0);
    const fresh = rotated.outputs['client-id'] ?? '';
    expect(fresh).not.toBe(old);
    expect(repository.github.variables().FHIR_CLIENT_ID).toBe(fresh);
    expect(repository.github.secrets().FHIR_CLIENT_SECRET).toBe(rotated.outputs['client-secret']);
    expect(readable(rotated)).toContain(`the old client ${old} still works`);
    expect(readable(rotated)).toContain('once the old client is retired');

    const again = await command(repository, 'rotate');
    expect(again.outputs).toMatchObject({ changed: 'false', 'client-id': fresh });
    expect(again.log).toContain(
      `the rotation that is under way stays: old client ${old} works until \`command: retire\``,
    );
    expect(as.clients()).toHaveLength(2);

    for (const [id, said] of [
      [old, `client ${old} is one that was replaced; the current one is ${fresh}`],
      ['no-such-client', 'has no client no-such-client. Nothing was retired.'],
    ] as const) {
      const refused = await command(repository, 'retire', { 'client-id': id });
      expect(codesOf(refused)).toEqual(['not_confirmable']);
      expect(errorsOf(refused)).toContain(said);
    }
    expect(errorsOf(await command(repository, 'retire'))).toContain('The input client-id is empty.');
    expect(as.clients()).toHaveLength(2);

    const retired = await command(repository, 'retire', { 'client-id': fresh });
    expect(retired.exitCode, retired.log).toBe(0);
    expect(as.clients().map(({ clientId }) => clientId)).toEqual([fresh]);
    expect((await command(repository, 'retire', { 'client-id': fresh })).outputs.changed).toBe('false');
  });

  it('with verify: false is refused before anything is registered, and says so on the first day', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const text = manifest(as.fhirBase('r4'), ROTATING);
    const untried = { ...PRODUCTION, verify: 'false' };
    const first = await repository.job({ manifest: text, inputs: untried });
    expect(first.exitCode, first.log).toBe(0);
    expect(warningsOf(first)).toContain('rotate of web has no effect in runs with verify: false');
    expect(warningsOf(first)).toContain('could not be tried: not tried, because verify is false');
    as.reset();

    for (const inputs of [{}, { now: 'true' }]) {
      const refused = await command(repository, 'rotate', { verify: 'false', ...inputs });
      expect(codesOf(refused)).toEqual(['rotation_untried']);
      expect(errorsOf(refused)).toContain('Take `verify: false` away in the runs that rotate.');
      expect(refused.outputs['client-id']).toBe(first.outputs['client-id']);
    }
    expect(as.requests).toEqual([]);
    expect((await repository.job({ manifest: text, inputs: untried })).outputs.changed).toBe('false');

    const rotated = await command(repository, 'rotate');
    expect(rotated.exitCode, rotated.log).toBe(0);
    expect(rotated.outputs['client-id']).not.toBe(first.outputs['client-id']);
  });

  it('after a leak the old client goes at once, also where the manifest allows no new client_id', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const first = await repository.job({ manifest: manifest(as.fhirBase('r4'), PUBLISH), inputs: PRODUCTION });
    const refused = await command(repository, 'rotate');
    expect(codesOf(refused)).toEqual(['rotation_not_allowed']);
    expect(errorsOf(refused)).toContain('`client_id: may_change`');
    expect(refused.outputs['client-id']).toBe(first.outputs['client-id']);

    const leaked = await command(repository, 'rotate', { now: 'true' });
    expect(leaked.exitCode, leaked.log).toBe(0);
    expect(as.clients().map(({ clientId }) => clientId)).toEqual([leaked.outputs['client-id']]);
    expect(repository.github.variables().FHIR_CLIENT_ID).toBe(leaked.outputs['client-id']);
    expect(as.client(first.outputs['client-id'] ?? '')).toBeUndefined();
  });

  it('in place, a new secret for the same client', async () => {
    const [as, repository] = await Promise.all([oddServer({ replaceSecretOn: 'update' }), openRepository()]);
    const more = { ...PUBLISH, rotate: { strategy: 'in-place' } };
    const first = await repository.job({ manifest: manifest(as.fhirBase, more), inputs: PRODUCTION });
    const rotated = await command(repository, 'rotate');
    expect(rotated.exitCode, rotated.log).toBe(0);
    expect(rotated.outputs['client-id']).toBe(first.outputs['client-id']);
    expect(rotated.outputs['client-secret']).not.toBe(first.outputs['client-secret']);
    expect(repository.github.secrets().FHIR_CLIENT_SECRET).toBe(
      as.client(rotated.outputs['client-id'] ?? '')?.clientSecret,
    );
  });

  it('a secret that ends is told of, and renewed in time where the manifest allows it', async () => {
    const [as, repository] = await Promise.all([oddServer({ secretLifetimeSeconds: 30 * 86_400 }), openRepository()]);
    const run = await repository.job({ manifest: manifest(as.fhirBase, PUBLISH), inputs: PRODUCTION });
    expect(warningsOf(run)).toMatch(/web: its secret ends on \d{4}-\d\d-\d\d \d\d:\d\d UTC, and nothing renews it/u);
    expect(readable(run)).toContain('rotate: { client_id: may_change }');
    const allowed = manifest(as.fhirBase, { ...PUBLISH, rotate: { client_id: 'may_change' } });
    const next = await repository.job({ manifest: allowed, inputs: PRODUCTION });
    expect(warningsOf(next)).not.toContain('its secret ends');
    expect(readable(next)).toContain('with the first run after');
    expect((await repository.record('production')).desired.rotation?.clientIdMayChange).toBe(true);
  });
});

describe.concurrent('adopt', () => {
  it('with its registration access token a client is managed: brought to what the manifest asks, and deleted', async () => {
    const [as, repository] = await Promise.all([oddServer(), openRepository()]);
    const made = await fetch(as.registrationEndpoint, {
      method: 'POST',
      body: JSON.stringify({ client_name: 'By hand', redirect_uris: ['https://old.example.org/'] }),
    });
    const given = (await made.json()) as Readonly<Record<string, string>>;
    const inputs = {
      'client-id': given.client_id ?? '',
      'client-secret': given.client_secret ?? '',
      'registration-access-token': given.registration_access_token ?? '',
    };
    const text = manifest(as.fhirBase, PUBLISH);
    const half = await repository.job({ manifest: text, inputs: { ...PRODUCTION, command: 'adopt', ...inputs } });
    expect(errorsOf(half)).toContain('Of registration-access-token and registration-client-uri only one is given.');
    const adopted = await repository.job({
      manifest: text,
      inputs: {
        ...PRODUCTION,
        command: 'adopt',
        ...inputs,
        'registration-client-uri': given.registration_client_uri ?? '',
      },
    });
    expect(adopted.exitCode, adopted.log).toBe(0);
    expect(as.count({ method: 'POST', path: '/register' })).toBe(1);
    expect(as.client(given.client_id ?? '')?.metadata).toMatchObject({ client_name: 'App', redirect_uris: [CALLBACK] });
    expect(repository.github.secrets().FHIR_CLIENT_SECRET).toBe(given.client_secret);
    expect((await repository.job({ manifest: text, inputs: PRODUCTION })).outputs.changed).toBe('false');
    expect((await command(repository, 'delete')).exitCode).toBe(0);
    expect(as.clients()).toEqual([]);
    expect(repository.github.secrets()).toEqual({});
  });

  it('without it a client is watched: verified and published; replaced on request, its id is an orphan', async () => {
    const [as, repository] = await Promise.all([oddServer(), openRepository()]);
    const made = await fetch(as.registrationEndpoint, {
      method: 'POST',
      body: JSON.stringify({ redirect_uris: [CALLBACK] }),
    });
    const given = (await made.json()) as Readonly<Record<string, string>>;
    const adopt = (secret: string) => ({
      manifest: manifest(as.fhirBase, ROTATING),
      inputs: { ...PRODUCTION, command: 'adopt', 'client-id': given.client_id ?? '', 'client-secret': secret },
    });
    const adopted = await repository.job(adopt(given.client_secret ?? ''));
    expect(adopted.exitCode, adopted.log).toBe(0);
    expect(adopted.log).toContain(`credentials of client ${given.client_id} work`);
    expect(repository.github.variables().FHIR_CLIENT_ID).toBe(given.client_id);
    const rotated = await command(repository, 'rotate');
    expect(rotated.exitCode, rotated.log).toBe(0);
    expect((await repository.record('production')).orphans).toMatchObject([{ clientId: given.client_id }]);
    expect(readable(rotated)).toContain(`to delete client ${given.client_id}`);
  });
});

describe.concurrent('resolve', () => {
  it('forget goes on with what was wanted; where nothing else is wanted, that nothing is suspected is kept all the same', async () => {
    const [as, repository] = await Promise.all([oddServer({ registrationBody: 'html' }), openRepository()]);
    const deploy = { manifest: manifest(as.fhirBase, PUBLISH), inputs: PRODUCTION };
    const lost = await repository.job(deploy);
    expect(codesOf(lost)).toEqual(['registration_unknown']);
    expect(codesOf(await repository.job(deploy))).toEqual(['suspect_found']);
    expect(as.count({ method: 'POST', path: '/register' })).toBe(1);
    as.behave({});
    const forgotten = await command(repository, 'resolve', { resolution: 'forget' });
    expect(forgotten.exitCode, forgotten.log).toBe(0);
    expect(repository.github.variables().FHIR_CLIENT_ID).toBe(forgotten.outputs['client-id']);

    const record = await repository.record('production');
    const { server, desired } = record;
    const suspect = { marker: '', purpose: 'rotation', requested: desired.metadata, server, startedAt: 0 } as const;
    const store = await repository.store('production');
    await store.load();
    await store.save({ ...record, suspects: [{ ...suspect, reason: 'the answer never came', since: 0 }] });
    const settled = await command(repository, 'resolve', { resolution: 'forget' });
    expect(settled.outputs).toMatchObject({ changed: 'false', 'client-id': forgotten.outputs['client-id'] });
    expect((await repository.record('production')).suspects).toEqual([]);
  });
});
