import { expect, it } from 'vitest';
import { movedClock } from '../action/support/moved-clock.ts';
import { authorizationServer } from './support/closing.ts';
import { CALLBACK, codesOf } from './support/manifests.ts';
import { openRepository } from './support/repository.ts';

type Listed = Readonly<Record<string, { readonly client_id?: string; readonly error?: string }>>;

it('20 clients on 4 servers, one down: 15 done and saved, 5 reported, exit 1, and the next run does the 5', async () => {
  const [servers, repository] = await Promise.all([
    Promise.all([0, 1, 2, 3].map(() => authorizationServer())),
    openRepository(),
  ]);
  const down = servers[3];
  const clients = servers.flatMap((server, at) =>
    [0, 1, 2, 3, 4].map((index) => [
      `app-${at}-${index}`,
      {
        server: server.fhirBase('r4'),
        type: 'confidential',
        metadata: { client_name: 'App', redirect_uris: [CALLBACK] },
        publish: { github: { secrets: { json: `APP_${at}_${index}` } } },
      },
    ]),
  );
  const deploy = {
    manifest: JSON.stringify({ version: 1, clients: Object.fromEntries(clients) }),
    inputs: { environment: 'production' },
    env: movedClock(),
  };
  const up = down?.interfere({ do: { kind: 'lose_request' } });
  const first = await repository.job(deploy);
  expect(first.exitCode).toBe(1);
  expect(codesOf(first)).toHaveLength(5);
  const listed = Object.entries(JSON.parse(first.outputs.clients ?? '{}') as Listed);
  expect(listed.filter(([, { error }]) => error !== undefined).map(([name]) => name)).toEqual(
    [0, 1, 2, 3, 4].map((index) => `app-3-${index}`),
  );
  expect(servers.map((server) => server.clients().length)).toEqual([5, 5, 5, 0]);
  const { registrations } = await repository.state('production');
  const saved = Object.values(registrations).filter((record) => record.clients.length === 1);
  expect(saved).toHaveLength(15);
  const published = repository.github.secrets();
  expect(Object.keys(published)).toHaveLength(15);
  expect(first.shownSummary).toContain(': 5 of 20 failed');

  up?.();
  const second = await repository.job(deploy);
  expect(second.exitCode, second.log).toBe(0);
  expect(servers.map((server) => server.count({ method: 'POST', path: '/reg' }))).toEqual([5, 5, 5, 5]);
  expect(repository.github.secrets()).toMatchObject(published);
  for (const [name, text] of Object.entries(repository.github.secrets())) {
    const { client_id: clientId, client_secret: secret } = JSON.parse(text);
    const server = servers[Number(name.split('_')[1])];
    expect(server?.client(clientId)?.metadata.client_secret, name).toBe(secret);
  }
  expect(Object.keys(repository.github.secrets())).toHaveLength(20);
  expect((await repository.job(deploy)).outputs.changed).toBe('false');
});
