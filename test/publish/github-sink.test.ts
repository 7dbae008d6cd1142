import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint } from '../../shared/publish/fingerprint.ts';
import type { GitHubRequest } from '../../shared/publish/github-request.ts';
import { secondaryLimit } from '../support/github/faults.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { NOW, publication, secret, sinkAt, sinkOver, TOKENS, target, variable, written } from './setup.ts';

let github: GitHub;
beforeEach(async () => {
  github = await startGitHub({ tokens: TOKENS });
});
afterEach(() => github.close());

const sent = () => github.calls.map(({ method, path, status }) => `${method} ${path.split('/').at(-1)} ${status}`);

describe('writing', () => {
  it('makes and replaces secrets, sealed to the key of their place, which is asked for once', async () => {
    github.seedEnvironment('production');
    const { sink } = sinkAt(github);
    await Promise.all([
      sink.write(publication(secret('fhir_secret')), 'one'),
      sink.write(publication(secret('OTHER')), 'two'),
      sink.write(publication(secret('FHIR_SECRET'), {}, 'production'), 'three'),
      sink.write(publication(secret('OTHER'), {}, 'Production'), 'four'),
    ]);
    await sink.write(written(secret('OTHER')), 'five');
    expect(github.secrets()).toEqual({ FHIR_SECRET: 'one', OTHER: 'five' });
    expect(github.secrets('production')).toEqual({ FHIR_SECRET: 'three', OTHER: 'four' });
    expect(github.count({ template: 'public-key' })).toBe(2);
  });

  it('makes variables that were only claimed and changes those that were written', async () => {
    github.seedVariable('B', 'old');
    const { sink } = sinkAt(github);
    await sink.write(publication(variable('a')), 'one');
    await sink.write(written(variable('b')), 'two');
    expect(github.variables()).toEqual({ A: 'one', B: 'two' });
    expect(sent()).toEqual(['POST variables 201', 'PATCH B 204']);
  });

  it('makes a variable anew that somebody deleted', async () => {
    await sinkAt(github).sink.write(written(variable('B')), 'two');
    expect(github.variables()).toEqual({ B: 'two' });
  });

  it('says what was written, when, and by which kind of token', async () => {
    const { sink } = sinkAt(github, 'app');
    const entry = publication(secret('A'), { of: 'client-1', at: 1 });
    expect(await sink.write(entry, 'value')).toEqual({
      ...entry,
      state: 'written',
      fingerprint: await fingerprint('value'),
      at: NOW,
      tokenKind: 'app',
    });
  });

  it('says nothing any more of when the name was left: it was taken back', async () => {
    const entry = publication(secret('A'), { leftAt: NOW - 1 });
    expect(await sinkAt(github).sink.write(entry, 'value')).not.toHaveProperty('leftAt');
  });

  it('keeps a line break, a quote and an emoji', async () => {
    const { sink } = sinkAt(github);
    const value = '{"a":"b\\n"}\n🔑 ü';
    await sink.write(publication(secret('A')), value);
    await sink.write(publication(variable('A')), value);
    expect([github.secrets().A, github.variables().A]).toEqual([value, value]);
  });

  it('sends no value of more than 48 KB', async () => {
    const { sink } = sinkAt(github);
    await sink.write(publication(secret('A')), 'x'.repeat(48 * 1024));
    const before = github.calls.length;
    await expect(sink.write(publication(secret('B')), 'ü'.repeat(24 * 1024 + 1))).rejects.toMatchObject({
      code: 'publish_limit',
      message: expect.stringContaining('49154 bytes'),
    });
    expect(github.calls.length).toBe(before);
  });

  it('takes the new key when GitHub has changed it', async () => {
    const { sink } = sinkAt(github);
    await sink.write(publication(secret('A')), 'one');
    github.rotateKey();
    await Promise.all(['A', 'B', 'C'].map((name) => sink.write(publication(secret(name)), name)));
    expect(github.secrets()).toEqual({ A: 'A', B: 'B', C: 'C' });
    expect(github.count({ template: 'public-key' })).toBe(2);
  });

  it('asks for the key once more only, and not again for a 422 that has another reason', async () => {
    const { sink } = sinkAt(github);
    github.fault({ method: 'PUT', times: 9, answer: { kind: 'status', status: 422 } });
    await expect(sink.write(publication(secret('A')), 'one')).rejects.toMatchObject({ code: 'publish_failed' });
    await expect(sink.write(publication(secret('A')), 'one')).rejects.toMatchObject({ code: 'publish_failed' });
    expect(github.count({ template: 'public-key' })).toBe(2);
    expect(github.count({ method: 'PUT' })).toBe(2);
  });

  it('fails with the first answer when the new key cannot be had', async () => {
    const { sink } = sinkAt(github);
    await sink.write(publication(secret('A')), 'one');
    github.rotateKey();
    github.fault({ template: 'public-key', answer: { kind: 'status', status: 404 } });
    await expect(sink.write(publication(secret('A')), 'two')).rejects.toMatchObject({ code: 'publish_failed' });
    await expect(sink.write(publication(secret('A')), 'two')).resolves.toMatchObject({ state: 'written' });
  });

  it.each([secret('A'), variable('A')])('of %o meets a full place with advice', async (item) => {
    await github.close();
    github = await startGitHub({ tokens: TOKENS, limits: { secrets: 1, variables: 1 } });
    github.seedSecret('X', 'x');
    github.seedVariable('X', 'x');
    await expect(sinkAt(github).sink.write(publication(item), 'v')).rejects.toMatchObject({ code: 'publish_limit' });
  });

  it.each([
    [403, 'publish_forbidden'],
    [404, 'publish_forbidden'],
    [409, 'publish_failed'],
    [422, 'publish_failed'],
  ])('reports a %i', async (status, code) => {
    github.fault({ method: 'PUT', times: 2, answer: { kind: 'status', status } });
    await expect(sinkAt(github).sink.write(publication(secret('A')), 'v')).rejects.toMatchObject({ code });
  });

  it('is refused to the job’s own token without a call', async () => {
    const { sink } = sinkAt(github, 'job');
    await expect(sink.write(publication(secret('A')), 'v')).rejects.toMatchObject({ code: 'publish_forbidden' });
    expect(github.calls).toEqual([]);
  });
});

describe('a variable that exists although it was only claimed', () => {
  it('is ours when an earlier run claimed it: its answer was lost', async () => {
    github.seedVariable('A', 'from the lost write');
    await sinkAt(github).sink.write(publication(variable('A')), 'new');
    expect(github.variables()).toEqual({ A: 'new' });
  });

  it('is ours when the answer was lost just now', async () => {
    const { sink } = sinkAt(github);
    const [claim] = await sink.claim({ targets: [target([variable('A')])], ours: [] });
    github.fault({ method: 'POST', answer: { kind: 'lost' } });
    await sink.write(claim ?? publication(variable('A')), 'new');
    expect(github.variables()).toEqual({ A: 'new' });
  });

  it('is ours when an earlier write of this run failed altogether', async () => {
    const { sink } = sinkAt(github);
    const [claim = publication(variable('A'))] = await sink.claim({ targets: [target([variable('A')])], ours: [] });
    github.fault({ method: 'POST', times: 3, answer: { kind: 'done-but', status: 502 } });
    github.fault({ method: 'PATCH', times: 3, answer: { kind: 'status', status: 502 } });
    await expect(sink.write(claim, 'new')).rejects.toMatchObject({ code: 'publish_failed' });
    github.clearFaults();
    await sink.write(claim, 'newer');
    expect(github.variables()).toEqual({ A: 'newer' });
  });

  it('is somebody else’s when nothing was sent for it since it was claimed', async () => {
    const { sink } = sinkAt(github);
    const [claim = publication(variable('A'))] = await sink.claim({ targets: [target([variable('A')])], ours: [] });
    github.seedVariable('A', 'theirs');
    await expect(sink.write(claim, 'mine')).rejects.toMatchObject({ code: 'secret_exists' });
    expect(github.variables()).toEqual({ A: 'theirs' });
  });

  it('is ours when the claim was saved and claimed again', async () => {
    const { sink } = sinkAt(github);
    const ours = await sink.claim({ targets: [target([variable('A')])], ours: [] });
    github.seedVariable('A', 'written by the run before');
    const [claim = publication(variable('A'))] = await sink.claim({ targets: [target([variable('A')])], ours });
    await sink.write(claim, 'mine');
    expect(github.variables()).toEqual({ A: 'mine' });
  });
});

describe('an environment that goes while we publish', () => {
  it('is reported when it was not made by us', async () => {
    const { sink } = sinkAt(github);
    await expect(sink.write(written(secret('A'), 'gone'), 'v')).rejects.toMatchObject({ code: 'environment_missing' });
    expect(github.environments()).toEqual([]);
  });

  it('is made again when it was made by us', async () => {
    const { sink } = sinkAt(github);
    const entry = { ...written(secret('A'), 'gone'), environmentMadeByUs: true };
    expect(await sink.write(entry, 'v')).toMatchObject({ state: 'written', environmentMadeByUs: true });
    expect(github.secrets('gone')).toEqual({ A: 'v' });
  });

  it('is no longer ours when somebody made it again', async () => {
    const { sink } = sinkAt(github);
    github.seedEnvironment('gone');
    github.fault({ template: 'public-key', answer: { kind: 'status', status: 404 } });
    const entry = { ...written(secret('A'), 'gone'), environmentMadeByUs: true };
    expect(await sink.write(entry, 'v')).not.toHaveProperty('environmentMadeByUs');
  });
});

describe('erasing', () => {
  it('removes secrets and variables', async () => {
    github.seedSecret('A', 'x');
    github.seedVariable('B', 'x', 'production');
    const { sink } = sinkAt(github);
    await sink.erase(written(secret('a')));
    await sink.erase(written(variable('B'), 'production'));
    expect([github.secrets(), github.variables('production')]).toEqual([{}, {}]);
  });

  it.each([
    ['a name', written(secret('A'))],
    ['a variable', written(variable('A'))],
    ['an environment', written(secret('A'), 'gone')],
  ])('takes %s that is gone already for success', async (_, entry) => {
    await expect(sinkAt(github).sink.erase(entry)).resolves.toBeUndefined();
  });

  it.each([
    ['elsewhere', undefined],
    ['elsewhere', 'production'],
    ['scopeless', undefined],
    ['poor', undefined],
  ] as const)('does not take a 404 for success that hides everything (%s, %s)', async (token, environment) => {
    github.seedSecret('A', 'x', environment);
    await expect(sinkAt(github, token).sink.erase(written(secret('A'), environment))).rejects.toMatchObject({
      code: 'publish_forbidden',
    });
  });

  it('frees the name for another registration of the same run', async () => {
    github.seedSecret('A', 'x');
    const { sink } = sinkAt(github);
    const request = { targets: [target([secret('A')])], ours: [] };
    await expect(sink.claim(request)).rejects.toMatchObject({ code: 'secret_exists' });
    await sink.erase(written(secret('A')));
    await expect(sink.claim(request)).resolves.toHaveLength(1);
    await sink.erase(publication(secret('A')));
  });

  it('reports what is not documented', async () => {
    github.fault({ method: 'DELETE', answer: { kind: 'status', status: 422 } });
    await expect(sinkAt(github).sink.erase(written(secret('A')))).rejects.toMatchObject({ code: 'publish_failed' });
  });

  it('is refused to the job’s own token', async () => {
    await expect(sinkAt(github, 'job').sink.erase(written(secret('A')))).rejects.toMatchObject({
      code: 'publish_forbidden',
    });
  });
});

describe('taking an environment back', () => {
  it('deletes an empty one without settings', async () => {
    github.seedEnvironment('pr-12');
    expect(await sinkAt(github).sink.eraseEnvironment('pr-12')).toBe(true);
    expect(github.environments()).toEqual([]);
  });

  it('takes one that is gone for gone', async () => {
    expect(await sinkAt(github).sink.eraseEnvironment('pr-12')).toBe(true);
  });

  it.each(['GET', 'DELETE'])('takes one for gone that goes in between (%s)', async (method) => {
    github.seedEnvironment('pr-12');
    github.fault({ method, template: '/environments/{environment_name}', answer: { kind: 'status', status: 404 } });
    expect(await sinkAt(github).sink.eraseEnvironment('pr-12')).toBe(true);
  });

  it.each([null, {}, { protection_rules: [] }])('keeps one whose settings are not shown: %j', async (data) => {
    const { sink } = sinkOver(async (route) => {
      const [kind] = /(?:secret|variable)s$/.exec(route) ?? [];
      return { status: 200, data: kind === undefined ? data : { total_count: 0, [kind]: [] }, headers: {} };
    });
    expect(await sink.eraseEnvironment('pr-12')).toBe(false);
  });

  it.each([
    ['a secret', () => github.seedSecret('A', 'x', 'pr-12')],
    ['a variable', () => github.seedVariable('A', 'x', 'pr-12')],
    ['a protection rule', () => github.seedEnvironment('pr-12', { wait_timer: 1 })],
    ['a branch policy', () => github.seedEnvironment('pr-12', { deployment_branch_policy: {} })],
  ])('keeps one with %s', async (_, seed) => {
    github.seedEnvironment('pr-12');
    seed();
    expect(await sinkAt(github).sink.eraseEnvironment('pr-12')).toBe(false);
    expect(github.environments()).toHaveLength(1);
  });

  it('reports missing rights', async () => {
    github.seedEnvironment('pr-12');
    await expect(sinkAt(github, 'noAdmin').sink.eraseEnvironment('pr-12')).rejects.toMatchObject({
      code: 'publish_forbidden',
      hint: expect.stringContaining('Administration'),
    });
    await expect(sinkAt(github, 'app').sink.eraseEnvironment('pr-12')).rejects.toMatchObject({
      code: 'publish_forbidden',
      hint: expect.stringContaining('`actions: read`'),
    });
    for (const token of ['poor', 'job'] as const) {
      await expect(sinkAt(github, token).sink.eraseEnvironment('pr-12')).rejects.toMatchObject({
        code: 'publish_forbidden',
      });
    }
    await expect(sinkAt(github, 'elsewhere').sink.eraseEnvironment('pr-12')).rejects.toMatchObject({
      code: 'publish_forbidden',
    });
  });
});

describe('GitHub being slow or ill', () => {
  it.each([403, 429] as const)('is waited for as long as it says after a %i', async (status) => {
    github.fault({ method: 'PUT', times: 2, answer: secondaryLimit(status, 20) });
    const { sink, clock, log } = sinkAt(github);
    await sink.write(publication(secret('A')), 'v');
    expect(github.secrets()).toEqual({ A: 'v' });
    expect(clock.slept).toEqual([20_000, 20_000]);
    expect(log.lines[0]).toContain('20 s');
  });

  it('is waited for a minute where it names no time', async () => {
    github.fault({ method: 'PUT', answer: secondaryLimit(403) });
    const { sink, clock } = sinkAt(github);
    await sink.write(publication(secret('A')), 'v');
    expect(clock.slept).toEqual([60_000]);
  });

  it('is not waited for longer than a minute altogether', async () => {
    github.fault({ method: 'PUT', times: 9, answer: secondaryLimit(429, 40) });
    const { sink, clock } = sinkAt(github);
    await expect(sink.write(publication(secret('A')), 'v')).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 40,
    });
    expect(clock.slept).toEqual([40_000]);
  });

  it('holds all calls while one waits', async () => {
    github.fault({ method: 'PUT', answer: secondaryLimit(429, 30) });
    const { sink, clock } = sinkAt(github);
    await sink.write(publication(secret('A')), 'v').then(() => sink.write(publication(secret('B')), 'v'));
    expect(clock.slept).toEqual([30_000]);
  });

  it.each(['cut', 'lost'] as const)('is asked again when its answer is %s', async (kind) => {
    github.fault({ method: 'PUT', times: 2, answer: { kind } });
    const { sink, clock } = sinkAt(github);
    await sink.write(publication(secret('A')), 'v');
    expect(github.secrets()).toEqual({ A: 'v' });
    expect(clock.slept).toEqual([1000, 2000]);
  });

  it.each([
    [{ kind: 'status', status: 502 } as const, 'answered 502'],
    [{ kind: 'done-but', status: 500 } as const, 'answered 500'],
    [{ kind: 'cut' } as const, 'gave no usable answer'],
  ])('is given up on after three times: %o', async (answer, words) => {
    github.fault({ method: 'PUT', times: 3, answer });
    await expect(sinkAt(github).sink.write(publication(secret('A')), 'v')).rejects.toMatchObject({
      code: 'publish_failed',
      message: `Writing secret A of repository octo/app failed: GitHub ${words}, 3 times.`,
    });
  });

  it('gets at most six calls at once', async () => {
    let running = 0;
    let most = 0;
    const request: GitHubRequest = async (route) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      return { status: route.startsWith('POST') ? 201 : 204, data: '', headers: {} };
    };
    const { sink } = sinkOver(request);
    await Promise.all(Array.from({ length: 20 }, (_, index) => sink.write(publication(variable(`V${index}`)), 'v')));
    expect(most).toBe(6);
  });
});

describe('a token of a kind that is not known', () => {
  it('is told what any token takes', async () => {
    const { sink } = sinkOver(async () => {
      throw Object.assign(new Error('no'), { status: 403, response: { headers: {}, data: {} } });
    }, 'unknown');
    await expect(sink.write(publication(variable('A')), 'v')).rejects.toMatchObject({
      code: 'publish_forbidden',
      message: 'The token may not write variables of repository octo/app: GitHub answered 403.',
      hint: expect.stringContaining('(GitHub App: `actions_variables: write`)'),
    });
  });
});

describe('what GitHub sends', () => {
  const reply = (data: unknown) => ({ status: 200, data, headers: {} });

  it.each([undefined, null, 'half of {"total_', {}, { total_count: 1 }, { total_count: 'x', secrets: [] }])(
    'is asked for again when it is %j instead of a list',
    async (data) => {
      let asked = 0;
      const { sink } = sinkOver(async (route) => {
        asked += route.endsWith('/secrets') ? 1 : 0;
        return reply(data);
      });
      const claim = sink.claim({ targets: [target([secret('A')])], ours: [] });
      await expect(claim).rejects.toMatchObject({ code: 'publish_failed' });
      expect(asked).toBe(3);
    },
  );

  it('may hold entries that are none', async () => {
    const { sink } = sinkOver(async () => reply({ total_count: 3, secrets: [null, { name: 7 }, { name: 'b' }] }));
    const targets = [target([secret('B')])];
    await expect(sink.claim({ targets, ours: [] })).rejects.toMatchObject({ code: 'secret_exists' });
  });

  it.each([null, 'half', {}, { key_id: '1' }, { key_id: 1, key: 'k' }])('is no key: %j', async (data) => {
    const { sink } = sinkOver(async () => reply(data));
    await expect(sink.write(publication(secret('A')), 'v')).rejects.toMatchObject({ code: 'publish_failed' });
  });

  it('is a key that nothing can be sealed to', async () => {
    const { sink } = sinkOver(async () => reply({ key_id: '1', key: 'c2hvcnQ=' }));
    await expect(sink.write(publication(secret('A')), 'v')).rejects.toThrow('nothing can be sealed to');
  });

  it('never reaches a message: neither words nor values nor tokens', async () => {
    const canary = 'canary-7f3a';
    const { sink, log } = sinkOver(async () => {
      const response = { status: 422, data: { message: `${canary} is wrong` }, headers: { 'x-echo': canary } };
      throw Object.assign(new Error(canary), { status: 422, response, request: { body: canary } });
    });
    const error: unknown = await sink.write(publication(variable('A')), canary).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'publish_failed' });
    expect(JSON.stringify([error, String(error), (error as Error).cause, log.lines])).not.toContain(canary);
  });
});
