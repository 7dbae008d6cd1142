import { applyClients } from '../../../action/apply.ts';
import { askOwners } from '../../../action/ask-owner.ts';
import { githubRequest } from '../../../action/github.ts';
import { noAnnouncing } from '../../../action/no-publishing.ts';
import type { ClientReport } from '../../../action/report.ts';
import type { OpenState, Session } from '../../../action/session.ts';
import { openStore } from '../../../action/standalone/git-store.ts';
import { listEnvironments } from '../../../action/standalone/list-environments.ts';
import { createStateCalls } from '../../../action/standalone/state-calls.ts';
import { type Swept, sweepEnvironments } from '../../../action/sweep.ts';
import { createHttp } from '../../../shared/http/create-http.ts';
import type { Owner } from '../../../shared/manifest/desired.ts';
import { readManifest } from '../../../shared/manifest/read-manifest.ts';
import type { Clock, Fetch } from '../../../shared/ports/ports.ts';
import { createGitHubSink } from '../../../shared/publish/github-sink.ts';
import { parseStateKeys } from '../../../shared/record/seal.ts';
import { createCallOrder } from '../../../shared/registration/call-order.ts';
import { createRegistrationApi } from '../../../shared/registration/create-registration-api.ts';
import { createVerifier } from '../../../shared/registration/verify.ts';
import { type GitHub, type GitHubOptions, startGitHub } from '../../support/github/server.ts';

export const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 25);
const JOB = 'ghs_in_process';
const PUBLISHER = 'github_pat_in_process';
const KEY = Buffer.alloc(32, 7).toString('base64');
const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
const log = { info: () => {}, warning: () => {}, debug: () => {} };

export type MovedClock = Clock & { readonly move: (ms: number) => void };

/** A clock that only moves when it is told to, or when somebody sleeps: then at once. */
export function movedClock(): MovedClock {
  let now = START;
  return {
    now: () => now,
    move: (ms) => {
      now += ms;
    },
    sleep: async (ms, signal) => {
      // A sleep that can be ended is a time limit: no call here takes long.
      if (signal !== undefined) {
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }
      now += ms;
    },
  };
}

export async function gitHubFor(clock: Clock, options: Partial<GitHubOptions> = {}): Promise<GitHub> {
  return startGitHub({
    tokens: {
      [JOB]: { kind: 'job', permissions: { contents: 'write', 'pull-requests': 'read' } },
      [PUBLISHER]: { kind: 'fine-grained', permissions: { secrets: 'write', variables: 'write', actions: 'read' } },
    },
    now: clock.now,
    ...options,
  });
}

/** One run, in this process: the modules that a job uses, with a clock and a fetch of the test. */
export type InProcessRun = {
  readonly session: Session;
  readonly apply: (wish: Wish) => Promise<readonly ClientReport[]>;
  readonly sweep: () => Promise<Swept & { readonly warnings: readonly string[] }>;
};

export type Wish = { readonly manifest: string; readonly environment: string; readonly owner?: Owner };

export function inProcessRun({
  github,
  clock,
  fetch: send = (url, init) => fetch(url, init),
  runId = 1,
  attempt = 1,
  stopping = () => false,
}: {
  readonly github: GitHub;
  readonly clock: Clock;
  readonly fetch?: Fetch;
  readonly runId?: number;
  readonly attempt?: number;
  readonly stopping?: () => boolean;
}): InProcessRun {
  const { owner, name: repo, id } = github.repository;
  const http = createHttp({ fetch: send, clock, random, insecureLoopback: true, log });
  const asJob = githubRequest(JOB, github.url, send);
  const sink = createGitHubSink({
    request: githubRequest(PUBLISHER, github.url, send),
    owner,
    repo,
    tokenKind: 'fine-grained',
    clock,
    random,
    log,
  });
  const network = {
    http,
    clock,
    random,
    log,
    api: createRegistrationApi({ http, clock, order: createCallOrder() }),
    verify: createVerifier({ http, clock, random }),
    initialAccessToken: async () => undefined,
    protect: () => {},
    run: `${runId}.${attempt}`,
  };
  const session: Session = {
    github: async () => asJob,
    open: async (environment): Promise<OpenState> => {
      const keys = await parseStateKeys(KEY);
      const of = { owner, repo, repositoryId: id, environment, keys };
      const store = openStore({ request: asJob, ...of, clock, random, log, run: `${runId}.${attempt}` });
      return { environment, state: await store.load(), store };
    },
    ports: async ({ store }) => ({ ...network, sink, announce: noAnnouncing, store }),
  };
  return {
    session,
    apply: async ({ manifest, environment, owner: owns }) => {
      const { desired } = readManifest(
        { text: manifest, path: 'manifest' },
        {
          templates: { environment, values: {}, sha: '', repository: `${owner}/${repo}` },
          overrides: { strict: false, hasSoftwareStatement: false, ...(owns && { owner: owns }) },
          insecureLoopback: true,
        },
      );
      const open = await session.open(environment);
      const ports = await session.ports(open);
      const reports = await applyClients({
        wanted: desired,
        records: new Map(Object.entries(open.state.registrations)),
        http,
        portsFor: () => ports,
        by: { runId, attempt },
        stopping,
      });
      await open.store.flush();
      return reports;
    },
    sweep: async () => {
      const warnings: string[] = [];
      const calls = createStateCalls({ request: asJob, owner, repo, clock, log });
      const environments = await listEnvironments(calls);
      const warn = (line: string) => warnings.push(line);
      const ownerEnded = askOwners({ request: asJob, owner, repo, warn });
      const swept = await sweepEnvironments({
        environments,
        session,
        ownerEnded,
        stopping,
        run: `${runId}.${attempt}`,
        warn,
      });
      return { ...swept, warnings };
    },
  };
}
