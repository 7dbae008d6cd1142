import { describe, expect, it } from 'vitest';
import { movedClock as movedProcessClock } from '../action/support/moved-clock.ts';
import { type Fault, secondaryLimit } from '../support/github/faults.ts';
import { authorizationServer } from './support/closing.ts';
import { gitHubFor, inProcessRun, movedClock } from './support/in-process.ts';
import { codesOf, errorsOf, manifest, PUBLISH } from './support/manifests.ts';
import { APP_TOKEN, JOB_TOKEN, NARROW_TOKEN, openRepository } from './support/repository.ts';

const ENVIRONMENT = 'production';

const status = (code: number, message?: string): Fault['answer'] => ({
  kind: 'status',
  status: code,
  ...(message !== undefined && { message }),
});

const ANSWERS: Readonly<Record<string, Fault['answer']>> = {
  '403': status(403, 'Resource not accessible by integration'),
  '404': status(404, 'Not Found'),
  '409': status(409, 'Conflict'),
  '422 for no fast-forward': status(422, 'Update is not a fast forward'),
  '422 for something else': status(422, 'Validation Failed'),
  '429 with a time': secondaryLimit(429, 3),
  '502 that did its work': { kind: 'done-but', status: 502 },
  'half an answer': { kind: 'half' },
  'no answer to what was done': { kind: 'lost' },
  'no connection': { kind: 'cut' },
};

const EXPECTED = new Set([
  undefined,
  'run_again',
  'state_unwritable',
  'github_failed',
  'publish_forbidden',
  'publish_failed',
  'environment_missing',
  'secret_exists',
]);

describe('whatever GitHub answers to any one call of a first deploy', { timeout: 90_000 }, () => {
  it.each(Object.entries(ANSWERS))('%s: the next run ends well, or says what may be left', async (_, answer) => {
    const as = await authorizationServer();
    const wish = { manifest: manifest(as.fhirBase('r4'), PUBLISH), environment: ENVIRONMENT };
    for (let from = 1; ; from += 1) {
      as.reset();
      const clock = movedClock();
      const github = await gitHubFor(clock);
      try {
        github.fault({ from, answer });
        const outcome = await inProcessRun({ github, clock })
          .apply(wish)
          .then(
            ([report]) => report?.problem,
            (error: { readonly code: string; readonly message: string; readonly hint: string }) => error,
          );
        const calls = github.calls.length;
        const where = `call ${from} of ${calls}, ${github.calls[from - 1]?.method} ${github.calls[from - 1]?.path}: ${outcome?.message}`;
        expect(EXPECTED, where).toContain(outcome?.code);
        github.clearFaults();
        const next = inProcessRun({ github, clock, runId: 2 });
        const [report] = await next.apply(wish);
        const { registrations } = (await next.session.open(ENVIRONMENT)).state;
        const record = registrations[`${ENVIRONMENT}/web`];
        const stopped = report?.problem?.code;
        if (stopped !== undefined) {
          // The registration was answered, and what came could not be saved.
          expect([stopped, record?.suspects.length], where).toEqual(['suspect_found', 1]);
          expect(['state_unwritable', 'run_again'], where).toContain(outcome?.code);
        } else {
          const [client, ...others] = as.clients();
          expect(others, where).toEqual([]);
          const { OAUTH_REGISTRAR_PROBE: _, ...variables } = github.variables();
          expect(variables, where).toEqual({ FHIR_CLIENT_ID: client?.clientId });
          const { OAUTH_REGISTRAR_PROBE: __, ...secrets } = github.secrets();
          expect(secrets, where).toEqual({ FHIR_CLIENT_SECRET: client?.metadata.client_secret });
        }
        if (from > calls) break;
      } finally {
        await github.close();
      }
    }
  });
});

describe.concurrent('a GitHub that goes on like that', () => {
  it.each([
    ['/git/ref/{+ref}', 500, 'github_failed', 'out of reach: GitHub answered 500, several times'],
    ['/git/refs', 403, 'state_unwritable', '`permissions: contents: write`'],
    ['/git/refs', 422, 'state_unwritable', 'GitHub answered 422'],
    ['/actions/secrets', 404, 'publish_forbidden', '“Secrets: Read and write”'],
    ['/actions/secrets/{secret_name}', 500, 'publish_failed', 'githubstatus.com'],
    ['/actions/variables', 403, 'publish_forbidden', '“Variables: Read and write”'],
  ] as const)(
    '%s answers %i: no client is made, and a person is told what to do',
    async (template, code, error, said) => {
      const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
      const answer = status(code);
      repository.github.fault({ template, times: 999, answer });
      const deploy = {
        manifest: manifest(as.fhirBase('r4'), PUBLISH),
        inputs: { environment: ENVIRONMENT },
        env: movedProcessClock(),
      };
      const run = await repository.job(deploy);
      expect(run.exitCode).toBe(1);
      expect(codesOf(run)).toEqual([error]);
      expect(errorsOf(run)).toContain(said);
      expect(as.clients()).toEqual([]);
      repository.github.clearFaults();
      expect((await repository.job(deploy)).exitCode).toBe(0);
      expect(as.clients()).toHaveLength(1);
    },
  );

  it('asks to wait for an hour: the run ends and says for how long', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    repository.github.fault({ template: '/git/trees', times: 999, answer: secondaryLimit(429, 3600) });
    const run = await repository.job({
      manifest: manifest(as.fhirBase('r4'), PUBLISH),
      inputs: { environment: ENVIRONMENT },
    });
    expect(codesOf(run)).toEqual(['rate_limited']);
    expect(errorsOf(run)).toContain('try again in 3600 s');
    expect(as.clients()).toEqual([]);
  });
});

describe.concurrent('a token without the right to publish', () => {
  it.each([
    ['of the job', { 'secrets-token': '' }, 'The job’s own token cannot write', '`secrets-token`'],
    ['of the job, given by hand', { 'secrets-token': JOB_TOKEN }, 'The job’s own token cannot write', 'GitHub App'],
    ['for secrets only', { 'secrets-token': NARROW_TOKEN }, 'may not write variables', '“Variables: Read and write”'],
    ['that is no token', { 'secrets-token': 'nonsense' }, 'does not accept the token', 'Give a valid token'],
  ] as const)('%s: no client is made', async (_, inputs, said, todo) => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const text = manifest(as.fhirBase('r4'), PUBLISH);
    const run = await repository.job({ manifest: text, inputs: { environment: ENVIRONMENT, ...inputs } });
    expect(codesOf(run)).toEqual(['publish_forbidden']);
    expect(errorsOf(run)).toContain(said);
    expect(errorsOf(run)).toContain(todo);
    expect(as.clients()).toEqual([]);
    expect([repository.github.secrets(), repository.github.variables()]).toEqual([{}, {}]);
    const right = { environment: ENVIRONMENT, 'secrets-token': APP_TOKEN };
    expect((await repository.job({ manifest: text, inputs: right })).exitCode).toBe(0);
  });

  it('that lost its right after the client was made: the credentials are kept, and published by the next run', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const deploy = { manifest: manifest(as.fhirBase('r4'), PUBLISH), inputs: { environment: ENVIRONMENT } };
    const answer = status(403, 'Resource not accessible by personal access token');
    repository.github.fault({ path: 'FHIR_CLIENT_SECRET', method: 'PUT', answer });
    const run = await repository.job(deploy);
    expect(codesOf(run)).toEqual(['publish_forbidden']);
    expect(run.outputs['client-id']).toBe(as.clients()[0]?.clientId);
    const next = await repository.job(deploy);
    expect(next.exitCode, next.log).toBe(0);
    expect(as.clients()).toHaveLength(1);
    expect(repository.github.secrets().FHIR_CLIENT_SECRET).toBe(as.clients()[0]?.metadata.client_secret);
  });
});
