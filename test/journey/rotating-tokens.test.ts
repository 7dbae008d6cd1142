import { expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { applyOnce, type Core, currentOf, desire, endOnce, openCore } from './setup.ts';

const OPERATIONS = 50;

async function started(rotate: 'update' | 'read' | 'both'): Promise<{ server: AuthorizationServer; core: Core }> {
  return { server: await startAuthorizationServer({ rotate }), core: openCore() };
}

const wish = (server: AuthorizationServer, turn: number) =>
  desire(server.issuer, {
    client_name: `Growth chart ${turn}`,
    redirect_uris: ['https://app.example.org/callback'],
    scope: 'openid',
  });

/** The token that is saved is the one that works now. */
function expectInStep(server: AuthorizationServer, core: Core): void {
  const [client] = core.latest()?.clients ?? [];
  const stored = server.client(client?.clientId ?? '');
  expect(client?.access?.registrationAccessToken).toBe(stored?.registrationAccessToken);
  expect(client?.clientSecret).toBe(stored?.metadata.client_secret);
}

it.each(['update', 'read', 'both'] as const)(
  'registration access tokens that are replaced on %s: 50 operations in a row are never locked out',
  async (rotate) => {
    const { server, core } = await started(rotate);
    const first = await applyOnce(core, wish(server, 0));
    const { clientId } = currentOf(first);
    const tokens = new Set<string | undefined>();
    for (let turn = 1; turn <= OPERATIONS; turn += 1) {
      // An answer that is lost makes the client uncertain, and it is read before anything else: every other turn is a GET.
      const reading = turn % 2 === 0;
      if (reading) markUncertain(core);
      const outcome = await applyOnce(core, wish(server, reading ? turn - 1 : turn));
      expect(outcome.problem).toBeUndefined();
      expect(currentOf(outcome).clientId).toBe(clientId);
      expectInStep(server, core);
      tokens.add(currentOf(outcome).access?.registrationAccessToken);
    }
    expect(server.count({ method: 'PUT' })).toBe(OPERATIONS / 2);
    expect(server.count({ method: 'GET', path: /^\/reg\// })).toBe(OPERATIONS / 2);
    expect(tokens.size).toBe(rotate === 'both' ? OPERATIONS : OPERATIONS / 2 + (rotate === 'read' ? 1 : 0));
    expect(server.client(clientId)?.metadata.client_name).toBe(`Growth chart ${OPERATIONS - 1}`);
    expect(core.latest()?.traits).toMatchObject({
      ...(rotate === 'read' ? {} : { updateReplacesToken: true }),
      ...(rotate === 'update' ? {} : { readReplacesToken: true }),
    });
    expect((await endOnce(core)).record).toMatchObject({ clients: [], orphans: [] });
    expect(server.clients()).toEqual([]);
    await server.close();
  },
);

function markUncertain(core: Core): void {
  const record = core.latest();
  if (record === undefined) throw new TypeError('nothing is saved');
  core.saved.push({ ...record, clients: record.clients.map((client) => ({ ...client, uncertain: true })) });
}

it('a lost answer to an update whose token was replaced locks us out: the client is named, and not replaced silently', async () => {
  const { server, core } = await started('update');
  const first = await applyOnce(core, wish(server, 0));
  const { clientId } = currentOf(first);
  server.interfere({ method: 'PUT', times: 1, do: { kind: 'lose_answer' } });
  const second = await applyOnce(core, wish(server, 1));
  expect(second.problem).toMatchObject({ code: expect.stringMatching(/access_refused|server_no_answer/u) });
  const third = await applyOnce(core, wish(server, 2));
  expect(third.problem).toMatchObject({ code: 'access_refused' });
  expect(third.problem?.message).toContain(clientId);
  expect(server.count({ method: 'POST', path: '/reg' })).toBe(1);
  expect(server.clients().map((client) => client.clientId)).toEqual([clientId]);
  await server.close();
});

it('a lost answer to an update whose token stays is read back, and the update is not sent again', async () => {
  const { server, core } = await started('read');
  await applyOnce(core, wish(server, 0));
  server.interfere({ method: 'PUT', times: 1, do: { kind: 'lose_answer' } });
  const second = await applyOnce(core, wish(server, 1));
  expect(second.problem).toBeUndefined();
  expect(server.count({ method: 'PUT' })).toBe(1);
  expectInStep(server, core);
  expect(currentOf(second).granted.client_name).toBe('Growth chart 1');
  await server.close();
});

it('a lost answer to a registration stops a client without an owner: one POST, and a person is told what to look for', async () => {
  const { server, core } = await started('update');
  server.interfere({ method: 'POST', path: '/reg', times: 1, do: { kind: 'lose_answer' } });
  const first = await applyOnce(core, wish(server, 0));
  expect(first.problem).toMatchObject({ code: 'registration_unknown' });
  expect(first.problem?.message).toContain('named "Growth chart 0"');
  for (let run = 0; run < 2; run += 1) {
    const again = await applyOnce(core, wish(server, 0));
    expect(again.problem).toMatchObject({ code: 'suspect_found' });
    expect(again.problem?.message).toContain('named "Growth chart 0"');
  }
  expect(server.count({ method: 'POST', path: '/reg' })).toBe(1);
  expect(core.latest()?.suspects).toHaveLength(1);
  await server.close();
});
