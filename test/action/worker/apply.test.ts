import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runPost } from '../../support/run-action.ts';
import { codesOf, shownBy } from '../support/built-action.ts';
import { movedClock } from '../support/moved-clock.ts';
import { type FakeWorker, startFakeWorker } from './support/fake-worker.ts';
import { MANIFEST, mainThrough } from './support/through-worker.ts';

const SECRET = 'canary-secret-0123456789';

let worker: FakeWorker;

beforeEach(async () => {
  worker = await startFakeWorker({ secret: () => SECRET });
});

afterEach(() => worker.close());

const paths = () => worker.asked.map(({ method, path, status }) => `${method} ${path} ${status}`);

describe('a deploy through the Worker', () => {
  it('gets the credentials of its client in one request', async () => {
    const run = await mainThrough(worker);
    expect(run.log).not.toContain('##[error]');
    expect(run.exitCode).toBe(0);
    expect(run.outputs).toEqual({
      'client-id': 'client-1',
      'client-secret': SECRET,
      issuer: 'https://auth.example.org',
      'token-endpoint': 'https://auth.example.org/token',
      'expires-at': '2027-01-01T00:00:00.000Z',
      changed: 'true',
      skipped: 'false',
      clients: expect.stringContaining('"client_id":"client-1"'),
    });
    expect(paths()).toEqual(['PUT /v1/registrations/pr-42/web 200']);
    expect(worker.asked[0]?.body).toMatchObject({
      owner: { kind: 'pull_request', number: 42 },
      desired: {
        server: { address: 'https://fhir.example.org/r4' },
        publish: [],
        metadata: { client_name: 'Growth chart' },
      },
    });
    const [asked] = worker.asked;
    expect(asked?.body).not.toHaveProperty(['desired', 'owner']);
    expect(asked?.body).not.toHaveProperty(['desired', 'key']);
    expect(worker.audiences).toEqual([worker.url]);
    expect(run.summary).toContain('client-1');
    expect(run.summary).toContain('#42 closes');
    expect(run.log).toContain('web belongs to #42 and goes when it closes');
  });

  it('is told that nothing changed the second time', async () => {
    await mainThrough(worker);
    const run = await mainThrough(worker);
    expect(run.outputs).toMatchObject({ changed: 'false', 'client-id': 'client-1' });
    expect(run.log).toContain('web: unchanged');
  });

  it('shares a client where the manifest says so, and says that the secret was withheld', async () => {
    const manifest = `${MANIFEST}environments:\n  pr-*:\n    web: { shared: true }\n`;
    const run = await mainThrough(worker, { manifest });
    expect(run.exitCode, run.log).toBe(0);
    expect(worker.asked[0]?.body).toMatchObject({ desired: { shared: 'pr-*' } });
    expect(run.outputs).toMatchObject({ 'client-id': 'client-1' });
    expect(run.outputs).not.toHaveProperty('client-secret');
    expect(run.log).toContain('##[warning]');
    expect(run.log).toContain('The secret is withheld: ask the operator.');
    expect(run.summary).toContain('The secret is withheld: ask the operator.');
    expect(run.summary).toContain('client shared by');
  });

  it('shows neither the secret nor an id-token anywhere, and masks both before anything else', async () => {
    const run = await mainThrough(worker, { env: { RUNNER_DEBUG: '1' } });
    expect(shownBy(run)).not.toContain(SECRET);
    const tokens = worker.asked.map(({ token }) => token);
    for (const secret of [SECRET, ...tokens]) {
      const first = run.stdout.split('\n').find((line) => line.includes(secret));
      expect(first).toBe(`::add-mask::${secret}`);
    }
    expect(JSON.stringify(run.state)).not.toContain(SECRET);
  });

  it('asks for the audience that is given', async () => {
    await mainThrough(worker, { inputs: { audience: 'https://registrar.example.org' } });
    expect(worker.audiences).toEqual(['https://registrar.example.org']);
  });

  it('takes an address with a slash at its end, and any name of an environment', async () => {
    await mainThrough(worker, { inputs: { 'worker-url': `${worker.url}/`, environment: 'eu west/1' } });
    expect(paths()).toEqual(['PUT /v1/registrations/eu%20west%2F1/web 200']);
    expect([...worker.registrations.keys()]).toEqual(['eu west/1/web']);
  });

  it('has several clients, of which one may fail', async () => {
    const two = `${MANIFEST}  api:\n    server: https://fhir.example.org/r4\n    type: public\n    metadata:\n      client_name: Api\n      redirect_uris: [https://app.example.org/api]\n`;
    worker.next.push(({ path }) =>
      path.endsWith('/web')
        ? {
            status: 403,
            body: { api: 1, error: 'policy_refused', message: 'web asks for a foreign host.', hint: 'Change it.' },
          }
        : undefined,
    );
    const run = await mainThrough(worker, { manifest: two });
    expect(codesOf(run)).toEqual(['policy_refused']);
    expect(JSON.parse(run.outputs.clients ?? '')).toEqual({
      web: { error: 'policy_refused' },
      api: expect.objectContaining({ client_id: 'client-1' }),
    });
    expect(new Set(worker.asked.map(({ token }) => token)).size).toBe(2);
  });

  it('makes nothing for a pull request that is closed', async () => {
    const payload = {
      pull_request: { number: 42, state: 'closed', head: { ref: 'x', repo: { id: 1 } }, base: { repo: { id: 1 } } },
    };
    const run = await mainThrough(worker, {
      inputs: { 'pull-request': '' },
      event: { name: 'pull_request', payload },
    });
    expect(codesOf(run)).toEqual(['owner_ended']);
    expect(worker.asked).toEqual([]);
  });
});

describe('work that takes its time', () => {
  const working = { status: 202, body: { api: 1, status: 'working', retry_after_seconds: 2 } };

  it('is joined by the same request with a fresh id-token', async () => {
    worker.next.push(
      () => working,
      () => working,
    );
    const run = await mainThrough(worker, { env: movedClock() });
    expect(run.exitCode).toBe(0);
    expect(paths()).toEqual([202, 202, 200].map((status) => `PUT /v1/registrations/pr-42/web ${status}`));
    expect(new Set(worker.asked.map(({ token }) => token)).size).toBe(3);
    expect(new Set(worker.asked.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  it('is not waited for without end, and goes on without the job', async () => {
    worker.next.push(
      ...Array.from({ length: 40 }, () => () => ({ ...working, body: { ...working.body, retry_after_seconds: 30 } })),
    );
    const run = await mainThrough(worker, { env: movedClock() });
    expect(codesOf(run)).toEqual(['server_no_answer']);
    expect(run.log).toContain('it goes on');
    expect(worker.asked.length).toBeLessThan(25);
  });

  it.each([
    ['cut off', () => 'cut' as const],
    ['an error of the platform', () => ({ status: 502, body: '<html>bad gateway</html>' })],
    [
      'a restart',
      () => ({ status: 503, body: { api: 1, error: 'worker_restarted', message: 'Restarted.', hint: 'Again.' } }),
    ],
    [
      'a short wait',
      () => ({
        status: 429,
        body: { api: 1, error: 'rate_limited', message: 'Slow down.', hint: 'Wait.', retry_after_seconds: 20 },
      }),
    ],
  ])('is asked for again after %s', async (_what, answer) => {
    worker.next.push(answer);
    const run = await mainThrough(worker, { env: movedClock() });
    expect(run.exitCode).toBe(0);
    expect(worker.asked).toHaveLength(2);
    expect(worker.asked[0]?.token).not.toBe(worker.asked[1]?.token);
  });

  it.each([
    ['always cut off', 'server_no_answer', 4, () => 'cut' as const],
    ['always an error', 'server_error', 4, () => ({ status: 500, body: '' })],
    [
      'a long wait',
      'server_no_answer',
      1,
      () => ({
        status: 503,
        body: {
          api: 1,
          error: 'server_no_answer',
          message: 'The server is down.',
          hint: 'Later.',
          retry_after_seconds: 900,
        },
      }),
    ],
  ])('fails after %s', async (_what, code, times, answer) => {
    worker.next.push(...Array.from({ length: 9 }, () => answer));
    const run = await mainThrough(worker, { env: movedClock() });
    expect(codesOf(run)).toEqual([code]);
    expect(worker.asked).toHaveLength(times);
  });
});

describe('a client of the job alone', () => {
  it('is deleted by the post step', async () => {
    const run = await mainThrough(worker, { inputs: { ttl: 'job' } });
    expect(run.outputs['client-secret']).toBe(SECRET);
    const post = await runPost(run);
    expect(post.log).toContain('web: gone');
    expect(paths()).toEqual(['PUT /v1/registrations/pr-42/web 200', 'DELETE /v1/registrations/pr-42/web 200']);
    expect(worker.audiences).toEqual([worker.url, worker.url]);
  });

  it('is left to the Worker when it cannot be reached any more, and the job does not fail', async () => {
    const run = await mainThrough(worker, { inputs: { ttl: 'job' } });
    worker.next.push(() => ({ status: 403, body: { api: 1, error: 'not_allowed', message: 'No.', hint: 'No.' } }));
    const post = await runPost(run);
    expect(post.exitCode).toBe(0);
    expect(post.log).toContain('does so by itself within a day');
  });

  it('of others there is nothing to do afterwards', async () => {
    const post = await runPost(await mainThrough(worker));
    expect(post.log.trim()).toBe('');
    expect(worker.asked).toHaveLength(1);
  });
});
