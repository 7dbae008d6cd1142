import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { githubRequest } from '../../action/github.ts';
import { clock, random } from '../../action/platform.ts';
import { openStore } from '../../action/standalone/git-store.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { parseStateKeys } from '../../shared/record/seal.ts';
import { run } from '../interop/folder.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { CA_FILE, startTlsFront } from '../support/https.ts';
import { startProxy } from '../support/proxy.ts';
import { type Ended, runWorkflow, type WorkflowRun } from './act.ts';
import { EXAMPLES, MANIFEST, OURS, ROOT } from './files.ts';

/** As the examples name them; a proxy brings their calls to this machine. */
const SERVER = 'fhir.example.org';
const GITHUB = 'github.example.org';
const JOB_TOKEN = 'ghs_runner_token_of_the_job';
const SECRETS_TOKEN = 'github_pat_runner_token_that_may_write_secrets';
const SILENT = { info: () => {}, warning: () => {}, debug: () => {} };
const REPOSITORY = fileURLToPath(new URL('repository/', import.meta.url));
const ACTIONS = fileURLToPath(new URL('actions/', import.meta.url));

export type Deployed = { readonly what: string; readonly clientId: string; readonly clientSecret: string };

/** A repository that has the examples as they are, GitHub and an authorization server beside it. */
export type Scene = {
  readonly github: GitHub;
  readonly server: AuthorizationServer;
  readonly repository: { readonly id: number; readonly default_branch: string };
  readonly start: (run: WorkflowRun) => Promise<Ended>;
  /** What the app's own deploy script was handed, so far. */
  readonly deployed: () => Promise<readonly Deployed[]>;
  /** What the sealed state of an environment remembers. */
  readonly remembered: (environment: string) => Promise<readonly RegistrationRecord[]>;
  /** Everything that must be in no log: secrets that were handed in, and those that servers gave. */
  readonly secretValues: () => readonly string[];
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

  const scratch = await mkdtemp(join(tmpdir(), 'oauth-registrar-runner-'));
  const [checkout, published] = [join(scratch, 'app'), join(scratch, 'published')];
  const sha = await commitExamples(checkout);
  await cp(join(ROOT, 'action.yml'), join(published, 'action.yml'));
  await cp(join(ROOT, 'action', 'dist'), join(published, 'action', 'dist'), { recursive: true });

  const stateKey = randomBytes(32).toString('base64');
  const secrets = { OAUTH_REGISTRAR_STATE_KEY: stateKey, OAUTH_REGISTRAR_SECRETS_TOKEN: SECRETS_TOKEN };
  const { owner, name, id, ownerId, defaultBranch } = github.repository;
  const seen = new Set([...Object.values(secrets), JOB_TOKEN]);
  const deployed = async () =>
    (await readFile(join(scratch, 'deployed'), 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [what = '', clientId = '', clientSecret = ''] = line.split(' ');
        return { what, clientId, clientSecret };
      });
  const remember = async () => {
    for (const { clientSecret } of await deployed()) seen.add(clientSecret);
    for (const { metadata, registrationAccessToken = '' } of server.clients()) {
      for (const value of [String(metadata.client_secret ?? ''), registrationAccessToken]) seen.add(value);
    }
    seen.delete('');
  };
  let runs = 1000;

  return {
    github,
    server,
    repository: { id, default_branch: defaultBranch },
    start: async (workflowRun) => {
      runs += 1;
      const ended = await runWorkflow(
        {
          act,
          repository: checkout,
          home: join(scratch, 'home'),
          actions: { [OURS]: published, ...(await standIns()) },
        },
        {
          ...workflowRun,
          secrets: { GITHUB_TOKEN: JOB_TOKEN, ...secrets, ...workflowRun.secrets },
          env: {
            GITHUB_REPOSITORY: `${owner}/${name}`,
            GITHUB_REPOSITORY_ID: String(id),
            GITHUB_REPOSITORY_OWNER: owner,
            GITHUB_REPOSITORY_OWNER_ID: String(ownerId),
            GITHUB_API_URL: githubFront.origin,
            GITHUB_RUN_ID: String(runs),
            GITHUB_RUN_ATTEMPT: '1',
            SHA_REF: sha,
            HTTPS_PROXY: proxy.url,
            NODE_EXTRA_CA_CERTS: CA_FILE,
            CHECKOUT_FROM: checkout,
            DEPLOYED: join(scratch, 'deployed'),
            ...workflowRun.env,
          },
        },
      );
      await remember();
      return ended;
    },
    deployed,
    remembered: async (environment) => {
      const store = openStore({
        request: githubRequest(JOB_TOKEN, github.url, fetch),
        owner,
        repo: name,
        repositoryId: String(id),
        environment,
        keys: await parseStateKeys(stateKey),
        clock,
        random,
        log: SILENT,
      });
      return Object.values((await store.load()).registrations);
    },
    secretValues: () => [...seen],
    close: async () => {
      await Promise.all([proxy.close(), front.close(), githubFront.close(), server.close(), github.close()]);
      await rm(scratch, { recursive: true });
    },
  };
}

/** One commit with the examples, the manifest and what an app has: its name. */
async function commitExamples(checkout: string): Promise<string> {
  await cp(REPOSITORY, checkout, { recursive: true });
  await mkdir(join(checkout, '.github', 'workflows'), { recursive: true });
  const example = (name: string) => join(ROOT, 'examples', name);
  await cp(example(MANIFEST), join(checkout, '.github', MANIFEST));
  for (const name of EXAMPLES) await cp(example(name), join(checkout, '.github', 'workflows', name));
  const git = (...args: readonly string[]) => run(['git', '-C', checkout, ...args]);
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('-c', 'user.name=Dev', '-c', 'user.email=dev@example.org', 'commit', '--quiet', '--message=Begin');
  return (await git('rev-parse', 'HEAD')).trim();
}

/** Actions of GitHub's own that the examples use, at the commit they name: folders with what stands in for them. */
async function standIns(): Promise<Readonly<Record<string, string>>> {
  const texts = await Promise.all(EXAMPLES.map((name) => readFile(join(ROOT, 'examples', name), 'utf8')));
  const used = texts.flatMap((text) => [...text.matchAll(/uses: (actions\/([\w-]+)@\w+)/gu)]);
  return Object.fromEntries(used.map(([, reference = '', name = '']) => [reference, join(ACTIONS, name)]));
}
