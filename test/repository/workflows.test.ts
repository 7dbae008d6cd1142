import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { filesUnder, read } from './files.ts';

type Step = { uses?: string; with?: Record<string, unknown> };
type Job = { permissions?: unknown; 'timeout-minutes'?: number; steps: Step[] };
type Workflow = { permissions?: unknown; concurrency?: unknown; jobs: Record<string, Job> };

const workflows = filesUnder('.github/workflows', '.yml');

test('there are workflows to check', () => {
  expect(workflows).toEqual(['.github/workflows/ci.yml', '.github/workflows/release.yml']);
});

describe.each(workflows)('%s', (file) => {
  const workflow = parse(read(file)) as Workflow;
  const jobs = Object.entries(workflow.jobs);

  test('grants nothing on top, and in each job what it needs', () => {
    expect(workflow.permissions).toEqual({});
    expect(jobs.filter(([, job]) => typeof job.permissions !== 'object')).toEqual([]);
  });

  test('ends: every job has a time-out, and runs of one thing do not overlap', () => {
    expect(jobs.filter(([, job]) => !(Number(job['timeout-minutes']) <= 60))).toEqual([]);
    expect(workflow.concurrency).toBeDefined();
  });

  test('pins every action by its full SHA, with the version in a comment', () => {
    const lines = read(file)
      .split('\n')
      .filter((line) => /\buses:/u.test(line));
    const pinned = /^\s*- uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/u;
    expect(lines.filter((line) => !pinned.test(line))).toEqual([]);
  });

  test('leaves no token behind a checkout', () => {
    const checkouts = jobs.flatMap(([, job]) => job.steps).filter((step) => step.uses?.startsWith('actions/checkout@'));
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });

  test('puts nothing that others write into a script', () => {
    const scripts = jobs.flatMap(([, job]) => job.steps as { run?: string }[]).map((step) => step.run ?? '');
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });
});

test('a release is checked first, and what the runner executes is attested', () => {
  const { jobs } = parse(read('.github/workflows/release.yml')) as {
    jobs: Record<string, { needs?: string; permissions?: Record<string, string>; steps: (Step & { run?: string })[] }>;
  };
  expect(jobs.checks?.steps.map(({ run }) => run)).toContain('.ci/run');
  expect(jobs.draft?.needs).toBe('checks');
  expect(jobs.draft?.permissions).toEqual({ contents: 'write', 'id-token': 'write', attestations: 'write' });
  const attested = jobs.draft?.steps.find(({ uses }) => uses?.startsWith('actions/attest@'));
  expect(attested?.with?.['subject-path']).toContain('action/dist/*');
});
