import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { GitHubRequest } from '../shared/publish/github-request.ts';
import type { Sink } from '../shared/publish/sink.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import type { StandaloneState } from '../shared/record/codec.ts';
import type { Inputs } from './inputs.ts';
import { noAnnouncing } from './no-publishing.ts';
import { mask } from './platform.ts';
import type { NetworkPorts } from './ports.ts';
import type { RunContext } from './run-context.ts';
import { secretsOf } from './secrets-of.ts';
import type { StandaloneStore } from './standalone/git-store.ts';
import { VERSION } from './version.ts';

/** Everything a command works with that outlives the job: the repository's state and its secrets. */
export type Session = {
  readonly github: () => Promise<GitHubRequest>;
  /** The sealed state of one environment, read once and masked. */
  readonly open: (environment: string) => Promise<OpenState>;
  /** Ports that keep records in the given state and publish to GitHub. */
  readonly ports: (state: OpenState) => Promise<Ports>;
};

export type OpenState = {
  readonly environment: string;
  readonly state: StandaloneState;
  readonly store: StandaloneStore;
};

export function openSession(inputs: Inputs, context: RunContext, network: NetworkPorts): Session {
  const { owner, repo, repositoryId, run } = context;
  const { clock, random, log, fetch } = network;
  const request = async (token: string): Promise<GitHubRequest> => {
    const { githubRequest } = await import('./github.ts');
    return githubRequest(token, context.apiUrl, fetch);
  };
  const github = once(() => request(inputs.githubToken ?? ''));
  const sink = once(async () => {
    const { createGitHubSink, tokenKindOf } = await import('./standalone.ts');
    const token = inputs.secretsToken ?? inputs.githubToken ?? '';
    const tokenKind = tokenKindOf(token, inputs.githubToken);
    return createGitHubSink({ request: await request(token), owner, repo, tokenKind, clock, random, log });
  });
  const keys = once(async () => {
    if (inputs.stateKey === undefined) {
      throw new RegistrarError('state_key_missing', {
        message: 'Clients that outlive the job need sealed state in the repository, and the input state-key is empty.',
      });
    }
    const { parseStateKeys } = await import('./state.ts');
    return parseStateKeys(inputs.stateKey);
  });

  return {
    github,
    open: async (environment) => {
      const [{ openStore }, request, opened] = await Promise.all([import('./state.ts'), github(), keys()]);
      const store = openStore({
        request,
        owner,
        repo,
        repositoryId,
        environment,
        keys: opened,
        clock,
        random,
        log,
        run,
        version: VERSION,
      });
      const state = await store.load();
      mask(Object.values(state.registrations).flatMap(secretsOf));
      return { environment, state, store };
    },
    ports: async ({ state, store }) => {
      const published = Object.values(state.registrations).flatMap((record) => record.published);
      const sinkHere = once(async () => (await import('./standalone.ts')).withEnvironments(await sink(), published));
      return { ...network, sink: whenAsked(sinkHere), announce: noAnnouncing, store };
    },
  };
}

/** Most deploys publish nothing new, and then nothing that publishing needs is loaded. */
function whenAsked(sink: () => Promise<Sink>): Sink {
  return {
    claim: async (request) => (await sink()).claim(request),
    write: async (publication, value) => (await sink()).write(publication, value),
    erase: async (publication) => (await sink()).erase(publication),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
