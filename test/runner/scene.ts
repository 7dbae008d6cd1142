import { randomBytes } from 'node:crypto';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { AuthorizationServer } from '../support/authorization-server.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import type { Repository } from '../support/github/world.ts';
import { CA_FILE, startTlsFront } from '../support/https.ts';
import { startProxy } from '../support/proxy.ts';
import { rememberedIn } from '../support/remembered.ts';
import type { Ended, WorkflowRun } from './act.ts';
import { type Deployed, makeAppRepository } from './app-repository.ts';
import type { Secrets } from './secrets.ts';
import { learnFrom, startServer } from './stand-ins.ts';

/** As the examples name them; a proxy brings their calls to this machine. */
const SERVER = 'fhir.example.org';
const GITHUB = 'github.example.org';
const JOB_TOKEN = 'ghs_runner_token_of_the_job';
const SECRETS_TOKEN = 'github_pat_runner_token_that_may_write_secrets';

/** A repository that has the examples as they are, GitHub and an authorization server beside it. */
export type Scene = {
  readonly github: GitHub;
  readonly server: AuthorizationServer;
  readonly repository: { readonly id: number; readonly default_branch: string };
  readonly start: (run: WorkflowRun) => Promise<Ended>;
  readonly deployed: () => Promise<readonly Deployed[]>;
  /** What the sealed state of an environment remembers. */
  readonly remembered: (environment: string) => Promise<readonly RegistrationRecord[]>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export async function openScene(act: string, secrets: Secrets): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const open = <T extends { readonly close: () => Promise<void> }>(resource: T): T =>
    opened.adopt(resource, ({ close }) => close());
  const github = open(
    await startGitHub({
      tokens: {
        // What the examples give a job under `permissions`.
        [JOB_TOKEN]: { kind: 'job', permissions: { contents: 'write', 'pull-requests': 'read', metadata: 'read' } },
        [SECRETS_TOKEN]: { kind: 'fine-grained', permissions: { environments: 'write', metadata: 'read' } },
      },
    }),
  );
  const front = open(await startTlsFront({ host: SERVER }));
  const githubFront = open(await startTlsFront({ host: GITHUB }));
  const server = open(await startServer(secrets, { publicOrigin: front.origin }));
  front.forwardTo(server.listeningOrigin);
  githubFront.forwardTo(github.url);
  const proxy = open(await startProxy({ routes: { [SERVER]: front.port, [GITHUB]: githubFront.port } }));
  const app = await makeAppRepository();
  opened.defer(app.remove);

  // Set by a person: the repository's own, and what only jobs in the environment "production" have.
  const forAll = { OAUTH_REGISTRAR_STATE_KEY: newKey() };
  const forProduction = { OAUTH_REGISTRAR_STATE_KEY: newKey(), OAUTH_REGISTRAR_SECRETS_TOKEN: SECRETS_TOKEN };
  const secretsIn = (environment: string): Readonly<Record<string, string>> => ({
    ...forAll,
    ...(environment === 'production' && forProduction),
    ...github.secrets(environment),
  });
  learnFrom(github, secrets);
  secrets.add(JOB_TOKEN, ...Object.values(forAll), ...Object.values(forProduction));

  const { id, defaultBranch } = github.repository;
  let runs = 1000;
  const kept = opened.move();
  return {
    github,
    server,
    repository: { id, default_branch: defaultBranch },
    start: async (run) => {
      runs += 1;
      const environment = await app.environmentOf(act, run);
      return await app.start(act, {
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
    },
    deployed: app.deployed,
    remembered: (environment) =>
      rememberedIn({
        repository: github.repository,
        environment,
        url: github.url,
        token: JOB_TOKEN,
        key: secretsIn(environment).OAUTH_REGISTRAR_STATE_KEY ?? '',
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
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
