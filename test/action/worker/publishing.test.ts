import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitHub, startGitHub } from '../../support/github/server.ts';
import { codesOf, type Step } from '../support/built-action.ts';
import { type FakeWorker, startFakeWorker } from './support/fake-worker.ts';
import { MANIFEST, mainThrough } from './support/through-worker.ts';

const PAT = 'github_pat_0123456789abcdef';
const JOB = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';
const PUBLISHED = `${MANIFEST}    publish:
      github: { variables: { client_id: WEB_ID }, secrets: { client_secret: WEB_SECRET } }
`;

let worker: FakeWorker;
let github: GitHub;

beforeEach(async () => {
  worker = await startFakeWorker();
  github = await startGitHub({
    repository: { owner: 'octo-org', name: 'growth-chart' },
    tokens: {
      [PAT]: { kind: 'fine-grained', permissions: { secrets: 'write', variables: 'write', environments: 'write' } },
      [JOB]: { kind: 'job', permissions: { contents: 'read' } },
    },
  });
});

afterEach(() => Promise.all([worker.close(), github.close()]));

const deploy = (step: Step = {}) =>
  mainThrough(worker, {
    manifest: PUBLISHED,
    github: { apiUrl: github.url },
    ...step,
    inputs: { 'secrets-token': PAT, ...step.inputs },
  });
const requests = () =>
  worker.asked.map(({ method, path, body }) => [method, path.split('/').at(-1), (body as { stage?: string })?.stage]);

describe('credentials that the Worker cannot publish', () => {
  it('are published by the job: claimed, written, confirmed', async () => {
    const run = await deploy();
    expect(codesOf(run)).toEqual([]);
    const secret = run.outputs['client-secret'];
    expect(github.secrets()).toEqual({ WEB_SECRET: secret });
    expect(github.variables()).toEqual({ WEB_ID: 'client-1' });
    expect(requests()).toEqual([
      ['PUT', 'web', undefined],
      ['POST', 'published', 'claimed'],
      ['POST', 'published', undefined],
    ]);
    expect(worker.registrations.get('pr-42/web')?.published).toBe('client-1#1');
    expect(run.log).toContain('published variable WEB_ID, secret WEB_SECRET');
  });

  it('are not published again', async () => {
    await deploy();
    worker.asked.splice(0);
    const calls = github.calls.length;
    const run = await deploy();
    expect(run.outputs.changed).toBe('false');
    expect(requests()).toEqual([['PUT', 'web', undefined]]);
    expect(github.calls.length).toBe(calls);
  });

  it('are published over the old ones after a rotation, without claiming anew', async () => {
    await deploy();
    worker.asked.splice(0);
    const run = await deploy({ inputs: { command: 'rotate' } });
    expect(codesOf(run)).toEqual([]);
    expect(github.variables()).toEqual({ WEB_ID: 'client-2' });
    expect(github.secrets()).toEqual({ WEB_SECRET: run.outputs['client-secret'] });
    expect(run.outputs['client-id']).toBe('client-2');
    expect(requests()).toEqual([
      ['POST', 'rotate', undefined],
      ['PUT', 'web', undefined],
      ['POST', 'published', undefined],
    ]);
    expect(run.summary).toContain('client-1');
  });

  it('do not replace what somebody else has there', async () => {
    github.seedSecret('WEB_SECRET', 'theirs');
    const run = await deploy();
    expect(codesOf(run)).toEqual(['secret_exists']);
    expect(github.secrets()).toEqual({ WEB_SECRET: 'theirs' });
    expect(requests()).toEqual([['PUT', 'web', undefined]]);
    expect(codesOf(await deploy())).toEqual(['secret_exists']);
    expect(github.secrets()).toEqual({ WEB_SECRET: 'theirs' });
  });

  it.each([
    [
      'the Worker was told nothing',
      [undefined, () => 'cut' as const, () => 'cut' as const, () => 'cut' as const, () => 'cut' as const],
    ],
    [
      'the names were claimed',
      [undefined, undefined, () => 'cut' as const, () => 'cut' as const, () => 'cut' as const, () => 'cut' as const],
    ],
  ])('are put right by the next deploy of a job that died when %s', async (_what, faults) => {
    worker.next.push(...faults.map((fault) => fault ?? (() => undefined)));
    expect((await deploy()).exitCode).toBe(1);
    expect(worker.registrations.get('pr-42/web')?.published).toBeUndefined();
    worker.next.splice(0);
    const run = await deploy();
    expect(codesOf(run)).toEqual([]);
    expect(github.secrets()).toEqual({ WEB_SECRET: run.outputs['client-secret'] });
    expect(worker.registrations.get('pr-42/web')?.published).toBe('client-1#1');
  });

  it('are published when GitHub had failed in the middle', async () => {
    github.fault({
      method: 'PUT',
      template: '/actions/secrets/{secret_name}',
      from: 2,
      answer: { kind: 'status', status: 403 },
    });
    const run = await deploy();
    expect(codesOf(run)).toEqual(['publish_forbidden']);
    expect(run.outputs['client-id']).toBe('client-1');
    expect(worker.registrations.get('pr-42/web')?.published).toBeUndefined();
    expect(codesOf(await deploy())).toEqual([]);
    expect(Object.keys(github.secrets())).toEqual(['WEB_SECRET']);
  });

  it('need a token, or the App, and both are named', async () => {
    const run = await deploy({ inputs: { 'secrets-token': '' } });
    expect(codesOf(run)).toEqual(['publish_forbidden']);
    expect(run.log).toMatch(/GitHub App of the Worker.*secrets-token/u);
    expect(run.outputs['client-id']).toBe('client-1');
  });
});
