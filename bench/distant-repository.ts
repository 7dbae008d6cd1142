import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuthorizationServer, startAuthorizationServer } from '../test/support/authorization-server.ts';
import { type GitHub, startGitHub } from '../test/support/github/server.ts';
import { type LatencyFront, startLatency } from '../test/support/latency.ts';
import { type Run, runMain } from '../test/support/run-action.ts';
import { ROUND_TRIP_MS } from './round-trips.ts';
import { ACTION, endedEarly, MANIFEST, NOBODY, succeeded } from './shipped-action.ts';

const JOB_TOKEN = 'ghs_token_of_the_job';
const SECRETS_TOKEN = 'github_pat_that_may_write_secrets';

type Env = Readonly<Record<string, string>>;

/** A repository on a GitHub that is 50 ms away, with clients at authorization servers that are as far. */
export type DistantRepository = {
  readonly github: () => GitHub;
  readonly githubUrl: string;
  readonly token: string;
  readonly servers: readonly AuthorizationServer[];
  readonly clients: readonly { readonly name: string; readonly fhirBase: string }[];
  /** A deploy of all clients. */
  readonly deploy: (env?: Env) => Promise<Run>;
  /** The same step with nothing to do, as {@link applyNothing} has it. */
  readonly deployNothing: (env?: Env) => Promise<Run>;
  /** Another repository without state, secrets and clients, in the place of the one before. */
  readonly renew: () => Promise<void>;
  /** Forgets what the wire has seen. */
  readonly resetWire: () => void;
  /** What the wire has seen: at GitHub, and at all authorization servers. */
  readonly wire: () => string;
  readonly close: () => Promise<void>;
};

export async function openDistantRepository(shape: {
  readonly clients: number;
  readonly servers: number;
}): Promise<DistantRepository> {
  const front = await startLatency({ roundTripMs: ROUND_TRIP_MS });
  const behind = await Promise.all(Array.from({ length: shape.servers }, distantServer));
  const servers = behind.map(({ server }) => server);
  const clients = Array.from({ length: shape.clients }, (_, index) => ({
    name: `app${index + 1}`,
    fhirBase: servers[index % servers.length]?.fhirBase('r4') ?? '',
  }));
  const key = randomBytes(32).toString('base64');
  const workspace = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeFile(join(workspace, MANIFEST), manifest(clients));
  let github = await freshGitHub();
  front.forwardTo(github.url);
  let runs = 1000;

  const step = (inputs: Readonly<Record<string, string>>, env: Env = {}): Promise<Run> => {
    const { owner, name, id } = github.repository;
    runs += 1;
    return runMain({
      directory: ACTION,
      workspace,
      env,
      event: { name: 'push', payload: { ref: 'refs/heads/main', repository: { id, default_branch: 'main' } } },
      github: {
        repository: `${owner}/${name}`,
        repositoryId: String(id),
        apiUrl: front.origin,
        token: JOB_TOKEN,
        runId: String(runs),
      },
      inputs: {
        manifest: MANIFEST,
        environment: 'production',
        'state-key': key,
        'secrets-token': SECRETS_TOKEN,
        'insecure-loopback': 'true',
        ...inputs,
      },
    });
  };

  return {
    github: () => github,
    githubUrl: front.origin,
    token: SECRETS_TOKEN,
    servers,
    clients,
    deploy: async (env) => succeeded(await step({}, env)),
    deployNothing: async (env) => endedEarly(await step(NOBODY, env)),
    renew: async () => {
      const old = github;
      github = await freshGitHub();
      front.forwardTo(github.url);
      await old.close();
      for (const server of servers) server.reset();
    },
    resetWire: () => {
      for (const each of [front, ...behind.map((one) => one.front)]) each.reset();
    },
    wire: () => {
      const at = (fronts: readonly LatencyFront[]) =>
        `${sum(fronts.map((each) => each.connections()))} connections and ${sum(fronts.map((each) => each.requests()))} requests`;
      return `${at([front])} at GitHub, ${at(behind.map((each) => each.front))} at ${behind.length === 1 ? 'the authorization server' : `${behind.length} authorization servers`}`;
    },
    close: async () => {
      await Promise.all([front.close(), github.close(), rm(workspace, { recursive: true, force: true })]);
      await Promise.all(behind.map(async (each) => Promise.all([each.server.close(), each.front.close()])));
    },
  };
}

async function distantServer(): Promise<{ readonly server: AuthorizationServer; readonly front: LatencyFront }> {
  const front = await startLatency({ roundTripMs: ROUND_TRIP_MS });
  const server = await startAuthorizationServer({ publicOrigin: front.origin });
  front.forwardTo(server.listeningOrigin);
  return { server, front };
}

function freshGitHub(): Promise<GitHub> {
  return startGitHub({
    tokens: {
      [JOB_TOKEN]: { kind: 'job', permissions: { contents: 'write', metadata: 'read' } },
      [SECRETS_TOKEN]: {
        kind: 'fine-grained',
        permissions: { secrets: 'write', variables: 'write', metadata: 'read' },
      },
    },
  });
}

function manifest(clients: DistantRepository['clients']): string {
  const entries = clients.map(
    ({ name, fhirBase }) => `
  ${name}:
    type: confidential
    server: ${fhirBase}
    metadata: { redirect_uris: ['https://${name}.example.org/callback'] }
    publish:
      github:
        variables: { client_id: ${name.toUpperCase()}_CLIENT_ID }
        secrets: { client_secret: ${name.toUpperCase()}_CLIENT_SECRET }
`,
  );
  return `version: 1\nclients:${entries.join('')}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
