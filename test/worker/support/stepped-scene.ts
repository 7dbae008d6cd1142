import { expect } from 'vitest';
import type { ApplyBody } from '../../../shared/api/worker-api.ts';
import { parseStateKeys } from '../../../shared/record/seal.ts';
import { createVault } from '../../../worker/repository/vault.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/authorization-server.ts';
import type { GitHub } from '../../support/github/server.ts';
import { ALL_RIGHTS, appSettings, startGitHubWithApp } from './github-with-app.ts';
import { type Claims, pullRequestRun, REPOSITORY } from './issuer.ts';
import { type SteppedWorker, startSteppedWorker } from './stepped.ts';
import { KEY, OTHER_KEY, wish } from './worker.ts';

export type SteppedScene = Awaited<ReturnType<typeof openSteppedScene>>;

/** The Worker whose object ends at its own steps, an authorization server, and GitHub, where the App publishes. */
export async function openSteppedScene() {
  const server: AuthorizationServer = await startAuthorizationServer();
  let now = Date.now;
  const github: GitHub = await startGitHubWithApp({ permissions: ALL_RIGHTS, now: () => now() });
  const { GH_API_URL = '', ...secrets } = appSettings(github);
  const worker: SteppedWorker = await startSteppedWorker(server, secrets, { GH_API_URL });
  now = worker.now;
  const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
  const keys = await parseStateKeys(`${KEY}\n${OTHER_KEY}`);
  const vault = createVault({ repositoryId: REPOSITORY.id, keys, random });
  let runs = 100;

  const claims = (number?: number): Claims => {
    runs += 1;
    return number === undefined ? { run_id: String(runs) } : pullRequestRun(number, { run_id: String(runs) });
  };
  const body = (key: string, number?: number): ApplyBody => ({
    ...wish(server, { announce: 'dispatch', publish: publishAt(key) }),
    ...(number !== undefined && { owner: { kind: 'pull_request', number } }),
  });
  const deploy = (key: string, number?: number) => worker.apply(key, body(key, number), claims(number));
  const rows = async <T>(query: string) => (await worker.sql(query)) as readonly T[];
  const kept = async () => {
    const stored = await rows<Row>('SELECT key, sealed, key_id, status, inventory_due FROM registrations');
    return Promise.all(stored.map(async (row) => ({ ...row, record: await vault.open(row.key, row.sealed) })));
  };

  return {
    server,
    github,
    worker,
    claims,
    deploy,
    pull: (number: number, state: 'open' | 'closed') =>
      github.pull({ number, state, head: { ref: `feature-${number}`, sha: '1'.repeat(40) } }),
    /** A deploy works, and hands out a client that the server knows; apps read that one, and nothing else was left. */
    inUse: async (at: string, key: string, number?: number): Promise<string> => {
      const { status, body: answer } = await deploy(key, number);
      expect([status, answer.error], at).toEqual([200, undefined]);
      const { client_id: id, client_secret: secret } = answer.credentials;
      expect(server.client(id)?.metadata.client_secret, at).toBe(secret);
      const environment = environmentOf(key);
      expect(github.variables(environment), at).toEqual({ CLIENT_ID: id });
      expect(github.secrets(environment), at).toEqual({ CLIENT_SECRET: secret });
      return id;
    },
    /** Every client at the server is in the ledger, or is one that is said to be possible. */
    noneUnknown: async (at: string): Promise<void> => {
      // An object that ended before it kept anything has not even tables.
      const [{ tables = 0 } = {}] = await rows<{ tables: number }>(
        "SELECT count(*) AS tables FROM sqlite_master WHERE name = 'ledger'",
      );
      if (tables === 0) return expect(server.clients(), at).toEqual([]);
      const records = (await kept()).map(({ record }) => record);
      const possible = records.flatMap(({ suspects, intent }) => [...suspects, ...(intent ? [intent] : [])]);
      const listed = await rows<{ client_id: string }>('SELECT client_id FROM ledger');
      const ids = listed.map(({ client_id: id }) => id);
      const unknown = server.clients().filter(({ clientId }) => !ids.includes(clientId));
      expect(unknown.length, at).toBeLessThanOrEqual(possible.length);
    },
    /**
     * Every client at the server is in a record, and in the ledger as one that has not ended, or is one that is said to be
     * possible; nothing else is. The inventory has every record as it is.
     */
    accountedFor: async (at: string): Promise<void> => {
      await worker.rest();
      const stored = await kept();
      const records = stored.map(({ record }) => record);
      const known = records.flatMap(({ clients, orphans }) => [...clients, ...orphans].map(({ clientId }) => clientId));
      const listed = await rows<{ client_id: string }>(
        "SELECT client_id FROM ledger WHERE ended IS NULL OR ended = 'orphan'",
      );
      const alive = server.clients().map(({ clientId }) => clientId);
      const suspects = records.flatMap((record) => record.suspects).length;
      expect([...known].sort(), at).toEqual(listed.map(({ client_id: id }) => id).sort());
      expect(
        known.filter((id) => !alive.includes(id)),
        at,
      ).toEqual([]);
      expect(alive.filter((id) => !known.includes(id)).length, at).toBeLessThanOrEqual(suspects);
      expect(
        records.filter(({ intent, call }) => intent !== undefined || call !== undefined),
        at,
      ).toEqual([]);

      const kv = await worker.kv();
      const prefix = `registration/${REPOSITORY.id}/`;
      const { keys } = await kv.list({ prefix });
      expect(keys.map(({ name }) => name).sort(), at).toEqual(stored.map(({ key }) => prefix + key).sort());
      for (const { key, sealed, key_id: keyId, status, inventory_due: due } of stored) {
        expect([key, due], at).toEqual([key, null]);
        const entry = JSON.parse((await kv.get(prefix + key)) ?? '{}');
        const made = await rows<{ client_id: string }>(
          `SELECT client_id FROM ledger WHERE registration = '${key}' ORDER BY id`,
        );
        expect(entry, at).toMatchObject({ sealed, ledger: made.map(({ client_id: clientId }) => ({ clientId })) });
        expect(keys.find(({ name }) => name === prefix + key)?.metadata, at).toMatchObject({ key_id: keyId, status });
      }
    },
    close: async () => {
      await worker.close();
      await github.close();
      await server.close();
    },
  };
}

type Row = {
  readonly key: string;
  readonly sealed: string;
  readonly key_id: string;
  readonly status: string;
  readonly inventory_due: number | null;
};

/** Each registration publishes to the environment of its deploy. */
export function environmentOf(key: string): string {
  return key.split('/')[0] ?? '';
}

function publishAt(key: string): ApplyBody['desired']['publish'] {
  return [
    {
      kind: 'github',
      environment: environmentOf(key),
      createEnvironment: true,
      items: [
        { kind: 'variable', name: 'CLIENT_ID', field: 'client_id' },
        { kind: 'secret', name: 'CLIENT_SECRET', field: 'client_secret' },
      ],
    },
  ];
}
