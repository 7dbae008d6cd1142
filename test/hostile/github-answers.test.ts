import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { githubRequest } from '../../action/github.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Fetch } from '../../shared/ports/ports.ts';
import { createGitHubSink } from '../../shared/publish/github-sink.ts';
import type { Publication } from '../../shared/publish/sink.ts';
import { createGitHubRest } from '../../worker/github-app/github-rest.ts';
import { openGitHubApp } from '../../worker/github-app/open-github-app.ts';
import { collectingLog, random, secret, sleepyClock, target, variable } from '../publish/setup.ts';
import { contained, expectPrintable } from './support/contained.ts';
import { API, githubThat, spoiltGitHub } from './support/github.ts';
import { CANARY } from './support/json.ts';
import { runs } from './support/runs.ts';

/** As a job sends to GitHub, and as the Worker does. */
const HOMES = {
  job: (fetch: Fetch) => githubRequest(CANARY, API, fetch),
  worker: (fetch: Fetch) => createGitHubRest({ apiUrl: API, fetch, token: async () => CANARY }),
};

const TARGETS = [target([secret('SECRET'), variable('ID')]), target([secret('SECRET'), variable('ID')], 'pr-1', true)];

test('the sink: whatever GitHub answers, what is said is printable and has no secret in it, and there is an end', async () => {
  const home = fc.constantFrom(...(Object.keys(HOMES) as (keyof typeof HOMES)[]));
  const kind = fc.constantFrom('app', 'fine-grained', 'classic', 'unknown');
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(spoiltGitHub, home, kind, async (spoilt, at, tokenKind) => {
      const { fetch, urls } = githubThat(spoilt);
      const clock = sleepyClock();
      const log = collectingLog();
      const sink = createGitHubSink({
        request: HOMES[at](fetch),
        owner: 'octo',
        repo: 'app',
        tokenKind: tokenKind as 'app',
        clock,
        random,
        log,
      });
      const told = async <T>(doing: string, work: () => Promise<T>): Promise<T | undefined> => {
        const outcome = await contained(work);
        ends.add(`${doing}: ${isRegistrarError(outcome) ? outcome.code : 'done'}`);
        if (!isRegistrarError(outcome)) return outcome;
        expect(Number.isFinite(outcome.retryAfterSeconds ?? 0), String(outcome.retryAfterSeconds)).toBe(true);
        return undefined;
      };
      const claimed = await told('claim', () => sink.claim({ targets: TARGETS, ours: [] }));
      const mine: readonly Publication[] = claimed ?? (await claimedAtFirst());
      for (const publication of mine) {
        const written = await told('write', () => sink.write(publication, CANARY));
        expect(JSON.stringify(written ?? {})).not.toContain(CANARY);
        await told('write', () => sink.write({ ...publication, state: 'written' }, CANARY));
        await told('erase', () => sink.erase(publication));
      }
      await told('erase environment', () => sink.eraseEnvironment('pr-1'));
      for (const line of log.lines) {
        expectPrintable(line);
        expect(line).not.toContain(CANARY);
      }
      expect(urls.filter((url) => new URL(url).origin !== API)).toEqual([]);
      expect(urls.length, 'calls').toBeLessThan(400);
    }),
    runs(),
  );
  expect([...ends]).toEqual(
    expect.arrayContaining([
      'claim: done',
      'write: done',
      'erase: done',
      'erase environment: done',
      'write: publish_failed',
    ]),
  );
});

/** What a claim that worked would have given. */
async function claimedAtFirst(): Promise<readonly Publication[]> {
  return TARGETS.flatMap(({ items, environment }) =>
    items.map((item) => ({
      target: { kind: 'github' as const, ...(environment !== undefined && { environment }) },
      item,
      state: 'claimed' as const,
      at: 0,
    })),
  );
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const REPOSITORY = { id: '4242', fullName: 'octo/app', ownerId: '77' };

test('the GitHub App: whatever GitHub answers, no call fails with something unsaid', async () => {
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(spoiltGitHub, async (spoilt) => {
      const { fetch, urls } = githubThat(spoilt);
      const clock = sleepyClock();
      const app = openGitHubApp({ appId: '1', privateKey: PEM, apiUrl: API, fetch, clock });
      if (app === undefined) throw new TypeError('there is no App');
      const told = async (doing: string, work: () => Promise<unknown>): Promise<void> => {
        const outcome = await contained(work);
        ends.add(`${doing}: ${isRegistrarError(outcome) ? outcome.code : 'done'}`);
        if (isRegistrarError(outcome)) expect(Number.isFinite(outcome.retryAfterSeconds ?? 0)).toBe(true);
      };
      await told('rights', () => app.rightsAt(REPOSITORY));
      await told('access', () => app.requestFor(REPOSITORY, { secrets: 'write' }));
      await told('pull request', () => app.isPullRequestOpen(REPOSITORY, 1));
      await told('branch', () => app.isBranchThere(REPOSITORY, 'a'));
      await told('dispatch', () => app.dispatch(REPOSITORY, { type: 'a', payload: {} }));
      await told('redelivery', () => app.redeliverFailed({ since: 0 }));
      expect(urls.filter((url) => new URL(url).origin !== API)).toEqual([]);
      expect(urls.length, 'calls').toBeLessThan(400);
    }),
    runs(),
  );
  expect([...ends]).toEqual(
    expect.arrayContaining(['access: done', 'pull request: done', 'dispatch: done', 'redelivery: done']),
  );
});
