import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import { type BrokenOff, brokenOff } from '../support/broken-off.ts';
import { startUnreliableWorker, type UnreliableWorker } from '../support/unreliable.ts';

let server: AuthorizationServer;
let worker: UnreliableWorker;
let preview: BrokenOff;

beforeAll(async () => {
  server = await startAuthorizationServer();
  preview = brokenOff(server, () => ({}));
  server.before(preview.call);
  worker = await startUnreliableWorker(server);
  preview.of(worker);
});

afterAll(async () => {
  await worker.close();
  await server.close();
});

test('an apply that is broken off at any of its calls is made good by the next', async () => {
  const calls = await preview.everywhere({
    work: preview.deploy,
    afterwards: async (at) => void (await preview.inUse(at)),
  });
  expect(calls).toBeGreaterThanOrEqual(3);
});

test('a rotation that is broken off at any of its calls ends with one client that works, and without the old one', async () => {
  let old = '';
  const calls = await preview.everywhere({
    before: async () => {
      old = await preview.inUse('at first');
    },
    work: preview.rotate,
    afterwards: async (at) => {
      const client = await preview.inUse(at);
      if (client === old) expect((await preview.rotate()).status, at).toBe(200);
      await preview.pass();
      expect(server.client(old), at).toBeUndefined();
      await preview.inUse(at);
    },
  });
  expect(calls).toBeGreaterThanOrEqual(4);
});

test('a teardown that is broken off at any of its calls is ended by the alarm', async () => {
  let made = '';
  const calls = await preview.everywhere({
    before: async () => {
      made = await preview.inUse('at first');
    },
    work: preview.end,
    afterwards: async (at) => {
      const { body } = await worker.send('GET', preview.key(), { claims: preview.claims() });
      expect(body.registration, at).toMatchObject({ status: 'ended', orphans: [], suspects: [] });
      expect(server.client(made), at).toBeUndefined();
    },
  });
  expect(calls).toBeGreaterThanOrEqual(2);
});
