import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseStateKeys, seal } from '../../shared/record/seal.ts';
import { authorizationServer } from './support/closing.ts';
import { codesOf, errorsOf, manifest, PUBLISH, readable } from './support/manifests.ts';
import { openRepository, READING_TOKEN, type Repository } from './support/repository.ts';

const REF = 'refs/oauth-registrar/production';
const PRODUCTION = { environment: 'production' };

async function deployed() {
  const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
  const deploy = { manifest: manifest(as.fhirBase('r4'), PUBLISH), inputs: PRODUCTION };
  const first = await repository.job(deploy);
  expect(first.exitCode, first.log).toBe(0);
  const calls = { as: as.requests.length, github: repository.writes() };
  const expectUntouched = () => {
    expect(as.requests).toHaveLength(calls.as);
    expect(repository.writes()).toBe(calls.github);
  };
  return { as, repository, deploy, first, expectUntouched };
}

/** Puts another text in the place of the sealed state. */
function replaceState({ github }: Repository, text: string): void {
  const scratch = github.commit({ branch: 'scratch', files: { state: text } });
  github.setRef(REF, scratch);
}

describe.concurrent('state that cannot be used', () => {
  it('damaged, newer or of another repository: each says what it is and where, and nothing is sent or overwritten', async () => {
    const { repository, deploy, expectUntouched } = await deployed();
    const keys = await parseStateKeys(repository.key);
    const random = { bytes: (length: number) => Uint8Array.from(randomBytes(length)) };
    const sealed = (id: string, text: string) => seal({ keys, aad: ['state', id, 'production'], random, text });
    const good = repository.github.history(REF)[0]?.files.state ?? '';
    const newer = JSON.stringify({ version: 2, savedWith: '9.9.9', registrations: {} });
    const cases: readonly (readonly [string, string, string])[] = [
      ['not sealed', 'state_damaged', 'is not sealed text'],
      [`${good.slice(0, -9)}AAAAAAAAA`, 'state_damaged', 'its seal is broken'],
      [await sealed('1', '{"version":1,"registrations":{}}'), 'state_damaged', 'belongs to another repository'],
      [await sealed('4242', '{"version":1}'), 'state_damaged', 'registrations is not what it should be'],
      [await sealed('4242', newer), 'state_newer', 'It was saved with version 9.9.9'],
      [`v2${good.slice(2)}`, 'state_newer', 'newer than this version'],
    ];
    for (const [text, code, said] of cases) {
      replaceState(repository, text);
      const tip = repository.github.refs()[REF];
      for (const command of ['apply', 'delete']) {
        const run = await repository.job({ ...deploy, inputs: { ...PRODUCTION, command } });
        expect(codesOf(run)).toEqual([code]);
        expect(errorsOf(run)).toContain(said);
        expect(errorsOf(run)).toContain(`It is in ${REF} at commit ${tip}`);
        expect(readable(run)).toContain('What to do:');
      }
      expect(repository.github.refs()[REF]).toBe(tip);
    }
    expectUntouched();
    const swept = await repository.job({ inputs: { command: 'sweep' } });
    expect(errorsOf(swept)).toContain('production: The state is sealed in a form that is newer');
  });

  it('another key, no key and a key that is none: nothing starts afresh', async () => {
    const { repository, deploy, expectUntouched } = await deployed();
    const other = randomBytes(32).toString('base64');
    for (const [key, code, said] of [
      [other, 'state_key_wrong', 'on a second line of the secret OAUTH_REGISTRAR_STATE_KEY'],
      ['', 'state_key_missing', 'openssl rand -base64 32 | gh secret set OAUTH_REGISTRAR_STATE_KEY'],
      ['c2hvcnQ=', 'input_invalid', 'it holds 5 bytes instead of 32'],
    ] as const) {
      const run = await repository.job({ ...deploy, inputs: { ...PRODUCTION, 'state-key': key } });
      expect(run.exitCode).toBe(1);
      expect(codesOf(run)).toEqual([code]);
      expect(errorsOf(run)).toContain(said);
    }
    expectUntouched();
  });

  it('an older key on the second line opens it, and it is sealed anew from one commit', async () => {
    const { repository, deploy, first } = await deployed();
    const fresh = randomBytes(32).toString('base64');
    expect(repository.github.history(REF).length).toBeGreaterThan(1);
    const run = await repository.job({
      ...deploy,
      inputs: { ...PRODUCTION, 'state-key': `${fresh}\n${repository.key}` },
    });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.outputs).toEqual({ ...first.outputs, changed: 'false' });
    expect(run.log).toContain('sealed with the newer key now');
    expect(repository.github.history(REF)).toHaveLength(1);
    const alone = await repository.job({ ...deploy, inputs: { ...PRODUCTION, 'state-key': fresh } });
    expect(alone.outputs).toEqual({ ...first.outputs, changed: 'false' });
    expect(codesOf(await repository.job(deploy))).toEqual(['state_key_wrong']);
  });

  it('a token that may only read the contents: nothing is registered, and the permission is named', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const run = await repository.job({
      manifest: manifest(as.fhirBase('r4')),
      inputs: PRODUCTION,
      github: { token: READING_TOKEN },
    });
    expect(codesOf(run)).toEqual(['state_unwritable']);
    expect(errorsOf(run)).toContain('GitHub answered 403');
    expect(errorsOf(run)).toContain('contents=write');
    expect(errorsOf(run)).toContain('`permissions: contents: write`');
    expect(as.clients()).toEqual([]);
  });

  it('a repository without a commit, and one that takes refs only as branches and tags', async () => {
    const as = await authorizationServer();
    const deploy = { manifest: manifest(as.fhirBase('r4')), inputs: PRODUCTION };
    const empty = await (await openRepository({ empty: true })).job(deploy);
    expect(codesOf(empty)).toEqual(['state_unwritable']);
    expect(errorsOf(empty)).toContain('Make a first commit');
    const branches = await openRepository({ refPolicy: 'branches-and-tags' });
    const run = await branches.job(deploy);
    expect(run.exitCode, run.log).toBe(0);
    expect(Object.keys(branches.github.refs())).toContain('refs/heads/oauth-registrar/production');
    expect((await branches.job(deploy)).outputs).toEqual({ ...run.outputs, changed: 'false' });
  });
});
