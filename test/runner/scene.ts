import { randomBytes } from 'node:crypto';
import { githubRequest } from '../../action/github.ts';
import { clock, random } from '../../action/platform.ts';
import { openStore } from '../../action/standalone/git-store.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { parseStateKeys } from '../../shared/record/seal.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import type { Repository } from '../support/github/world.ts';
import { CA_FILE, startTlsFront } from '../support/https.ts';
import { startProxy } from '../support/proxy.ts';
import type { Ended, WorkflowRun } from './act.ts';
import { type Deployed, makeAppRepository } from './app-repository.ts';
import type { Started } from './start-and.ts';

/** As the examples name them; a proxy brings their calls to this machine. */
const SERVER = 'fhir.example.org';
const GITHUB = 'github.example.org';
const JOB_TOKEN = 'ghs_runner_token_of_the_job';
const SECRETS_TOKEN = 'github_pat_runner_token_that_may_write_secrets';
const SILENT = { info: () => {}, warning: () => {}, debug: () => {} };

/** A repository that has the examples as they are, GitHub and an authorization server beside it. */
export type Scene = Started & {
  readonly github: GitHub;
  readonly server: AuthorizationServer;
  readonly repository: { readonly id: number; readonly default_branch: string };
  readonly deployed: () => Promise<readonly Deployed[]>;
  /** What the sealed state of an environment remembers. */
  readonly remembered: (environment: string) => Promise<readonly RegistrationRecord[]>;
  readonly close: () => Promise<void>;
};

export async function openScene(act: string): Promise<Scene> {
  const [front, githubFront] = [await startTlsFront({ host: SERVER }), await startTlsFront({ host: GITHUB })];
  const server = await startAuthorizationServer({ publicOrigin: front.origin });
  const github = await startGitHub({
    tokens: {
      // What the examples give a job under `permissions`.
      [JOB_TOKEN]: { kind: 'job', permissions: { contents: 'write', 'pull-requests': 'read', metadata: 'read' } },
      [SECRETS_TOKEN]: { kind: 'fine-grained', permissions: { environments: 'write', metadata: 'read' } },
    },
  });
  front.forwardTo(server.listeningOrigin);
  githubFront.forwardTo(github.url);
  const proxy = await startProxy({ routes: { [SERVER]: front.port, [GITHUB]: githubFront.port } });
  const app = await makeAppRepository();

  // Set by a person: the repository's own, and what only jobs in the environment "production" have.
  const forAll = { OAUTH_REGISTRAR_STATE_KEY: newKey() };
  const forProduction = { OAUTH_REGISTRAR_STATE_KEY: newKey(), OAUTH_REGISTRAR_SECRETS_TOKEN: SECRETS_TOKEN };
  const secretsIn = (environment: string): Readonly<Record<string, string>> => ({
    ...forAll,
    ...(environment === 'production' && forProduction),
    ...github.secrets(environment),
  });
  const { owner, name, id, defaultBranch } = github.repository;
  const seen = new Set([...Object.values(forAll), ...Object.values(forProduction), JOB_TOKEN]);
  let runs = 1000;

  const start = async (run: WorkflowRun): Promise<Ended> => {
    runs += 1;
    const environment = await app.environmentOf(act, run);
    const ended = await app.start(act, {
      ...run,
      secrets: { GITHUB_TOKEN: JOB_TOKEN, ...secretsIn(environment) },
      vars: github.variables(environment),
      env: {
        ...contextOf(github.repository, githubFront.origin, runs),
        HTTPS_PROXY: proxy.url,
        NODE_EXTRA_CA_CERTS: CA_FILE,
        ...run.env,
      },
    });
    for (const secret of [...secretsOf(server), ...(await app.deployed()).map((one) => one.clientSecret)]) {
      seen.add(secret);
    }
    return ended;
  };

  return {
    github,
    server,
    repository: { id, default_branch: defaultBranch },
    start,
    deployed: app.deployed,
    remembered: async (environment) => {
      const store = openStore({
        request: githubRequest(JOB_TOKEN, github.url, fetch),
        owner,
        repo: name,
        repositoryId: String(id),
        environment,
        keys: await parseStateKeys(secretsIn(environment).OAUTH_REGISTRAR_STATE_KEY ?? ''),
        clock,
        random,
        log: SILENT,
      });
      return Object.values((await store.load()).registrations);
    },
    secretValues: () => [...seen].filter((value) => value !== ''),
    close: async () => {
      await Promise.all([proxy.close(), front.close(), githubFront.close(), server.close()]);
      await app.remove();
      await github.close();
    },
  };
}

const newKey = (): string => randomBytes(32).toString('base64');

/** What GitHub's runner says of a run, where act says nothing or something of its own. */
export function contextOf(repository: Repository, apiUrl: string, run: number): Readonly<Record<string, string>> {
  const { owner, name, id, ownerId } = repository;
  return {
    GITHUB_REPOSITORY: `${owner}/${name}`,
    GITHUB_REPOSITORY_ID: String(id),
    GITHUB_REPOSITORY_OWNER: owner,
    GITHUB_REPOSITORY_OWNER_ID: String(ownerId),
    GITHUB_API_URL: apiUrl,
    GITHUB_RUN_ID: String(run),
    GITHUB_RUN_ATTEMPT: '1',
  };
}

/** Secrets and registration access tokens of the clients that a server has now. */
export const secretsOf = (server: AuthorizationServer): readonly string[] =>
  server
    .clients()
    .flatMap(({ metadata, registrationAccessToken = '' }) => [
      String(metadata.client_secret ?? ''),
      registrationAccessToken,
    ]);
