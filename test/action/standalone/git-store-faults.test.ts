import { afterEach, describe, expect, it } from 'vitest';
import type { StandaloneStore } from '../../../action/standalone/git-store.ts';
import { seal } from '../../../shared/record/seal.ts';
import { plainRecord } from '../../record/sample-record.ts';
import { secondaryLimit } from '../../support/github/faults.ts';
import type { GitHubOptions } from '../../support/github/server.ts';
import { type Bench, keysOf, refusalOf, startBench } from './store-bench.ts';

const REF = 'refs/oauth-registrar/pr-1';
const web = plainRecord('pr-1/web');
const job = plainRecord('pr-1/job');
const changed = { ...web, expiresAt: 5 };
const TREES = { method: 'POST', template: '/git/trees' };
const COMMITS = { method: 'POST', template: '/git/commits' };
const CREATE = { method: 'POST', template: '/git/refs' };
const MOVE = { method: 'PATCH', template: '/git/refs/{+ref}' };
const READ = { method: 'GET', template: '/git/ref/{+ref}' };
const CONTENT = { method: 'GET', template: '/contents/{+path}' };

let bench: Bench;
afterEach(() => bench.github.close());

async function start(options: Partial<GitHubOptions> = {}): Promise<void> {
  bench = await startBench(options);
}

/** A store on a state that holds `web`, at the bench that runs already or a new one. */
async function opened(): Promise<StandaloneStore> {
  await start();
  await bench.store().save(web);
  const store = bench.store();
  await store.load();
  return store;
}

const stored = async () => {
  bench.github.clearFaults();
  return (await bench.store().load()).registrations;
};

/** Puts a text where the state is. */
async function plant(text: string | undefined): Promise<void> {
  const files: Record<string, string> = text === undefined ? { other: 'x' } : { state: text };
  const sha = bench.github.commit({ branch: 'planted', files });
  bench.github.setRef(REF, sha);
}

describe('state that cannot be used is never overwritten', () => {
  const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
  const sealed = async (text: string, place = ['state', '4242', 'pr-1']): Promise<string> =>
    await seal({ keys: await keysOf(1), aad: place, random, text });

  it.each([
    ['damaged', 'state_damaged', async () => 'not sealed'],
    ['taken from another environment', 'state_damaged', () => sealed('{}', ['state', '4242', 'pr-2'])],
    ['taken from another repository', 'state_damaged', () => sealed('{}', ['state', '1', 'pr-1'])],
    ['sealed but no state', 'state_damaged', () => sealed('{}')],
    ['without its file', 'state_damaged', async () => undefined],
    ['newer', 'state_newer', () => sealed('{"version":2,"savedWith":"9.0.0"}')],
    ['sealed in a newer form', 'state_newer', async () => 'v2.x'],
    [
      'sealed with another key',
      'state_key_wrong',
      async () => await seal({ keys: await keysOf(7), aad: ['state', '4242', 'pr-1'], random, text: '{}' }),
    ],
  ])('when it is %s', async (_what, code, text) => {
    await start();
    await plant(await text());
    const before = bench.github.refs();
    const error = await refusalOf(bench.store().load());
    expect(error.code).toBe(code);
    expect(error.message).toContain(`${REF} at commit ${before[REF]}`);
    expect((await refusalOf(bench.store().save(web))).code).toBe(code);
    expect(
      (
        await refusalOf(
          bench
            .store()
            .flush()
            .then(() => bench.store().load()),
        )
      ).code,
    ).toBe(code);
    expect(bench.github.refs()).toEqual(before);
  });

  it('when there is no key, which is no error as long as there is nothing to keep', async () => {
    await start();
    const keyless = bench.store({ keys: [] });
    expect((await keyless.load()).registrations).toEqual({});
    const error = await refusalOf(keyless.save(web));
    expect(error).toMatchObject({ code: 'state_key_missing', client: 'pr-1/web' });
    expect(error.hint).toContain('gh secret set OAUTH_REGISTRAR_STATE_KEY');
    expect(bench.github.refs()).not.toHaveProperty(REF);
    await bench.store().save(web);
    expect((await refusalOf(bench.store({ keys: [] }).load())).code).toBe('state_key_missing');
  });

  it('when another run broke it while this one was at work', async () => {
    const store = await opened();
    await plant('broken');
    const before = bench.github.refs();
    expect((await refusalOf(store.save(job))).code).toBe('state_damaged');
    expect(bench.github.refs()).toEqual(before);
  });
});

describe('a token that may not', () => {
  it('write is told which permission it takes', async () => {
    await start();
    const store = bench.store({ token: 'reader' });
    await store.load();
    const error = await refusalOf(store.save(web));
    expect(error).toMatchObject({ code: 'state_unwritable', client: 'pr-1/web' });
    expect(error.message).toContain('contents=write');
    expect(error.hint).toContain('contents: write');
  });

  it('see a private repository cannot save', async () => {
    await start();
    expect((await refusalOf(bench.store({ token: 'stranger' }).save(web))).code).toBe('state_unwritable');
  });

  it('do anything is refused as such', async () => {
    await start();
    const error = await refusalOf(bench.store({ token: 'expired' }).load());
    expect(error).toMatchObject({ code: 'github_failed' });
    expect(error.message).toContain('401');
    expect(error.hint).toContain('github-token');
  });

  it('read contents is told so', async () => {
    await opened();
    bench.github.fault({ ...CONTENT, answer: { kind: 'status', status: 403, message: 'no' } });
    expect((await refusalOf(bench.store().load())).code).toBe('github_failed');
  });
});

describe('an empty repository', () => {
  it('cannot keep state, and what to do is said', async () => {
    await start({ empty: true });
    const store = bench.store();
    bench.github.fault({ ...READ, answer: { kind: 'status', status: 409, message: 'Git Repository is empty.' } });
    expect((await store.load()).registrations).toEqual({});
    const error = await refusalOf(store.save(web));
    expect(error.code).toBe('state_unwritable');
    expect(error.hint).toContain('first commit');
  });
});

describe('a ref that branch rules protect', () => {
  it('is reported with what GitHub says', async () => {
    const store = await opened();
    bench.github.fault({
      ...MOVE,
      answer: { kind: 'status', status: 422, message: 'Repository rule violations found\n\n::error::x' },
    });
    const error = await refusalOf(store.save(changed));
    expect(error.code).toBe('state_unwritable');
    expect(error.message).toContain('Repository rule violations found');
    expect(error.message).not.toContain('::error');
    expect(await stored()).toEqual({ 'pr-1/web': web });
  });
});

describe('when GitHub is unwell', () => {
  it.each([
    ['a tree', TREES],
    ['a commit', COMMITS],
    ['the ref', MOVE],
  ])('%s is written after all, whether the call was cut, lost or failed', async (_what, call) => {
    const store = await opened();
    for (const [index, answer] of (
      [
        { kind: 'cut' },
        { kind: 'lost' },
        { kind: 'half' },
        { kind: 'status', status: 502 },
        { kind: 'done-but', status: 500 },
      ] as const
    ).entries()) {
      bench.github.fault({ ...call, answer });
      await store.save({ ...web, expiresAt: index });
      expect(await stored()).toEqual({ 'pr-1/web': { ...web, expiresAt: index } });
    }
    expect(bench.github.history(REF)).toHaveLength(6);
  });

  it('the first ref is made once, whether the call was cut or lost', async () => {
    for (const kind of ['cut', 'lost'] as const) {
      await start();
      bench.github.fault({ ...CREATE, answer: { kind } });
      await bench.store().save(web);
      expect(bench.github.history(REF)).toHaveLength(1);
      await bench.github.close();
    }
    await start();
  });

  it('reading goes on after cut and failed answers', async () => {
    await opened();
    bench.github.fault({ ...READ, answer: { kind: 'cut' } });
    bench.github.fault({ ...READ, from: 2, answer: { kind: 'status', status: 503 } });
    bench.github.fault({ ...CONTENT, answer: { kind: 'lost' } });
    bench.github.fault({ ...CONTENT, from: 3, answer: { kind: 'status', status: 404, message: 'Not Found' } });
    expect((await bench.store().load()).registrations).toEqual({ 'pr-1/web': web });
  });

  it('an answer that ends in the middle is not taken for state, nor for no state', async () => {
    await opened();
    bench.github.fault({ ...READ, answer: { kind: 'half' } });
    bench.github.fault({ ...CONTENT, answer: { kind: 'half' } });
    expect((await bench.store().load()).registrations).toEqual({ 'pr-1/web': web });
  });

  it('going back to the value before a save whose end is not known is a change', async () => {
    const store = await opened();
    bench.github.fault({ ...MOVE, answer: { kind: 'lost' } });
    bench.github.fault({ ...READ, times: 4, answer: { kind: 'cut' } });
    expect((await refusalOf(store.save(changed))).code).toBe('github_failed');
    await store.save(web);
    expect(await stored()).toEqual({ 'pr-1/web': web });
  });

  it('it gives up in the end, and says so', async () => {
    const store = await opened();
    const down = { times: 99, answer: { kind: 'status', status: 500 } } as const;
    bench.github.fault({ ...TREES, ...down });
    expect((await refusalOf(store.save(changed))).code).toBe('state_unwritable');
    bench.github.clearFaults();
    bench.github.fault({ ...MOVE, ...down });
    expect((await refusalOf(store.save(changed))).code).toBe('state_unwritable');
    expect(bench.clock.slept()).toBeLessThan(120_000);
    bench.github.fault({ ...READ, times: 99, answer: { kind: 'cut' } });
    const error = await refusalOf(bench.store().load());
    expect(error.code).toBe('github_failed');
    expect(error.hint).toContain('githubstatus');
    expect(await stored()).toEqual({ 'pr-1/web': web });
  });

  it('a save whose end is not known is found out about before the next one', async () => {
    const store = await opened();
    bench.github.fault({ ...MOVE, answer: { kind: 'lost' } });
    bench.github.fault({ ...READ, times: 4, answer: { kind: 'cut' } });
    expect((await refusalOf(store.save(changed))).code).toBe('github_failed');
    expect(await stored()).toEqual({ 'pr-1/web': changed });
    await store.save({ ...changed, expiresAt: 6 });
    expect(await stored()).toEqual({ 'pr-1/web': { ...changed, expiresAt: 6 } });
  });

  it('a save whose end is not known is found below what another run saved on it', async () => {
    const store = await opened();
    bench.github.fault({ ...MOVE, answer: { kind: 'lost' } });
    bench.github.fault({ ...READ, times: 4, answer: { kind: 'cut' } });
    expect((await refusalOf(store.save(changed))).code).toBe('github_failed');
    const other = bench.store();
    await other.save(job);
    await other.save({ ...job, expiresAt: 1 });
    await store.save({ ...changed, expiresAt: 6 });
    expect(await stored()).toEqual({
      'pr-1/web': { ...changed, expiresAt: 6 },
      'pr-1/job': { ...job, expiresAt: 1 },
    });
  });

  it('a conflict and an object that is not there yet are tried again', async () => {
    const store = await opened();
    const passing = [
      { ...MOVE, answer: { kind: 'status', status: 409, message: 'Conflict' } },
      { ...MOVE, from: 2, answer: { kind: 'status', status: 422, message: 'Object does not exist' } },
      { ...COMMITS, answer: { kind: 'status', status: 422, message: 'Tree SHA does not exist' } },
      { ...TREES, answer: { kind: 'status', status: 409, message: 'Conflict' } },
    ] as const;
    for (const fault of passing) {
      bench.github.fault(fault);
    }
    await store.save(changed);
    expect(await stored()).toEqual({ 'pr-1/web': changed });
    bench.github.fault({
      ...MOVE,
      times: 99,
      answer: { kind: 'status', status: 422, message: 'Reference update failed' },
    });
    const error = await refusalOf(store.save(web));
    expect(error.code).toBe('state_unwritable');
    expect(error.message).toContain('Reference update failed');
  });

  it('a ref that somebody deleted is not made again by a run that knew it', async () => {
    const store = await opened();
    bench.github.setRef(REF, undefined);
    expect((await refusalOf(store.save(changed))).code).toBe('run_again');
    expect(bench.github.refs()).not.toHaveProperty(REF);
  });
});

describe('when GitHub asks to slow down', () => {
  it.each([403, 429] as const)('a %i is waited for and the call made again', async (status) => {
    const store = await opened();
    bench.github.fault({ ...MOVE, answer: secondaryLimit(status, 20) });
    bench.github.fault({ ...TREES, answer: secondaryLimit(status, 30) });
    await store.save(changed);
    expect(bench.clock.slept()).toBe(50_000);
    expect(bench.lines).toContain('GitHub asks to slow down; waiting 20 s.');
    expect(await stored()).toEqual({ 'pr-1/web': changed });
  });

  it('more than a minute is for a person to decide', async () => {
    const store = await opened();
    bench.github.fault({ ...MOVE, answer: secondaryLimit(403, 600) });
    expect(await refusalOf(store.save(changed))).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 600 });
    bench.github.fault({ ...READ, answer: secondaryLimit(429) });
    expect((await bench.store().load()).registrations).toEqual({ 'pr-1/web': web });
    expect(bench.clock.slept()).toBe(60_000);
  });
});
