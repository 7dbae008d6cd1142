import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentOf, stateRefs } from '../../../action/standalone/state-ref.ts';
import { SEED } from '../../support/seed.ts';

describe('the ref of an environment', () => {
  it.each([
    ['pr-42', 'refs/oauth-registrar/pr-42'],
    ['branch-feature/x', 'refs/oauth-registrar/branch-feature=2fx'],
    ['v1.2', 'refs/oauth-registrar/v1=2e2'],
    ['a=b', 'refs/oauth-registrar/a=3db'],
    ['Größe', 'refs/oauth-registrar/Gr=c3=b6=c3=9fe'],
  ])('of %s is %s', (environment, ref) => {
    expect(stateRefs(environment).hidden).toBe(ref);
    expect(stateRefs(environment).branch).toBe(ref.replace('refs/', 'refs/heads/'));
  });

  it('is one that git takes, leads back to the environment, and is of no other', () => {
    const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 16 });
    fc.assert(
      fc.property(names, names, (one, other) => {
        const { hidden, branch } = stateRefs(one);
        expect(hidden).toMatch(/^refs\/oauth-registrar\/[\w=-]+$/);
        expect(environmentOf(hidden)).toBe(one);
        expect(environmentOf(branch)).toBe(one);
        expect(stateRefs(other).hidden === hidden).toBe(one === other);
      }),
      { seed: SEED },
    );
  });

  it.each(['pr-1', 'a.lock', '..', '-', '@{x}', '~^:?*[\\ '])('passes git check-ref-format for %j', (environment) => {
    expect(spawnSync('git', ['check-ref-format', stateRefs(environment).hidden]).status).toBe(0);
  });

  it.each(['', 'x'.repeat(201), 'ä'.repeat(40)])('cannot be made for %j', (environment) => {
    expect(() => stateRefs(environment)).toThrow(/environment name/);
  });

  it.each([
    'refs/heads/main',
    'refs/oauth-registrar/',
    'refs/oauth-registrar/a/b',
    'refs/oauth-registrar/a.b',
    'x',
    'refs/oauth-registrar/=ff',
    'refs/oauth-registrar/=61',
    `refs/oauth-registrar/${'a'.repeat(201)}`,
  ])('%s is of no environment', (ref) => {
    expect(environmentOf(ref)).toBeUndefined();
  });
});
