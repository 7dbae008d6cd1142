import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { authorizationServer } from './support/closing.ts';
import { codesOf, errorsOf, manifest, readable, warningsOf } from './support/manifests.ts';
import { openRepository, PUSH, pullRequest, type Repository, SCHEDULE } from './support/repository.ts';

const SWEEP = { event: SCHEDULE, inputs: { command: 'sweep' } };
const sha = 'a'.repeat(40);

const open = (repository: Repository, number: number, state: 'open' | 'closed' = 'open') =>
  repository.github.pull({ number, state, head: { ref: `feature-${number}`, sha } });

describe.concurrent('what has an owner ends with it', () => {
  it('also beside a production whose state has a key of its own', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const text = manifest(as.fhirBase('r4'));
    const key = randomBytes(32).toString('base64');
    const production = { environment: 'production', 'state-key': key };
    expect((await repository.job({ event: PUSH, manifest: text, inputs: production })).exitCode).toBe(0);
    await repository.job({ event: pullRequest(42), manifest: text });
    open(repository, 42, 'closed');
    const swept = await repository.job(SWEEP);
    expect(swept.exitCode, swept.log).toBe(0);
    expect(warningsOf(swept)).toContain('production was not looked at: its state is sealed with another key');
    expect(as.clients()).toHaveLength(1);
  });

  it('two pull requests without an environment: two clients, two owners, and sweeping one leaves the other', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const text = manifest(as.fhirBase('r4'));
    const runs = await Promise.all(
      [41, 42].map((number) => repository.job({ event: pullRequest(number), manifest: text })),
    );
    for (const [index, run] of runs.entries()) {
      expect(run.exitCode, run.log).toBe(0);
      expect(run.log).toContain(`Environment pr-${41 + index}. web belongs to #${41 + index} and goes when it closes.`);
      open(repository, 41 + index);
    }
    expect(as.clients()).toHaveLength(2);
    expect((await repository.record('pr-41')).owner).toEqual({ kind: 'pull_request', number: 41 });
    expect((await repository.record('pr-42')).owner).toEqual({ kind: 'pull_request', number: 42 });

    const nothing = await repository.job(SWEEP);
    expect(nothing.exitCode, nothing.log).toBe(0);
    expect(nothing.log).toContain('Looked at 2 environments; nothing has ended.');
    expect(nothing.outputs.changed).toBe('false');
    expect(as.clients()).toHaveLength(2);

    open(repository, 42, 'closed');
    for (const status of [500, 404, 403]) {
      repository.github.fault({ template: '/pulls/{pull_number}', times: 99, answer: { kind: 'status', status } });
      const failed = await repository.job(SWEEP);
      repository.github.clearFaults();
      expect(as.clients()).toHaveLength(2);
      expect(warningsOf(failed)).toContain(
        `Whether pull request #42 has ended could not be read: GitHub answered ${status}`,
      );
      expect(warningsOf(failed).includes('`permissions: pull-requests: read`')).toBe(status !== 500);
    }

    const swept = await repository.job(SWEEP);
    expect(swept.exitCode, swept.log).toBe(0);
    expect(as.clients().map(({ clientId }) => clientId)).toEqual([runs[0]?.outputs['client-id']]);
    expect(swept.outputs).toMatchObject({ clients: '{}', changed: 'true' });
    expect(swept.log).toContain('Looked at 2 environments; 1 ended.');
    expect(swept.log).toContain(`pr-42/web: client ${runs[1]?.outputs['client-id']} is gone`);
    expect(swept.log).toContain('pull request #42 is closed');
    expect((await repository.record('pr-42')).ledger).toMatchObject([{ ended: 'deleted' }]);
    expect((await repository.job(SWEEP)).outputs.changed).toBe('false');
  });

  it('a branch that was deleted ends what it owned, one whose name begins alike stays', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const text = manifest(as.fhirBase('r4'));
    for (const branch of ['feature', 'feature-2']) {
      repository.github.commit({ branch, files: { 'a.txt': branch } });
      const run = await repository.job({ event: PUSH, manifest: text, inputs: { branch } });
      expect(run.log).toContain(`web belongs to branch ${branch} and goes when it is deleted`);
    }
    repository.github.setRef('refs/heads/feature', undefined);
    repository.github.fault({
      template: '/git/matching-refs/{+ref}',
      path: 'heads/feature',
      times: 9,
      answer: { kind: 'half' },
    });
    const failed = await repository.job(SWEEP);
    expect(as.clients(), failed.log).toHaveLength(2);
    expect(warningsOf(failed)).toContain('Whether branch feature has ended could not be read');
    repository.github.clearFaults();
    const swept = await repository.job(SWEEP);
    expect(swept.exitCode, swept.log).toBe(0);
    expect(swept.log).toContain('branch feature is gone');
    expect((await repository.record('branch-feature-2')).clients).toHaveLength(1);
    expect(as.clients()).toHaveLength(1);
  });

  it('a closed pull request deletes what it owns and nothing else of the environment, and an older run makes nothing again', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const inputs = { environment: 'preview' };
    const text = manifest(as.fhirBase('r4'));
    const own = await repository.job({ event: pullRequest(7), manifest: text, inputs, runId: 2001 });
    expect(own.exitCode, own.log).toBe(0);
    const other = JSON.stringify({ version: 1, clients: { other: JSON.parse(text).clients.web } });
    await repository.job({ event: pullRequest(8), manifest: other, inputs, runId: 2002 });

    const closed = { event: pullRequest(7, 'closed'), inputs: { ...inputs, command: 'delete' } };
    const deleted = await repository.job({ ...closed, runId: 2005 });
    expect(deleted.exitCode, deleted.log).toBe(0);
    expect(warningsOf(deleted)).toContain('other of preview does not belong to what has ended here, and stays');
    expect(as.client(own.outputs['client-id'] ?? '')).toBeUndefined();
    expect(as.clients()).toHaveLength(1);
    const again = await repository.job({ ...closed, runId: 2006 });
    expect(again.exitCode, again.log).toBe(0);
    expect(again.outputs.changed).toBe('false');
    expect(again.log).toContain('delete in environment preview: there is nothing left');
    expect(readable(again)).toContain('There was nothing to do.');

    const late = { event: pullRequest(7), manifest: text, inputs };
    for (const old of [{ runId: 2003 }, { runId: 2001, attempt: 2 }]) {
      const refused = await repository.job({ ...late, ...old });
      expect(codesOf(refused)).toEqual(['owner_ended']);
      expect(errorsOf(refused)).toContain('what pull request 7 owned was removed after this run had begun');
    }
    const onClosed = await repository.job({ event: pullRequest(7, 'closed'), manifest: text, inputs });
    expect(errorsOf(onClosed)).toContain('Use `command: delete` in this event');
    expect(as.clients()).toHaveLength(1);

    const reopened = await repository.job({ ...late, runId: 2010 });
    expect(reopened.exitCode, reopened.log).toBe(0);
    expect(as.clients()).toHaveLength(2);
    expect((await repository.state('preview')).tombstones ?? {}).not.toHaveProperty(['pull_request:7']);
  });

  it('a pull request that closes before its first deploy has got anywhere gets no client from it', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const closed = { event: pullRequest(9, 'closed'), inputs: { command: 'delete' }, runId: 2002 };
    expect((await repository.job(closed)).exitCode).toBe(0);
    const late = await repository.job({ event: pullRequest(9), manifest: manifest(as.fhirBase('r4')), runId: 2001 });
    expect(codesOf(late)).toEqual(['owner_ended']);
    expect(as.clients()).toEqual([]);
  });

  it('what was deleted by hand is not registered again by an older run that was still waiting', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const deploy = { manifest: manifest(as.fhirBase('r4')), inputs: { environment: 'production' } };
    await repository.job({ ...deploy, runId: 3001 });
    const deleted = await repository.job({
      inputs: { environment: 'production', command: 'delete', clients: 'web' },
      runId: 3003,
    });
    expect(deleted.exitCode, deleted.log).toBe(0);
    const twice = await repository.job({ inputs: { environment: 'production', command: 'delete', clients: 'web' } });
    expect(twice.exitCode, twice.log).toBe(0);
    const unknown = await repository.job({ inputs: { environment: 'production', command: 'delete', clients: 'wbe' } });
    expect(codesOf(unknown)).toEqual(['registration_not_found']);
    expect(errorsOf(unknown)).toContain('has no registration wbe');
    expect(codesOf(await repository.job({ ...deploy, runId: 3002 }))).toEqual(['superseded']);
    expect(as.clients()).toEqual([]);
    expect((await repository.job({ ...deploy, runId: 3010 })).exitCode).toBe(0);
    expect(as.clients()).toHaveLength(1);
  });
});
