import { afterEach, describe, expect, it } from 'vitest';
import { listEnvironments } from '../../../action/standalone/list-environments.ts';
import { createStateCalls } from '../../../action/standalone/state-calls.ts';
import { fullRecord, plainRecord } from '../../record/sample-record.ts';
import type { GitHubOptions } from '../../support/github/server.ts';
import { type Bench, keysOf, refusalOf, startBench } from './store-bench.ts';

const REF = 'refs/oauth-registrar/pr-1';
const BRANCH = 'refs/heads/oauth-registrar/pr-1';
const web = plainRecord('pr-1/web');
const job = plainRecord('pr-1/job');
const changed = { ...web, expiresAt: 5 };

let bench: Bench;
afterEach(() => bench.github.close());

async function start(options: Partial<GitHubOptions> = {}): Promise<Bench> {
  bench = await startBench(options);
  return bench;
}

const callsMade = (): readonly string[] => bench.github.calls.map((call) => `${call.method} ${call.template}`);
const newStore = async () => {
  const store = bench.store();
  await store.load();
  return store;
};
const stored = async () => (await bench.store().load()).registrations;

describe('the store', () => {
  it('begins with nothing and gives back what was saved', async () => {
    await start();
    const store = bench.store();
    expect(await store.load()).toEqual({ version: 1, registrations: {} });
    const full = fullRecord('pr-1/web');
    await store.save(full);
    await store.save(job);
    expect(await bench.store().load()).toEqual({
      version: 1,
      registrations: { 'pr-1/web': full, 'pr-1/job': job },
      savedBy: 'job/1',
      savedWith: '1.2.3',
    });
  });

  it('reads with two calls and saves with three', async () => {
    await start();
    const store = await newStore();
    await store.save(web);
    bench.github.calls.length = 0;
    const again = await newStore();
    expect(callsMade()).toEqual([
      'GET /repos/{owner}/{repo}/git/ref/{+ref}',
      'GET /repos/{owner}/{repo}/contents/{+path}',
    ]);
    bench.github.calls.length = 0;
    await again.save(changed);
    expect(callsMade()).toEqual([
      'POST /repos/{owner}/{repo}/git/trees',
      'POST /repos/{owner}/{repo}/git/commits',
      'PATCH /repos/{owner}/{repo}/git/refs/{+ref}',
    ]);
  });

  it('makes no call to save what is saved already', async () => {
    await start();
    await (await newStore()).save(web);
    const again = await newStore();
    bench.github.calls.length = 0;
    await again.save(structuredClone(web));
    await again.flush();
    expect(callsMade()).toEqual([]);
  });

  it('saves several registrations that are saved in one turn in one commit', async () => {
    await start();
    const store = await newStore();
    await Promise.all([store.save(web), store.save(job)]);
    expect(bench.github.history(REF)).toHaveLength(1);
    expect(Object.keys(await stored())).toEqual(['pr-1/web', 'pr-1/job']);
  });

  it('saves what comes while a save is under way in one commit together', async () => {
    let more: Promise<unknown> = Promise.resolve();
    const names = ['a', 'b', 'c', 'd'].map((name) => `pr-1/${name}`);
    await start({
      before: ({ template, method }) => {
        if (method === 'POST' && template.endsWith('/git/refs')) {
          more = Promise.all(names.map((name) => store.save(plainRecord(name))));
        }
      },
    });
    const store = await newStore();
    await store.save(web);
    await more;
    expect(bench.github.history(REF)).toHaveLength(2);
    expect(Object.keys(await stored())).toEqual(['pr-1/web', ...names]);
  });

  it('has saved what it says is saved, and waits for all of it when flushed', async () => {
    await start();
    const store = await newStore();
    const order: string[] = [];
    const saves = [store.save(web).then(() => order.push('web')), store.save(job).then(() => order.push('job'))];
    await store.flush();
    order.push('flushed');
    await Promise.all(saves);
    expect(order).toEqual(['web', 'job', 'flushed']);
    expect(bench.github.history(REF)).toHaveLength(1);
  });

  it('keeps the last of several values of one registration', async () => {
    await start();
    const store = await newStore();
    await Promise.all([store.save(web), store.save(changed)]);
    expect(await stored()).toEqual({ 'pr-1/web': changed });
  });

  it('takes out what is removed, and keeps and takes away tombstones', async () => {
    await start();
    const store = await newStore();
    const tombstone = { owner: { kind: 'pull_request', number: 1 }, since: 3 } as const;
    await Promise.all([store.save(web), store.save(job), store.bury('pull_request:1', tombstone)]);
    await store.remove('pr-1/web');
    expect(await bench.store().load()).toMatchObject({
      registrations: { 'pr-1/job': job },
      tombstones: { 'pull_request:1': tombstone },
    });
    const other = await newStore();
    await other.bury('pull_request:1', undefined);
    expect(await bench.store().load()).not.toHaveProperty('tombstones');
  });

  it('loads by itself when something is saved first, and refuses what it did not know', async () => {
    await start();
    await bench.store().save(web);
    expect(await stored()).toEqual({ 'pr-1/web': web });
    const store = bench.store();
    await store.save(job);
    expect(Object.keys(await stored())).toEqual(['pr-1/web', 'pr-1/job']);
  });

  it('keeps environments apart and lists them', async () => {
    await start();
    const two = bench.store({ environment: 'branch-a/b.c' });
    await Promise.all([bench.store().save(web), two.save(plainRecord('branch-a/b.c/web'))]);
    bench.github.setRef('refs/oauth-registrar/not/ours', bench.github.refs()[REF]);
    const { owner, name: repo } = bench.github.repository;
    const log = { info: () => undefined, warning: () => undefined, debug: () => undefined };
    const calls = createStateCalls({ request: bench.requestAs('job'), owner, repo, clock: bench.clock, log });
    expect(await listEnvironments(calls)).toEqual(['branch-a/b.c', 'pr-1']);
    expect(Object.keys(await stored())).toEqual(['pr-1/web']);
  });

  it('shows a reader of the repository nothing of what it keeps', async () => {
    await start({ repository: { private: false } });
    const store = await newStore();
    await store.save(fullRecord('pr-1/web'));
    await store.save({ ...fullRecord('pr-1/web'), expiresAt: 9 });
    const text = bench.github.publicText();
    expect(text).toContain('oauth-registrar state');
    for (const hidden of ['canary', 'pr-1/web', 'fhir.example.org', 'job/1', '1.2.3', 'client']) {
      expect(text.includes(hidden), hidden).toBe(false);
    }
    const commits = bench.github.history(REF);
    expect(new Set(commits.map(({ message, author }) => `${message} ${author.name} ${author.email}`)).size).toBe(1);
    expect(commits.map(({ files }) => Object.keys(files))).toEqual([['state'], ['state']]);
  });
});

describe('where GitHub takes no refs but branches and tags', () => {
  it('the state is in a branch of the same name, and found there', async () => {
    await start({ refPolicy: 'branches-and-tags' });
    const store = await newStore();
    await store.save(web);
    await store.save(changed);
    expect(bench.github.refs()).not.toHaveProperty(REF);
    expect(bench.github.history(BRANCH)).toHaveLength(2);
    expect(bench.lines.join()).toContain(BRANCH);
    const again = await newStore();
    await again.save(job);
    expect(bench.github.history(BRANCH)).toHaveLength(3);
    expect(await stored()).toEqual({ 'pr-1/web': changed, 'pr-1/job': job });
  });

  it('a second run that finds out at the same time goes on from the first', async () => {
    await start({ refPolicy: 'branches-and-tags' });
    const [one, two, three] = [await newStore(), await newStore(), await newStore()];
    await one.save(web);
    await two.save(job);
    expect((await refusalOf(three.save(changed))).code).toBe('run_again');
    expect(await stored()).toEqual({ 'pr-1/web': web, 'pr-1/job': job });
  });
});

describe('a second key', () => {
  it('seals the state anew with the first and begins the ref again with one commit', async () => {
    await start();
    const old = bench.store({ keys: await keysOf(2) });
    await old.save(web);
    await old.save(changed);
    const store = bench.store({ keys: await keysOf(1, 2) });
    await store.load();
    await store.save(job);
    expect(bench.github.history(REF)).toHaveLength(1);
    expect(await stored()).toEqual({ 'pr-1/web': changed, 'pr-1/job': job });
    expect(bench.lines.join()).toContain('sealed with the newer key');
    await store.save({ ...job, expiresAt: 3 });
    expect(bench.github.history(REF)).toHaveLength(2);
  });

  it('is enough reason to save when nothing else changed, but not for a run that only reads', async () => {
    await start();
    await bench.store({ keys: await keysOf(2) }).save(web);
    const store = bench.store({ keys: await keysOf(1, 2) });
    await store.load();
    await store.save(web);
    expect((await refusalOf(bench.store().load())).code).toBe('state_key_wrong');
    await store.flush();
    expect(await stored()).toEqual({ 'pr-1/web': web });
    bench.github.calls.length = 0;
    await store.flush();
    expect(callsMade()).toEqual([]);
  });

  it('never loses what another run saved before the restart', async () => {
    await start();
    const old = bench.store({ keys: await keysOf(2) });
    await old.save(web);
    const store = bench.store({ keys: await keysOf(1, 2) });
    await store.load();
    await old.save(job);
    await store.save(changed);
    expect(bench.github.history(REF)).toHaveLength(1);
    expect(await stored()).toEqual({ 'pr-1/web': changed, 'pr-1/job': job });
    expect((await refusalOf(old.save({ ...job, expiresAt: 1 }))).code).toBe('state_key_wrong');
  });

  it('seals anew without a restart where GitHub does not do that', async () => {
    await start();
    await bench.store({ keys: await keysOf(2) }).save(web);
    bench.github.fault({ template: '/graphql', times: 9, answer: { kind: 'status', status: 404 } });
    const store = bench.store({ keys: await keysOf(1, 2) });
    await store.load();
    await store.flush();
    expect(bench.github.history(REF)).toHaveLength(2);
    expect(await stored()).toEqual({ 'pr-1/web': web });
    expect(bench.lines.join()).toContain('earlier commits stay readable');
  });

  it('restarts once when the answer to the restart is lost', async () => {
    await start();
    await bench.store({ keys: await keysOf(2) }).save(web);
    bench.github.fault({ template: '/graphql', answer: { kind: 'lost' } });
    const store = bench.store({ keys: await keysOf(1, 2) });
    await store.load();
    await store.save(job);
    expect(bench.github.history(REF)).toHaveLength(1);
    expect(bench.github.count({ template: '/graphql' })).toBe(1);
    expect(await stored()).toEqual({ 'pr-1/web': web, 'pr-1/job': job });
  });

  it('restarts at the second try when the first never arrived', async () => {
    await start();
    await bench.store({ keys: await keysOf(2) }).save(web);
    bench.github.fault({ template: '/graphql', answer: { kind: 'cut' } });
    const store = bench.store({ keys: await keysOf(1, 2) });
    await store.load();
    await store.flush();
    expect(bench.github.history(REF)).toHaveLength(1);
    expect(await stored()).toEqual({ 'pr-1/web': web });
  });
});
