import { getOctokit } from '@actions/github';
import type { PublishItem, PublishTarget } from '../../shared/manifest/desired.ts';
import type { Clock, Log, Random } from '../../shared/ports/ports.ts';
import type { GitHubRequest } from '../../shared/publish/github-request.ts';
import { createGitHubSink, type GitHubSink } from '../../shared/publish/github-sink.ts';
import type { Publication } from '../../shared/publish/sink.ts';
import type { TokenKind } from '../../shared/publish/token-kind.ts';
import type { GitHub } from '../support/github/server.ts';

export const NOW = Date.parse('2026-11-25T03:00:00Z');

/** A clock that only sleeping moves, and that remembers how long was slept. */
export function sleepyClock(): Clock & { readonly slept: number[] } {
  let now = NOW;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
}

export const random: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };

export function collectingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  return { lines, info: add, warning: add, debug: add };
}

/** Tokens of every kind that the stand-in knows, with all that publishing takes or less. */
export const TOKENS = {
  job: { kind: 'job', permissions: { contents: 'write', actions: 'read' } },
  pat: {
    kind: 'fine-grained',
    permissions: {
      secrets: 'write',
      variables: 'write',
      environments: 'write',
      administration: 'write',
      actions: 'read',
    },
  },
  app: { kind: 'app', permissions: { secrets: 'write', actions_variables: 'write', environments: 'write' } },
  reader: { kind: 'fine-grained', permissions: { secrets: 'read', variables: 'read', environments: 'read' } },
  poor: { kind: 'fine-grained', permissions: { contents: 'read' } },
  noSecrets: { kind: 'app', permissions: { actions_variables: 'write' } },
  blind: { kind: 'fine-grained', permissions: { environments: 'write', administration: 'write' } },
  noAdmin: { kind: 'fine-grained', permissions: { environments: 'write', actions: 'read' } },
  elsewhere: { kind: 'fine-grained', permissions: { secrets: 'write' }, otherRepository: true },
  classic: { kind: 'classic', permissions: { repo: 'write' } },
  scopeless: { kind: 'classic', permissions: { public_repo: 'write' } },
} as const;

export type Harness = {
  readonly sink: GitHubSink;
  readonly clock: ReturnType<typeof sleepyClock>;
  readonly log: ReturnType<typeof collectingLog>;
};

/** A sink over real Octokit at the stand-in. */
export function sinkAt(github: GitHub, token: keyof typeof TOKENS = 'pat'): Harness {
  const octokit = getOctokit(token, { baseUrl: github.url });
  return sinkOver(octokit.request as unknown as GitHubRequest, TOKENS[token].kind);
}

export function sinkOver(request: GitHubRequest, tokenKind: TokenKind = 'fine-grained'): Harness {
  const clock = sleepyClock();
  const log = collectingLog();
  return { clock, log, sink: createGitHubSink({ request, owner: 'octo', repo: 'app', tokenKind, clock, random, log }) };
}

export const secret = (name: string, field: PublishItem['field'] = 'client_secret'): PublishItem => ({
  kind: 'secret',
  name,
  field,
});

export const variable = (name: string, field: PublishItem['field'] = 'client_id'): PublishItem => ({
  kind: 'variable',
  name,
  field,
});

export function target(items: readonly PublishItem[], environment?: string, createEnvironment = false): PublishTarget {
  return { kind: 'github', createEnvironment, items, ...(environment === undefined ? {} : { environment }) };
}

export function publication(item: PublishItem, more: Partial<Publication> = {}, environment?: string): Publication {
  const where = environment === undefined ? {} : { environment };
  return { target: { kind: 'github', ...where }, item, state: 'claimed', at: NOW, ...more };
}

/** An entry as a write by this kind of token leaves it. */
export const written = (item: PublishItem, environment?: string, tokenKind = 'fine-grained'): Publication =>
  publication(item, { state: 'written', fingerprint: 'f', tokenKind }, environment);
