import { describe, expect, it, onTestFinished } from 'vitest';
import type { Desired } from '../../shared/manifest/desired.ts';
import { type OddServer, startOddServer } from '../support/odd-server.ts';
import type { Oddities } from '../support/oddities.ts';
import { applyOnce, currentOf, desire, endOnce, openCore } from './setup.ts';

async function odd(oddities: Oddities): Promise<OddServer> {
  const server = await startOddServer(oddities);
  onTestFinished(() => server.close());
  return server;
}

const wish = (server: OddServer, name: string, more: Partial<Desired> = {}) =>
  desire(server.fhirBase, { client_name: name, redirect_uris: ['https://app.example.org/callback'] }, more);

describe('a server whose every update replaces the secret', () => {
  const oddities: Oddities = { replaceSecretOn: 'update', replaceTokenOn: 'update' };

  it('is found out by the first update: the new secret is saved before anything else and said to be new', async () => {
    const [server, core] = [await odd(oddities), openCore()];
    const { clientSecret: before, clientId } = currentOf(await applyOnce(core, wish(server, 'one')));
    const outcome = await applyOnce(core, wish(server, 'two'));
    expect(outcome.problem).toBeUndefined();
    const { clientSecret } = currentOf(outcome);
    expect(clientSecret).not.toBe(before);
    expect(clientSecret).toBe(server.client(clientId)?.clientSecret);
    expect(outcome.events).toContainEqual({ kind: 'secret_replaced', clientId, by: 'update' });
    expect(outcome.events).toContainEqual(expect.objectContaining({ kind: 'verified', outcome: 'works' }));
    expect(outcome.record.traits.updateReplacesSecret).toBe(true);
    const firstSaved = core.saved.find(({ clients }) => clients[0]?.clientSecret === clientSecret);
    expect(firstSaved?.clients[0]?.verification).toBeUndefined();
  });

  it('then stops the next update of a client that nobody owns, until the manifest allows to interrupt or to replace', async () => {
    const [server, core] = [await odd(oddities), openCore()];
    const { clientId } = currentOf(await applyOnce(core, wish(server, 'one')));
    await applyOnce(core, wish(server, 'two'));
    const stopped = await applyOnce(core, wish(server, 'three'));
    expect(stopped.problem).toMatchObject({ code: 'update_interrupts' });
    expect(stopped.problem?.hint).toMatch(/update: interrupt[\s\S]*update: replace/u);
    expect(server.count({ method: 'PUT' })).toBe(1);
    expect(server.client(clientId)?.metadata.client_name).toBe('two');

    const allowed = await applyOnce(core, wish(server, 'three', { update: 'interrupt' }));
    expect(allowed.problem).toBeUndefined();
    expect(currentOf(allowed).clientSecret).toBe(server.client(clientId)?.clientSecret);

    const replaced = await applyOnce(core, wish(server, 'four', { update: 'replace' }));
    expect(replaced.problem).toBeUndefined();
    expect(currentOf(replaced).clientId).not.toBe(clientId);
    // The old one works until somebody confirms the new one.
    expect(server.clients().map((client) => client.metadata.client_name)).toEqual(['three', 'four']);
  });
});

describe('a server that answers PUT and DELETE with 404 while GET is 200', () => {
  const oddities: Oddities = { missing: { methods: ['PUT', 'DELETE'], status: 404 } };

  it('cannot change a client: it stays as it was unless the manifest allows a new one', async () => {
    const [server, core] = [await odd(oddities), openCore()];
    const first = currentOf(await applyOnce(core, wish(server, 'one')));
    const stopped = await applyOnce(core, wish(server, 'two'));
    expect(stopped.problem).toMatchObject({ code: 'update_unsupported' });
    expect(stopped.problem?.message).toContain(first.clientId);
    expect(currentOf(stopped)).toMatchObject({ clientId: first.clientId, clientSecret: first.clientSecret });
    expect(server.count({ method: 'POST', path: '/register' })).toBe(1);

    const replaced = await applyOnce(core, wish(server, 'two', { update: 'replace' }));
    expect(replaced.problem).toBeUndefined();
    expect(currentOf(replaced).clientId).not.toBe(first.clientId);
  });

  it('cannot delete one: it is an orphan with what a person needs, and is not taken for gone', async () => {
    const [server, core] = [await odd(oddities), openCore()];
    const { clientId } = currentOf(await applyOnce(core, wish(server, 'one')));
    const { record, problem } = await endOnce(core);
    expect(problem).toBeUndefined();
    expect(record.clients).toEqual([]);
    expect(record.orphans).toMatchObject([
      {
        clientId,
        server: { address: server.fhirBase },
        access: { registrationClientUri: `${server.registrationEndpoint}/${clientId}` },
      },
    ]);
    expect(record.ledger).toMatchObject([{ clientId, ended: 'orphan' }]);
    expect(server.client(clientId)).toBeDefined();
  });
});

describe('a server whose answers lack the registration access token', () => {
  it('gives clients that work and are never changed; a changed manifest needs a new one, and the end is an orphan', async () => {
    const [server, core] = [await odd({ withoutMembers: ['registration_access_token'] }), openCore()];
    const outcome = await applyOnce(core, wish(server, 'one'));
    expect(outcome.problem).toBeUndefined();
    const { clientId } = currentOf(outcome);
    expect(outcome.events).toContainEqual(expect.objectContaining({ kind: 'verified', outcome: 'works' }));
    const again = await applyOnce(core, wish(server, 'one'));
    expect(again).toMatchObject({ rest: 'done', events: [] });

    expect((await applyOnce(core, wish(server, 'two'))).problem).toMatchObject({ code: 'update_unsupported' });
    const { record } = await endOnce(core);
    expect(record.orphans).toMatchObject([
      { clientId, reason: expect.stringMatching(/no registration access token/u) },
    ]);
    expect(server.requests.filter(({ path }) => path.startsWith('/register/'))).toEqual([]);
  });
});

it('a server that gives another client_id on updating is followed', async () => {
  const [server, core] = [await odd({ changeClientIdOnUpdate: true }), openCore()];
  const before = currentOf(await applyOnce(core, wish(server, 'one')));
  const outcome = await applyOnce(core, wish(server, 'two'));
  const after = currentOf(outcome);
  expect(after.clientId).not.toBe(before.clientId);
  expect(outcome.events).toContainEqual({ kind: 'client_id_changed', from: before.clientId, clientId: after.clientId });
  expect((await endOnce(core)).record).toMatchObject({ clients: [], orphans: [] });
  expect(server.clients()).toEqual([]);
});
