import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublishTarget } from '../../shared/manifest/desired.ts';
import { type GitHub, startGitHub } from '../support/github/server.ts';
import { NOW, publication, secret, sinkAt, sinkOver, TOKENS, target, variable, written } from './setup.ts';

let github: GitHub;
beforeEach(async () => {
  github = await startGitHub({ tokens: TOKENS });
});
afterEach(() => github.close());

const PROBE = 'OAUTH_REGISTRAR_PROBE';

const claim = (targets: readonly PublishTarget[], token?: keyof typeof TOKENS) =>
  sinkAt(github, token).sink.claim({ targets, ours: [] });

const sent = () => github.calls.map(({ method, path }) => `${method} ${path.replace('/repos/octo/app/', '')}`);

describe('the right to write', () => {
  it('is shown by writing and removing a secret and a variable of our own', async () => {
    const claims = await claim([target([secret('Fhir_Secret'), variable('FHIR_ID')])]);
    expect(claims).toEqual([publication(secret('Fhir_Secret')), publication(variable('FHIR_ID'))]);
    expect(github.secrets()).toEqual({});
    expect(github.variables()).toEqual({});
    expect(sent().filter((line) => line.includes(PROBE))).toEqual(
      expect.arrayContaining([
        `PUT actions/secrets/${PROBE}`,
        `DELETE actions/secrets/${PROBE}`,
        `DELETE actions/variables/${PROBE}`,
      ]),
    );
    expect(sent()).toHaveLength(7);
  });

  it('is shown for secrets alone where only secrets are published', async () => {
    await claim([target([secret('A')])]);
    expect(sent().slice(0, 2).sort()).toEqual(['GET actions/secrets', 'GET actions/secrets/public-key']);
    expect(sent().slice(2)).toEqual([`PUT actions/secrets/${PROBE}`, `DELETE actions/secrets/${PROBE}`]);
  });

  it('is known from an earlier write with the same kind of token, so that nothing is asked', async () => {
    const ours = [written(secret('A')), written(variable('B'))];
    const { sink } = sinkAt(github);
    expect(await sink.claim({ targets: [target([secret('a'), variable('b')])], ours })).toEqual([
      { ...ours[0], item: secret('a') },
      { ...ours[1], item: variable('b') },
    ]);
    expect(sent()).toEqual([]);
  });

  it('is known for a new name at a place that was written before: only whether it is free is asked', async () => {
    const { sink } = sinkAt(github);
    await sink.claim({ targets: [target([secret('A'), secret('C')])], ours: [written(secret('A'))] });
    expect(sent()).toEqual(['GET actions/secrets']);
  });

  it.each([
    ['by another kind of token', written(secret('A'), undefined, 'classic')],
    ['at another target', written(secret('A'), 'production')],
    ['of another kind', written(variable('A'))],
    ['and never written', publication(secret('A'))],
  ])('is not known from an entry %s', async (_, entry) => {
    const { sink } = sinkAt(github);
    await sink.claim({ targets: [target([secret('A')])], ours: [entry] });
    expect(sent()).toContain(`PUT actions/secrets/${PROBE}`);
  });

  it('is shown once per place, however many registrations publish there', async () => {
    const { sink } = sinkAt(github);
    const names = Array.from({ length: 20 }, (_, index) => `CLIENT_${index}`);
    await Promise.all(names.map((name) => sink.claim({ targets: [target([secret(name), variable(name)])], ours: [] })));
    expect(sent()).toHaveLength(7);
  });

  it('is shown at every target, and all are looked at before anything is written', async () => {
    github.seedEnvironment('production');
    github.seedSecret('TAKEN', 'x');
    const targets = [target([secret('A')], 'production'), target([secret('TAKEN')])];
    await expect(claim(targets)).rejects.toMatchObject({ code: 'secret_exists' });
    expect(sent().filter((line) => !line.startsWith('GET'))).toEqual([]);
  });

  it('is shown though an earlier probe was left behind', async () => {
    github.seedSecret(PROBE, 'probe');
    github.seedVariable(PROBE, 'probe');
    await claim([target([secret('A'), variable('A')])]);
    expect(github.secrets()).toEqual({});
    expect(github.variables()).toEqual({});
  });

  it('is asked for again after a refusal', async () => {
    github.fault({ method: 'PUT', answer: { kind: 'status', status: 403 } });
    const { sink } = sinkAt(github);
    const request = { targets: [target([secret('A')])], ours: [] };
    await expect(sink.claim(request)).rejects.toMatchObject({ code: 'publish_forbidden' });
    await expect(sink.claim(request)).resolves.toHaveLength(1);
  });
});

describe('a missing right', () => {
  it.each([
    ['poor', secret('A'), undefined, 'Secrets: Read and write', 'secrets=read'],
    ['poor', variable('A'), undefined, 'Variables: Read and write', 'actions_variables=read'],
    ['poor', secret('A'), 'production', 'Environments: Read and write', 'environments=read'],
    ['reader', secret('A'), undefined, 'Secrets: Read and write', 'secrets=write'],
    ['reader', variable('A'), undefined, 'Variables: Read and write', 'actions_variables=write'],
    ['reader', variable('A'), 'production', 'Environments: Read and write', 'environments=write'],
    ['noSecrets', secret('A'), undefined, '`secrets: write`', 'secrets=read'],
    ['scopeless', secret('A'), undefined, 'scope `repo`', undefined],
    ['elsewhere', secret('A'), undefined, 'octo/app is among its repositories', undefined],
    ['elsewhere', secret('A'), 'production', 'octo/app is among its repositories', undefined],
  ] as const)('of %s for %o in %s is named', async (token, item, environment, hint, accepted) => {
    github.seedEnvironment('production');
    const error = await claim([target([item], environment)], token).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'publish_forbidden', hint: expect.stringContaining(hint) });
    if (accepted !== undefined) {
      expect(String(error)).toContain(accepted);
    }
  });

  it.each([secret('A'), variable('A')])('of the job’s own token is certain: nothing is sent for %o', async (item) => {
    await expect(claim([target([item])], 'job')).rejects.toMatchObject({
      code: 'publish_forbidden',
      message: `The job’s own token cannot write ${item.kind}s of repository octo/app.`,
      hint: expect.stringContaining('`secrets-token`'),
    });
    expect(sent()).toEqual([]);
  });

  it('is told from a token that is no longer valid', async () => {
    github.fault({ answer: { kind: 'status', status: 401 } });
    await expect(claim([target([secret('A')])])).rejects.toMatchObject({
      code: 'publish_forbidden',
      message: expect.stringContaining('expired'),
    });
  });

  it('of removing counts too', async () => {
    github.fault({ method: 'DELETE', answer: { kind: 'status', status: 403 } });
    await expect(claim([target([secret('A')])])).rejects.toMatchObject({ code: 'publish_forbidden' });
  });

  it('of a public key is a missing right', async () => {
    github.fault({ template: 'public-key', times: 2, answer: { kind: 'status', status: 404 } });
    await expect(claim([target([secret('A')])])).rejects.toMatchObject({ code: 'publish_forbidden' });
  });
});

describe('a name that exists', () => {
  it.each([
    [secret('Taken'), undefined],
    [variable('taken'), undefined],
    [secret('TAKEN'), 'Production'],
    [variable('TAKEN'), 'production'],
  ])('and is not ours is refused before anything is written: %o in %s', async (item, environment) => {
    github.seedEnvironment('production');
    for (const where of [undefined, 'production']) {
      github.seedSecret('TAKEN', 'theirs', where);
      github.seedVariable('TAKEN', 'theirs', where);
    }
    await expect(claim([target([item], environment)])).rejects.toMatchObject({
      code: 'secret_exists',
      message: expect.stringContaining(`The ${item.kind} TAKEN of`),
    });
    expect(sent().filter((line) => !line.startsWith('GET'))).toEqual([]);
  });

  it('is one of several, all of which are named', async () => {
    github.seedSecret('B', 'x');
    github.seedSecret('A', 'x');
    await expect(claim([target([secret('A'), secret('C'), secret('B')])])).rejects.toThrow(
      'The secrets A, B of repository octo/app exist and were not made by us.',
    );
  });

  it('and may have been written by us before a crash is ours', async () => {
    github.seedSecret('A', 'ours');
    const { sink } = sinkAt(github);
    const ours = [{ ...publication(secret('A')), of: 'client#1?' }];
    expect(await sink.claim({ targets: [target([secret('A')])], ours })).toEqual(ours);
  });

  it('and was claimed by an earlier run that sent nothing for it is somebody else’s', async () => {
    github.seedSecret('A', 'made by hand since');
    const { sink } = sinkAt(github);
    const claims = sink.claim({ targets: [target([secret('A')])], ours: [publication(secret('A'))] });
    await expect(claims).rejects.toMatchObject({ code: 'secret_exists' });
  });

  it.each([undefined, 'production'])(
    'and that we left is ours unless it was changed since (environment %s)',
    async (where) => {
      github.seedEnvironment('production');
      github.seedSecret('A', 'theirs or ours', where);
      github.seedVariable('B', 'theirs or ours', where);
      const items = [secret('A'), variable('B'), secret('GONE')];
      const left = (leftAt: number) => items.map((item) => ({ ...written(item, where), leftAt }));
      const claimed = (leftAt: number) =>
        sinkAt(github).sink.claim({ targets: [target(items, where)], ours: left(leftAt) });
      const later = Date.now() + 60_000;
      expect(await claimed(later)).toEqual(left(later));
      await expect(claimed(Date.now() - 60_000)).rejects.toMatchObject({
        code: 'secret_exists',
        message: expect.stringContaining('exists and was changed since it was left.'),
      });
      expect(sent().filter((line) => !line.startsWith('GET'))).toEqual([]);
    },
  );

  it.each([
    [{ name: 'A' }, 'secret_exists'],
    [{ name: 'A', updated_at: 'yesterday' }, 'secret_exists'],
    [{ name: 'A', updated_at: '2026-11-25T03:00:01Z' }, 'secret_exists'],
    [{ name: 'A', updated_at: '2026-11-25T03:00:00Z' }, undefined],
  ])('and that we left is not ours where GitHub says no earlier time: %o', async (entry, code) => {
    for (const alone of [false, true]) {
      const { sink } = sinkOver(async (route) => {
        const data = route.endsWith('/{name}') ? entry : { total_count: alone ? 2 : 1, secrets: alone ? [] : [entry] };
        return { status: 200, headers: {}, data };
      });
      const ours = [{ ...written(secret('A')), leftAt: NOW }];
      const claims = sink.claim({ targets: [target([secret('A')])], ours });
      if (code === undefined) expect(await claims).toEqual(ours);
      else await expect(claims).rejects.toMatchObject({ code });
    }
  });

  it('and answers with nothing is not ours though we left it', async () => {
    const { sink } = sinkOver(async (route) =>
      route.endsWith('/{name}')
        ? { status: 200, headers: {}, data: null }
        : { status: 200, headers: {}, data: { total_count: 2, secrets: [] } },
    );
    const claims = sink.claim({ targets: [target([secret('A')])], ours: [{ ...written(secret('A')), leftAt: NOW }] });
    await expect(claims).rejects.toMatchObject({ code: 'secret_exists' });
  });

  it('is found beyond the first page', async () => {
    for (let index = 0; index < 40; index += 1) {
      github.seedVariable(`V${String(index).padStart(2, '0')}`, 'x');
    }
    await expect(claim([target([variable('V39')])])).rejects.toMatchObject({ code: 'secret_exists' });
    await expect(claim([target([variable('W')])])).resolves.toHaveLength(1);
  });

  it('cannot be told from a free one when GitHub fails', async () => {
    for (let index = 0; index < 31; index += 1) {
      github.seedVariable(`V${index}`, 'x');
    }
    github.fault({ template: '/variables/{name}', answer: { kind: 'status', status: 418 } });
    await expect(claim([target([variable('W')])])).rejects.toMatchObject({ code: 'publish_failed' });
  });
});

describe('limits', () => {
  function fill(count: number): void {
    for (let index = 0; index < count; index += 1) {
      github.seedSecret(`S${index}`, 'x');
    }
  }

  it('are met before anything is written', async () => {
    fill(99);
    await expect(claim([target([secret('A'), secret('B')])])).rejects.toMatchObject({
      code: 'publish_limit',
      message: 'GitHub takes 100 secrets in repository octo/app: 99 are there, 2 are to come.',
      hint: expect.stringContaining('`json`'),
    });
    await expect(claim([target([secret('A')])])).resolves.toHaveLength(1);
    expect(Object.keys(github.secrets())).toHaveLength(99);
  });

  it('count what other registrations of this run have claimed', async () => {
    fill(99);
    const { sink } = sinkAt(github);
    await sink.claim({ targets: [target([secret('A')])], ours: [] });
    await expect(sink.claim({ targets: [target([secret('B')])], ours: [] })).rejects.toMatchObject({
      code: 'publish_limit',
    });
  });

  it('count a name once that was claimed in this run and is there by now', async () => {
    fill(98);
    const { sink } = sinkAt(github);
    const [claimed = publication(secret('A'))] = await sink.claim({ targets: [target([secret('A')])], ours: [] });
    await sink.write(claimed, 'value');
    await sink.erase(written(secret('S0')));
    await expect(sink.claim({ targets: [target([secret('B'), secret('C')])], ours: [] })).resolves.toHaveLength(2);
  });

  it('are those of an environment there', async () => {
    for (let index = 0; index < 100; index += 1) {
      github.seedVariable(`V${index}`, 'x', 'production');
    }
    await expect(claim([target([variable('W')], 'production')])).rejects.toThrow(
      'GitHub takes 100 variables in environment production of octo/app',
    );
  });

  it('leave a full place alone whose names are ours, without a probe', async () => {
    fill(100);
    const { sink, log } = sinkAt(github);
    const ours = [written(secret('S1'), undefined, 'classic')];
    await expect(sink.claim({ targets: [target([secret('S1')])], ours })).resolves.toHaveLength(1);
    expect(sent().filter((line) => !line.startsWith('GET'))).toEqual([]);
    expect(log.lines).toEqual([expect.stringContaining('cannot be shown beforehand')]);
  });

  it('are GitHub’s to set: a probe that finds no room says so', async () => {
    await github.close();
    github = await startGitHub({ tokens: TOKENS, limits: { secrets: 2 } });
    fill(2);
    await expect(claim([target([secret('A')])])).rejects.toMatchObject({ code: 'publish_limit' });
  });
});

describe('an environment', () => {
  const inStaging = (createEnvironment: boolean) => [target([secret('A'), variable('B')], 'pr/12', createEnvironment)];

  it('that is missing is not made unless the manifest says so', async () => {
    await expect(claim(inStaging(false))).rejects.toMatchObject({
      code: 'environment_missing',
      message: expect.stringContaining('pr/12'),
    });
    expect(github.environments()).toEqual([]);
  });

  it('that is missing is made when the manifest says so, and remembered as ours', async () => {
    const claims = await claim(inStaging(true));
    expect(claims).toEqual([
      publication(secret('A'), { environmentMadeByUs: true }, 'pr/12'),
      publication(variable('B'), { environmentMadeByUs: true }, 'pr/12'),
    ]);
    expect(github.environments()).toEqual([{ name: 'pr/12', settings: {} }]);
  });

  it('is made once, however many registrations want it', async () => {
    const { sink } = sinkAt(github);
    const claims = await Promise.all(
      ['A', 'B', 'C'].map((name) => sink.claim({ targets: [target([secret(name)], 'new', true)], ours: [] })),
    );
    expect(claims.flat().map((entry) => entry.environmentMadeByUs)).toEqual([true, true, true]);
    expect(github.count({ method: 'PUT', template: '/environments/{environment_name}' })).toBe(1);
  });

  it('that exists is never touched', async () => {
    github.seedEnvironment('pr/12', { wait_timer: 30 });
    const claims = await claim(inStaging(true));
    expect(claims.some((entry) => entry.environmentMadeByUs)).toBe(false);
    expect(github.environments()).toEqual([{ name: 'pr/12', settings: { wait_timer: 30 } }]);
    expect(github.count({ method: 'PUT', template: '/environments/{environment_name}' })).toBe(0);
  });

  it('that exists is known from its secrets, though the token may not see environments', async () => {
    github.seedEnvironment('pr/12');
    await expect(claim(inStaging(true), 'app')).resolves.toHaveLength(2);
  });

  it('is not made by a token that cannot see whether it exists', async () => {
    await expect(claim(inStaging(true), 'blind')).rejects.toMatchObject({
      code: 'publish_forbidden',
      hint: expect.stringContaining('Actions: Read-only'),
    });
    expect(github.environments()).toEqual([]);
  });

  it('is not made when GitHub hides it behind a 404 but would not list it', async () => {
    github.fault({ template: '/environments', times: 9, answer: { kind: 'status', status: 404 } });
    await expect(claim(inStaging(true))).rejects.toMatchObject({ code: 'publish_forbidden' });
    expect(github.environments()).toEqual([]);
  });

  it('takes the permission to administer the repository to make', async () => {
    await expect(claim(inStaging(true), 'noAdmin')).rejects.toMatchObject({
      code: 'publish_forbidden',
      message: expect.stringContaining('make environment pr/12 of octo/app'),
      hint: expect.stringContaining('Administration: Read and write'),
    });
  });

  it('that GitHub will not make for another reason is reported', async () => {
    github.fault({ method: 'PUT', answer: { kind: 'status', status: 422 } });
    await expect(claim(inStaging(true))).rejects.toMatchObject({ code: 'publish_failed' });
  });

  it('that somebody makes in between is used and not ours', async () => {
    github.staleReads({ template: '/environments/{environment_name}/secrets', times: 1 });
    github.seedEnvironment('late', { wait_timer: 1 });
    const claims = await claim([target([secret('A')], 'late', true)]);
    expect(claims).toEqual([publication(secret('A'), {}, 'late')]);
    expect(github.environments()).toEqual([{ name: 'late', settings: { wait_timer: 1 } }]);
  });

  it('that is there but does not show its secrets is a missing right', async () => {
    github.seedEnvironment('late');
    github.fault({
      template: '/environments/{environment_name}/secrets',
      times: 2,
      answer: { kind: 'status', status: 404 },
    });
    await expect(claim([target([secret('A')], 'late', true)])).rejects.toMatchObject({
      code: 'publish_forbidden',
      hint: expect.stringContaining('Environments: Read and write'),
    });
  });
});

describe('a claim', () => {
  it('treats several targets of one environment as one', async () => {
    github.seedEnvironment('prod');
    const claims = await claim([target([secret('A')], 'prod'), target([secret('B')], 'PROD')]);
    expect(claims.map(({ item, target: { environment } }) => [item.name, environment])).toEqual([
      ['A', 'prod'],
      ['B', 'PROD'],
    ]);
    expect(github.count({ method: 'PUT' })).toBe(1);
  });

  it.each(['GITHUB_X', PROBE, 'no-hyphens', ''])('refuses the name %j before anything is sent', async (name) => {
    await expect(claim([target([secret(name), variable('FINE')])])).rejects.toMatchObject({
      code: 'manifest_invalid',
      problems: [{ path: 'publish.github.secrets.client_secret' }],
    });
    expect(sent()).toEqual([]);
  });

  it('of a name of ours for another part of the credentials keeps the name and forgets the value', async () => {
    const { sink } = sinkAt(github);
    const ours = [{ ...written(secret('A', 'client_secret')), of: 'client-1' }];
    const [entry] = await sink.claim({ targets: [target([secret('A', 'json')])], ours });
    expect(entry).toEqual(publication(secret('A', 'json'), { state: 'written', tokenKind: 'fine-grained' }));
  });

  it('says when it was made', async () => {
    const [entry] = await claim([target([secret('A')])]);
    expect(entry).toMatchObject({ state: 'claimed', at: NOW });
    expect(entry).not.toHaveProperty('fingerprint');
    expect(entry).not.toHaveProperty('tokenKind');
  });

  it.each([
    ['PUT', /PROBE/],
    ['GET', /actions\/secrets$/],
    ['GET', /public-key/],
  ])('fails when GitHub answers %s %s with something undocumented', async (method, path) => {
    github.fault({ method, path, times: 2, answer: { kind: 'status', status: 422, message: 'No' } });
    await expect(claim([target([secret('A')])])).rejects.toMatchObject({ code: 'publish_failed' });
  });

  it('warns when the probe stays behind', async () => {
    github.fault({ method: 'DELETE', answer: { kind: 'status', status: 409 } });
    const { sink, log } = sinkAt(github);
    await sink.claim({ targets: [target([secret('A')])], ours: [] });
    expect(log.lines).toEqual([expect.stringContaining(PROBE)]);
  });
});
