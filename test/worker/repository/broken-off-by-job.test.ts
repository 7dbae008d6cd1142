import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { type BrokenOff, brokenOff } from '../support/broken-off.ts';
import { startUnreliableWorker, type UnreliableWorker } from '../support/unreliable.ts';

let server: AuthorizationServer;
let worker: UnreliableWorker;
let preview: BrokenOff;

const nameOf = (number: number) => `PR_${number}_SECRET`;

beforeAll(async () => {
  server = await startAuthorizationServer();
  preview = brokenOff(server, (number) => ({
    publish: [
      {
        kind: 'github',
        createEnvironment: false,
        items: [{ kind: 'secret', name: nameOf(number), field: 'client_secret' }],
      },
    ],
  }));
  server.before(preview.call);
  worker = await startUnreliableWorker(server);
  preview.of(worker);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

test('names that only the job can take away are known as left, wherever the teardown is broken off', async () => {
  const calls = await preview.everywhere({
    before: async () => {
      const { body } = await preview.deploy();
      const receipt = { body: { edition: body.credentials.edition }, claims: preview.claims() };
      expect((await worker.send('POST', `${preview.key()}/published`, receipt)).status).toBe(200);
    },
    work: preview.end,
    afterwards: async (at) => {
      const name = nameOf(preview.number());
      const events = await worker.sql(`SELECT event FROM events WHERE registration = '${preview.key()}'`);
      const told = events.map(({ event }) => JSON.parse(String(event))).filter(({ kind }) => kind === 'names_left');
      expect(told, at).toEqual([{ kind: 'names_left', names: [name] }]);
      const { status, body } = await preview.deploy();
      expect([status, body.claimed], at).toEqual([200, [{ kind: 'secret', name, left_at: expect.any(String) }]]);
    },
  });
  expect(calls).toBeGreaterThanOrEqual(2);
});
