import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { environmentOf, outputsOf } from '../../action/outputs.ts';
import { tellErrors, tellReports } from '../../action/tell.ts';
import { core } from '../../action/toolkit.ts';
import type { Work } from '../../action/work.ts';
import { applier } from '../../action/worker/apply-through-worker.ts';
import { readView } from '../../action/worker/read-answer.ts';
import { createWorkerCalls } from '../../action/worker/worker-calls.ts';
import { forEachClient, workerDone } from '../../action/worker/worker-done.ts';
import { reportOf, type WorkerReport } from '../../action/worker/worker-report.ts';
import type { ApplyAnswer, ErrorAnswer, RegistrationView, WorkingAnswer } from '../../shared/api/worker-api.ts';
import { createHttp } from '../../shared/http/create-http.ts';
import type { Clock, Fetch } from '../../shared/ports/ports.ts';
import { collectingLog, random, sleepyClock } from '../publish/setup.ts';
import { desired, ID, SECRET, target } from '../reconcile/build.ts';
import { expectPrintable, expectUnpolluted, expectWellSaid } from './support/contained.ts';
import { CANARY, nastyBody, nastyText, spoilt } from './support/json.ts';
import { runs } from './support/runs.ts';

const WORKER = 'https://registrar.example.org';

const VIEW: RegistrationView = {
  environment: 'production',
  name: 'web',
  server: 'https://fhir.example.org/r4',
  status: 'active',
  client_id: 'client-1',
  owner: { kind: 'branch', name: 'feature' },
  expires_at: '2026-12-09T00:00:00.000Z',
  next_rotation: '2026-12-24T00:00:00Z',
  retiring: ['old-client'],
  key_id: 'key-2',
  retiring_keys: ['key-1'],
  suspects: [{ look_for: 'a client named "x"', since: '2026-11-20T00:00:00Z' }],
  orphans: [{ client_id: 'lost', server: 'https://fhir.example.org/r4', reason: 'it answers 403' }],
  published: ['secret A'],
  shared: 'stage-*',
};

const APPLIED: ApplyAnswer = {
  api: 1,
  status: 'done',
  changed: true,
  registration: VIEW,
  credentials: {
    client_id: 'client-1',
    client_secret: CANARY,
    private_key: `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`,
    key_id: 'key-2',
    issuer: 'https://auth.example.org',
    token_endpoint: 'https://auth.example.org/token',
    expires_at: '2027-01-01T00:00:00.000Z',
    edition: 'client-1#1',
  },
  publish: [target(ID, SECRET)],
  claimed: [{ kind: 'secret', name: SECRET.name }],
  withheld: 'Ask the operator.',
  events: [
    { kind: 'registered', clientId: 'client-1', purpose: 'first' },
    { kind: 'verified', clientId: 'client-1', outcome: 'works', reason: 'a token was issued' },
    { kind: 'differs', clientId: 'client-1', differences: [{ member: 'scope', asked: 'a b', granted: ['a'] }] },
    { kind: 'promoted', clientId: 'client-1', retiring: 'old-client' },
    { kind: 'suspected', lookFor: 'a client named "x"', reason: 'the answer never came' },
    { kind: 'key_tried', clientId: 'client-1', keyId: 'key-2', outcome: 'refused', reason: 'not yet' },
  ],
};
const SEEN = { api: 1, registration: VIEW, events: APPLIED.events };
const WORKING: WorkingAnswer = { api: 1, status: 'working', retry_after_seconds: 1 };
const REFUSED: ErrorAnswer = {
  api: 1,
  error: 'quota_reached',
  message: 'There are as many as are allowed.',
  hint: 'Ask the operator.',
  retry_after_seconds: 31,
};

const text = (body: object) => JSON.stringify(body);
/** Events whose words a server or a pull request chose. */
const told = fc.tuple(nastyText, nastyText).map(([reason, name]): ApplyAnswer['events'] => [
  { kind: 'verified', clientId: name, outcome: 'unknown', reason },
  { kind: 'suspected', lookFor: name, reason },
  { kind: 'published', clientId: name, names: [name] },
]);
const body = fc.oneof(
  { weight: 2, arbitrary: told.map((events) => text({ ...APPLIED, events })) },
  { weight: 2, arbitrary: nastyBody(APPLIED) },
  { weight: 2, arbitrary: nastyBody(SEEN) },
  { weight: 3, arbitrary: spoilt(APPLIED.credentials).map((credentials) => text({ ...APPLIED, credentials })) },
  { weight: 3, arbitrary: spoilt(VIEW).map((registration) => text({ ...APPLIED, registration })) },
  { weight: 2, arbitrary: spoilt(APPLIED.events).map((events) => text({ ...APPLIED, events })) },
  { weight: 2, arbitrary: fc.constantFrom(APPLIED, SEEN).map(text) },
);
const REFUSALS = [400, 401, 403, 409, 422, 429, 500, 503];
const answer = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(fc.constant(200), body) },
  { weight: 2, arbitrary: fc.tuple(fc.constant(202), nastyBody(WORKING)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...REFUSALS), nastyBody(REFUSED)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...REFUSALS), fc.constant(text(REFUSED))) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 200, max: 599 }), body) },
);

/** A Worker that gives these answers, over and over. */
function workerThat(answers: readonly (readonly [number, string])[], mostCalls = 2_000) {
  let calls = 0;
  const fetch: Fetch = async () => {
    calls += 1;
    if (calls > mostCalls) throw new Error('this never ends');
    const [status, body] = answers[calls % answers.length] as readonly [number, string];
    return new Response([204, 205, 304].includes(status) ? null : body, { status });
  };
  return { fetch, calls: () => calls };
}

test('whatever a Worker answers, the job says it in printable words, masks what is secret, and comes to an end', async () => {
  const masked: string[] = [];
  vi.spyOn(core, 'setSecret').mockImplementation((secret) => void masked.push(secret));
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 5 }), async (answers) => {
      masked.length = 0;
      const { fetch, calls: sent } = workerThat(answers);
      const { now, sleep } = sleepyClock();
      // What is slept with a signal is a time limit, and nothing here takes any time.
      const clock: Clock = { now, sleep: (ms, signal) => (signal === undefined ? sleep(ms) : new Promise(() => {})) };
      const log = collectingLog();
      const http = createHttp({ fetch, clock, random, insecureLoopback: false, log });
      const idToken = async () => 'a.b.c';
      const calls = createWorkerCalls({ worker: WORKER, idToken, http, clock, log, stopping: () => false });
      const work = { inputs: {}, context: {}, network: { clock, fetch, random, log } } as unknown as Work;
      const wanted = desired({ publish: [target(ID, SECRET)] });
      const reports: readonly WorkerReport[] = [
        ...(await forEachClient([wanted], applier(work, calls))),
        ...(await forEachClient([wanted], async (one) => {
          const view = readView(
            await calls({ method: 'POST', environment: 'production', name: 'web', verb: 'rotate' }),
          );
          return reportOf(one, view, clock.now());
        })),
      ];
      expect(sent()).toBeLessThan(2_000);
      const lines = [...log.lines];
      const say = (line: string) => void lines.push(...line.split('\n'));
      const to = { info: say, warning: say, error: say } as unknown as typeof core;
      const problems = reports.flatMap(({ problem }) => problem ?? []);
      for (const problem of problems) {
        expectWellSaid(problem);
        ends.add(problem.code);
      }
      if (problems.length === 0) ends.add('done');
      tellReports(to, reports);
      tellErrors(to, problems);
      const { summary } = workerDone({ work, environment: 'production', sentence: 'web', reports });
      for (const line of [...lines, ...summary.split('\n')]) {
        expectPrintable(line);
        expect(line).not.toContain(CANARY);
        expect(line).not.toMatch(/^::|##\[|<img/u);
      }
      for (const report of reports) {
        const secrets = ['client-secret', 'private-key'];
        for (const [name, value] of [...outputsOf([report]), ...environmentOf([report])]) {
          if (secrets.some((secret) => name.toLowerCase().replaceAll('_', '-').endsWith(secret))) {
            const shown = value.split(/\r?\n/u).map((line) => line.trim());
            expect(masked).toEqual(
              expect.arrayContaining(shown.filter((line) => line.length >= 4 && !line.startsWith('-----'))),
            );
          } else expect(value).not.toContain(CANARY);
        }
      }
      expectUnpolluted();
    }),
    runs(2),
  );
  expect([...ends]).toEqual(expect.arrayContaining(['publish_forbidden', 'quota_reached', 'api_version_unsupported']));
});
